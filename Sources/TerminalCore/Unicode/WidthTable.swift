// How wide a scalar is and how it joins its neighbours, in two loads: a page number by the upper bits, a class by the
// lower eight. The pages are unfolded once from the generated ranges.

/// The class of a scalar, one byte.
struct WidthClass: RawRepresentable {
    var rawValue: UInt8
    @inline(__always) init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Columns: 0, 1 or 2.
    @inline(__always) var width: Int { Int(rawValue & 3) }
    /// It may become part of the cell before it; see `Emulator.join`.
    @inline(__always) var joins: Bool { rawValue & 0x7C != 0 }
    /// A combining mark or anything else without a width that belongs to what precedes it.
    var isMark: Bool { rawValue & 4 != 0 }
    /// Extended_Pictographic: joins after ZWJ.
    var isPictographic: Bool { rawValue & 8 != 0 }
    var isRegionalIndicator: Bool { rawValue & 16 != 0 }
    /// Emoji_Modifier: a skin tone.
    var isModifier: Bool { rawValue & 32 != 0 }
    /// Narrow, but wide when VS16 follows.
    var widensWithVS16: Bool { rawValue & 64 != 0 }
    /// East Asian Ambiguous: narrow here; kept for a setting to come.
    var isAmbiguous: Bool { rawValue & 128 != 0 }
}

struct WidthTable: @unchecked Sendable {
    // SAFETY: both are written only in init, before `shared` is published, and never freed. `pages` has one entry for each
    // 256 scalars up to U+10FFFF, and every entry names a page that exists.
    private let pages: UnsafeMutablePointer<UInt8>
    private let classes: UnsafeMutablePointer<UInt8>

    static let shared = WidthTable()

    @inline(__always)
    subscript(scalar: UInt32) -> WidthClass {
        let page = pages[Int(truncatingIfNeeded: min(scalar, 0x10FFFF) >> 8)]
        return WidthClass(rawValue: classes[Int(page) << 8 | Int(scalar & 0xFF)])
    }

    private init() {
        let scalars = 0x11_0000
        var flat = [UInt8](repeating: 1, count: scalars)
        var index = 0
        while index + 2 < widthRanges.count {
            for scalar in Int(widthRanges[index])...Int(widthRanges[index + 1]) {
                flat[scalar] = UInt8(truncatingIfNeeded: widthRanges[index + 2])
            }
            index += 3
        }
        pages = .allocate(capacity: scalars >> 8)
        var known: [[UInt8]: UInt8] = [:]
        var unique: [UInt8] = []
        for page in 0..<(scalars >> 8) {
            let content = Array(flat[(page << 8)..<(page << 8 + 256)])
            let number = known[content] ?? UInt8(truncatingIfNeeded: known.count)
            if known[content] == nil {
                known[content] = number
                unique += content
            }
            (pages + page).initialize(to: number)
        }
        classes = .allocate(capacity: unique.count)
        for (position, value) in unique.enumerated() { (classes + position).initialize(to: value) }
    }
}
