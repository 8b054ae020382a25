// What a terminal can do about colour, and the nearest it has to what is asked for.

/// How many colours there are to choose from.
package enum ColorDepth: Int, Comparable, Sendable {
    case none = 0
    case eight = 8
    case sixteen = 16
    case palette = 256
    case direct = 16_777_216

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The depth for a terminal that says it has `colors`.
    package init(colors: Int, forbidden: Bool) {
        switch colors {
        case _ where forbidden: self = .none
        case ..<8: self = .none
        case ..<16: self = .eight
        case ..<256: self = .sixteen
        case ..<ColorDepth.direct.rawValue: self = .palette
        default: self = .direct
        }
    }

    /// Curses' number for `ink`: -1 is the terminal's own colour. With eight colours a bright one also wants bold.
    package func number(of ink: Ink, isForeground: Bool) -> (color: Int32, bold: Bool) {
        if self == .none || ink == .terminal { return (-1, false) }
        if let index = ink.paletteIndex {
            switch self {
            case .direct:
                // The first eight stand for themselves in xterm-direct; everything else is red-green-blue.
                return (index < 8 ? Int32(index) : Self.packed(Self.palette(Int(index))), false)
            case .palette: return (Int32(index), false)
            default: return limited(index < 16 ? Int(index) : nearest(Self.palette(Int(index))), isForeground)
            }
        }
        guard let (red, green, blue) = ink.components else { return (-1, false) }
        switch self {
        case .direct:
            // Numbers below 8 are palette entries: the darkest blues borrow one step.
            return (max(8, Self.packed((red, green, blue))), false)
        case .palette: return (Int32(Self.nearest256((red, green, blue))), false)
        default: return limited(nearest((red, green, blue)), isForeground)
        }
    }

    private func limited(_ index: Int, _ isForeground: Bool) -> (Int32, Bool) {
        if self == .sixteen || index < 8 { return (Int32(index), false) }
        // Bright black as plain black would vanish on a dark ground; with bold it is the usual grey.
        return (Int32(index - 8), isForeground)
    }

    private static func packed(_ c: (Int, Int, Int)) -> Int32 { Int32(c.0 << 16 | c.1 << 8 | c.2) }

    /// The nearest of the first sixteen.
    private func nearest(_ color: (Int, Int, Int)) -> Int {
        var best = (index: 0, distance: Int.max)
        for index in 0..<16 {
            let distance = Self.distance(color, Self.palette(index))
            if distance < best.distance { best = (index, distance) }
        }
        return best.index
    }

    /// The nearest in the 6×6×6 cube and the grey ramp; the first sixteen are left out, since users redefine them.
    private static func nearest256(_ color: (Int, Int, Int)) -> Int {
        func step(_ value: Int) -> Int { value < 48 ? 0 : value <= 115 ? 1 : min(5, (value - 35) / 40) }
        let cube = 16 + 36 * step(color.0) + 6 * step(color.1) + step(color.2)
        let average = (color.0 + color.1 + color.2) / 3
        let gray = 232 + min(23, max(0, (average - 3) / 10))
        return distance(color, palette(gray)) < distance(color, palette(cube)) ? gray : cube
    }

    private static func distance(_ a: (Int, Int, Int), _ b: (Int, Int, Int)) -> Int {
        let (red, green, blue) = (a.0 - b.0, a.1 - b.1, a.2 - b.2)
        // Weights near the eye's own: green counts most.
        return 3 * red * red + 6 * green * green + blue * blue
    }

    /// xterm's default palette.
    static func palette(_ index: Int) -> (Int, Int, Int) {
        if index < 16 { return first16[index] }
        if index < 232 {
            func level(_ step: Int) -> Int { step == 0 ? 0 : 55 + 40 * step }
            let cube = index - 16
            return (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        let gray = 8 + 10 * (index - 232)
        return (gray, gray, gray)
    }

    private static let first16 = [
        (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
        (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
        (255, 255, 255),
    ]
}
