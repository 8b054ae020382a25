// The 256 colours and the few dynamic ones, as far as the guest has changed them. What is unchanged belongs to the
// user's theme, so it is nil here, but a guest that asks gets an answer: xterm's default.

public struct RGB: Hashable, Sendable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// `rgb:1/2-4 hex digits each`, `#rgb`, `#rrggbb`, `#rrrgggbbb` or `#rrrrggggbbbb` (XParseColor).
    init?(parsing bytes: ArraySlice<UInt8>) {
        var parts: [ArraySlice<UInt8>] = []
        let scaled = bytes.starts(with: "rgb:".utf8)
        if scaled {
            parts = bytes.dropFirst(4).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        } else if bytes.first == UInt8(ascii: "#"), (bytes.count - 1) % 3 == 0 {
            let digits = (bytes.count - 1) / 3
            for index in 0..<3 {
                let from = bytes.startIndex + 1 + index * digits
                parts.append(bytes[from..<from + digits])
            }
        }
        guard parts.count == 3 else { return nil }
        var values: [UInt8] = []
        for part in parts {
            guard (1...4).contains(part.count), let value = Int(String(decoding: part, as: UTF8.self), radix: 16),
                value >= 0
            else { return nil }
            let bits = part.count * 4
            if scaled {
                // Scaled: F means the same as FF and FFFF.
                values.append(UInt8(truncatingIfNeeded: value * 255 / (1 << bits - 1)))
            } else {
                values.append(UInt8(truncatingIfNeeded: bits <= 8 ? value << (8 - bits) : value >> (bits - 8)))
            }
        }
        self.init(values[0], values[1], values[2])
    }

    /// The form in which xterm answers: sixteen bits a component.
    var xParseColor: String {
        "rgb:" + [red, green, blue].map { RGB.hex($0) + RGB.hex($0) }.joined(separator: "/")
    }

    private static func hex(_ value: UInt8) -> String { (value < 16 ? "0" : "") + String(value, radix: 16) }
}

public struct Palette: Sendable {
    private var entries: [UInt8: RGB] = [:]
    /// OSC 10 text, 11 background, 12 cursor, 17 and 19 selection.
    private var dynamics: [Int: RGB] = [:]

    public init() {}

    /// The colour the guest gave this entry; nil: the theme's.
    public func override(_ index: UInt8) -> RGB? { entries[index] }
    public var isEmpty: Bool { entries.isEmpty && dynamics.isEmpty }
    public var foreground: RGB? { dynamics[10] }
    public var background: RGB? { dynamics[11] }
    public var cursor: RGB? { dynamics[12] }

    subscript(index: UInt8) -> RGB {
        get { entries[index] ?? Palette.standard(index) }
        set { entries[index] = newValue }
    }

    mutating func reset(_ index: UInt8) { entries[index] = nil }
    mutating func resetEntries() { entries = [:] }

    /// nil for numbers that are no dynamic colour here.
    func dynamic(_ number: Int) -> RGB? {
        switch number {
        case 10, 12, 17: dynamics[number] ?? RGB(0xE5, 0xE5, 0xE5)
        case 11, 19: dynamics[number] ?? RGB(0, 0, 0)
        default: nil
        }
    }
    mutating func set(dynamic number: Int, _ color: RGB) {
        if dynamic(number) != nil { dynamics[number] = color }
    }
    mutating func reset(dynamic number: Int) { dynamics[number] = nil }

    /// xterm's default palette: 16 named colours, a 6×6×6 cube, 24 greys.
    public static func standard(_ index: UInt8) -> RGB {
        switch index {
        case 0..<16:
            let named: [RGB] = [
                RGB(0, 0, 0), RGB(205, 0, 0), RGB(0, 205, 0), RGB(205, 205, 0), RGB(0, 0, 238), RGB(205, 0, 205),
                RGB(0, 205, 205), RGB(229, 229, 229), RGB(127, 127, 127), RGB(255, 0, 0), RGB(0, 255, 0),
                RGB(255, 255, 0), RGB(92, 92, 255), RGB(255, 0, 255), RGB(0, 255, 255), RGB(255, 255, 255),
            ]
            return named[Int(index)]
        case 16..<232:
            let cube = index - 16
            let level = { (value: UInt8) -> UInt8 in value == 0 ? 0 : value * 40 + 55 }
            return RGB(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        default:
            let grey = (index - 232) * 10 + 8
            return RGB(grey, grey, grey)
        }
    }
}
