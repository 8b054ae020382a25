// UTF-8 as it comes off a wire: cut anywhere, and not always UTF-8. Ill-formed input becomes one U+FFFD for each maximal
// subpart (Unicode 17, section 3.9.6, "U+FFFD Substitution of Maximal Subparts"), the practice that browsers follow too.

/// A scalar of which not all bytes have arrived.
struct PartialScalar {
    /// Bits gathered so far; meaningful while `missing` > 0.
    var bits: UInt32 = 0
    var missing: UInt8 = 0
    /// What the next byte must lie in; narrower than 0x80…0xBF after E0, ED, F0 and F4.
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF

    enum Step {
        case more
        case scalar(UInt32)
        /// The byte cannot continue (or start) a scalar.
        /// `again`: it must be looked at afresh, it only ended the one before.
        case illFormed(again: Bool)
    }

    /// Takes one byte ≥ 0x80, or any byte while `missing` > 0.
    mutating func step(_ byte: UInt8) -> Step {
        if missing > 0 {
            guard byte >= low, byte <= high else {
                missing = 0
                return .illFormed(again: true)
            }
            low = 0x80
            high = 0xBF
            bits = bits << 6 | UInt32(byte & 0x3F)
            missing -= 1
            return missing == 0 ? .scalar(bits) : .more
        }
        low = 0x80
        high = 0xBF
        switch byte {
        case 0xC2...0xDF:
            bits = UInt32(byte & 0x1F)
            missing = 1
        case 0xE0...0xEF:
            bits = UInt32(byte & 0x0F)
            missing = 2
            if byte == 0xE0 { low = 0xA0 }
            if byte == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            bits = UInt32(byte & 0x07)
            missing = 3
            if byte == 0xF0 { low = 0x90 }
            if byte == 0xF4 { high = 0x8F }
        default:
            return .illFormed(again: false)
        }
        return .more
    }
}
