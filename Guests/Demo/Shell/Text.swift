// Text is bytes, built by string interpolation, and it has no tables: Embedded Swift's String would bring Unicode data
// that a 300 KB kernel cannot carry, and a console only ever wanted bytes. Knows nothing of the kernel, so
// the ring-3 programs and the tests on the host use the same file.

public struct Text: ExpressibleByStringInterpolation {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8] = []) { self.bytes = bytes }
    public init(stringLiteral literal: StaticString) { bytes = Text.bytes(of: literal) }
    public init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

    public var count: Int { bytes.count }

    /// Columns on the screen: everything is one wide, except the bytes inside a UTF-8 sequence.
    public var columns: Int {
        var result = 0
        for byte in bytes where byte & 0xC0 != 0x80 { result += 1 }
        return result
    }

    public func padded(to width: Int) -> Text {
        var result = bytes
        for _ in 0..<Swift.max(0, width - columns) { result.append(UInt8(ascii: " ")) }
        return Text(result)
    }

    /// Words from somebody else, without what would move the cursor or worse.
    public static func printable(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            // Control characters: those of ASCII, and those that UTF-8 writes as C2 80 to C2 9F.
            let isControl = byte < 0x20 || byte == 0x7F || (0x80...0x9F).contains(byte) && result.last == 0xC2
            result.append(isControl ? UInt8(ascii: "?") : byte)
        }
        return result
    }

    public static func bytes(of literal: StaticString) -> [UInt8] {
        literal.withUTF8Buffer { [UInt8]($0) }
    }

    public static func repeated(_ literal: StaticString, count: Int) -> Text {
        let once = bytes(of: literal)
        var result: [UInt8] = []
        for _ in 0..<Swift.max(0, count) { result += once }
        return Text(result)
    }
}

extension Text {
    public struct StringInterpolation: StringInterpolationProtocol {
        var bytes: [UInt8] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 8 * interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) { bytes += Text.bytes(of: literal) }
        // Disfavoured, so that a literal inside an interpolation is a Text and not a question.
        @_disfavoredOverload
        public mutating func appendInterpolation(_ literal: StaticString) { appendLiteral(literal) }
        public mutating func appendInterpolation(_ text: Text) { bytes += text.bytes }
        public mutating func appendInterpolation(_ text: [UInt8]) { bytes += text }
        public mutating func appendInterpolation(_ text: ArraySlice<UInt8>) { bytes += text }

        /// A whole number in decimal, right-aligned in `width` columns.
        public mutating func appendInterpolation(_ value: Int, width: Int = 0, fill: Unicode.Scalar = " ") {
            var digits: [UInt8] = []
            Text.decimal(UInt64(value.magnitude), into: &digits)
            if value < 0 { digits.insert(UInt8(ascii: "-"), at: 0) }
            align(digits, width, fill)
        }

        public mutating func appendInterpolation(_ value: UInt32, width: Int = 0, fill: Unicode.Scalar = " ") {
            appendInterpolation(UInt64(value), width: width, fill: fill)
        }

        public mutating func appendInterpolation(_ value: UInt64, width: Int = 0, fill: Unicode.Scalar = " ") {
            var digits: [UInt8] = []
            Text.decimal(value, into: &digits)
            align(digits, width, fill)
        }

        /// A number in hexadecimal, zero-filled to `digits`.
        public mutating func appendInterpolation(hex value: UInt32, digits: Int = 8) {
            for position in stride(from: digits - 1, through: 0, by: -1) {
                bytes.append(Text.hexDigit(UInt8(truncatingIfNeeded: value >> UInt32(4 * position)) & 15))
            }
        }

        /// Thousandths as a decimal fraction: 1234 reads 1.234.
        public mutating func appendInterpolation(thousandths value: UInt64, places: Int = 3) {
            appendInterpolation(value / 1000)
            var rest = UInt32(truncatingIfNeeded: value % 1000)
            guard places > 0 else { return }
            bytes.append(UInt8(ascii: "."))
            var scale: UInt32 = 100
            for _ in 0..<Swift.min(places, 3) {
                bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / scale))
                rest %= scale
                scale = Swift.max(scale / 10, 1)
            }
        }

        private mutating func align(_ digits: [UInt8], _ width: Int, _ fill: Unicode.Scalar) {
            for _ in 0..<Swift.max(0, width - digits.count) { bytes.append(UInt8(truncatingIfNeeded: fill.value)) }
            bytes += digits
        }
    }

    static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    static func decimal(_ value: UInt64, into digits: inout [UInt8]) {
        // 64-bit division is a function call on this processor: leave it as soon as 32 bits will do.
        var wide = value
        var reversed: [UInt8] = []
        while wide > UInt64(UInt32.max) {
            let (quotient, remainder) = wide.quotientAndRemainder(dividingBy: 10)
            reversed.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder))
            wide = quotient
        }
        var narrow = UInt32(truncatingIfNeeded: wide)
        repeat {
            reversed.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: narrow % 10))
            narrow /= 10
        } while narrow > 0
        for digit in reversed.reversed() { digits.append(digit) }
    }
}

extension [UInt8] {
    /// Whether these bytes spell the literal.
    public func spells(_ literal: StaticString) -> Bool {
        literal.withUTF8Buffer { wanted in
            wanted.count == count && zip(self, wanted).allSatisfy { $0 == $1 }
        }
    }

    public func starts(with literal: StaticString) -> Bool {
        literal.withUTF8Buffer { wanted in
            wanted.count <= count && zip(self, wanted).allSatisfy { $0 == $1 }
        }
    }

    /// The number these bytes spell: decimal, 0x… hexadecimal, or decimal with a K or M suffix. nil when it is
    /// not a number or does not fit.
    public var number: UInt32? {
        var digits = self[...]
        var radix: UInt32 = 10
        var scale: UInt32 = 1
        if starts(with: "0x") {
            radix = 16
            digits = digits.dropFirst(2)
        } else if let last, last | 0x20 == UInt8(ascii: "k") || last | 0x20 == UInt8(ascii: "m") {
            scale = last | 0x20 == UInt8(ascii: "k") ? 1 << 10 : 1 << 20
            digits = digits.dropLast()
        }
        guard !digits.isEmpty else { return nil }
        var value: UInt32 = 0
        for byte in digits {
            let digit: UInt32
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte - UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte - UInt8(ascii: "A")) + 10
            default: return nil
            }
            guard digit < radix else { return nil }
            let (shifted, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = shifted.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        let (result, overflow) = value.multipliedReportingOverflow(by: scale)
        return overflow ? nil : result
    }
}
