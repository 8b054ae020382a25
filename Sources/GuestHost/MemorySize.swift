// How much memory a guest gets is the first thing anybody types, in one of two dialects: the 2.6.23 launcher counts in
// MiB, the launcher of February 2007 counts in bytes, and both want to be understood with a suffix. A typo here used to
// give a guest of 64 bytes; now it gives a sentence.

/// An amount of guest memory that a guest can really have: whole pages, from 2 MiB to 3 GiB.
public struct MemorySize: Hashable, Comparable, Sendable {
    /// Bytes; a multiple of 4096.
    public let bytes: UInt64

    /// A kernel at 1 MiB and its page tables need about this much before the first instruction.
    public static let minimum = MemorySize(unchecked: 2 << 20)
    /// The device pages live above the memory and everything ends below 4 GiB.
    public static let maximum = MemorySize(unchecked: 3 << 30)

    private init(unchecked bytes: UInt64) { self.bytes = bytes }

    public init(bytes: UInt64) throws(LaunchError) {
        try self.init(bytes: bytes, written: "\(bytes)")
    }

    /// Parses `64`, `64m`, `65536K`, `1G`: a decimal number of MiB, or of the unit that follows it in either case.
    public init(_ text: String) throws(LaunchError) {
        let (number, shift) = try Self.parse(text, defaultShift: 20, radixPrefixes: false)
        try self.init(number: number, shift: shift, written: text)
    }

    /// Parses the `<mem>` of the original argument order (mm-2007): without a suffix it counts bytes, and the number may
    /// be hexadecimal (`0x…`) or octal (`0…`), because that launcher gave it to `strtoul`.
    public init(originalOrder text: String) throws(LaunchError) {
        let (number, shift) = try Self.parse(text, defaultShift: 0, radixPrefixes: true)
        do {
            try self.init(number: number, shift: shift, written: text)
        } catch {
            var error = error
            if shift == 0, number < Self.minimum.bytes {
                error.advice = "without a suffix this argument order counts bytes: write \(printable(text))m for MiB"
            }
            throw error
        }
    }

    private init(number: UInt64, shift: UInt64, written: String) throws(LaunchError) {
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        try self.init(bytes: overflow ? .max : bytes, written: written)
    }

    private init(bytes: UInt64, written: String) throws(LaunchError) {
        let name = "memory size '\(printable(written))'"
        guard bytes >= Self.minimum.bytes else {
            throw LaunchError(.usage, "\(name) is too small", advice: "a guest needs at least \(Self.minimum)")
        }
        guard bytes <= Self.maximum.bytes else {
            throw LaunchError(.usage, "\(name) is too large", advice: "a guest can have at most \(Self.maximum)")
        }
        guard bytes.isMultiple(of: 4096) else {
            throw LaunchError(.usage, "\(name) is not a whole number of 4096-byte pages")
        }
        self.bytes = bytes
    }

    private static func parse(
        _ text: String, defaultShift: UInt64, radixPrefixes: Bool
    ) throws(LaunchError) -> (number: UInt64, shift: UInt64) {
        var digits = text.utf8[...]
        var shift = defaultShift
        if let last = digits.last, let unit = [0x6b: 10, 0x6d: 20, 0x67: 30][last | 0x20] as UInt64? {
            shift = unit
            digits.removeLast()
        }
        var radix: UInt64 = 10
        if radixPrefixes, digits.first == UInt8(ascii: "0"), digits.count > 1 {
            digits.removeFirst()
            radix = 8
            if let first = digits.first, first | 0x20 == UInt8(ascii: "x") {
                digits.removeFirst()
                radix = 16
            }
        }
        guard !digits.isEmpty else { throw malformed(text, radixPrefixes) }
        var number: UInt64 = 0
        for byte in digits {
            let digit: UInt64 =
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
                case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
                case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
                default: .max
                }
            guard digit < radix else { throw malformed(text, radixPrefixes) }
            // A number beyond 2⁵⁰ is too large with any suffix; holding it there keeps the arithmetic honest.
            number = min(number * radix + digit, 1 << 50)
        }
        return (number, shift)
    }

    private static func malformed(_ text: String, _ original: Bool) -> LaunchError {
        LaunchError(
            .usage, "'\(printable(text))' is not a memory size",
            advice: original
                ? "write a number of bytes, or one with K, M or G, such as 64m"
                : "write a number of MiB such as 64, or one with K, M or G, such as 64m or 1g")
    }

    public static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }
}

extension MemorySize: CustomStringConvertible {
    /// The largest unit that leaves no rest: `64 MiB`.
    public var description: String {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] as [(UInt64, String)]
        where bytes.isMultiple(of: 1 << shift) {
            return "\(bytes >> shift) \(unit)"
        }
        return "\(bytes) bytes"
    }
}
