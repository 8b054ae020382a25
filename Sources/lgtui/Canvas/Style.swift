// How a cell looks, independent of curses and of what colours the terminal has. Small, trivial values: they are
// compared for every cell of every frame.

/// A colour as asked for; what the terminal makes of it is decided when it is drawn.
package struct Ink: RawRepresentable, Hashable, Sendable {
    /// Tag in the top byte: 0 the terminal's own colour, 1 an index of the 256-colour palette, 2 red-green-blue.
    package var rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Whatever the user's terminal shows by default.
    package static let terminal = Ink(rawValue: 0)
    package static func palette(_ index: UInt8) -> Ink { Ink(rawValue: 1 << 24 | UInt32(index)) }
    package static func rgb(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Ink {
        Ink(rawValue: 2 << 24 | UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
    }

    /// The palette index, if it is one.
    package var paletteIndex: UInt8? { rawValue >> 24 == 1 ? UInt8(truncatingIfNeeded: rawValue) : nil }
    /// Red, green and blue from 0 to 255, if this is a direct colour.
    package var components: (red: Int, green: Int, blue: Int)? {
        guard rawValue >> 24 == 2 else { return nil }
        return (Int(rawValue >> 16 & 0xff), Int(rawValue >> 8 & 0xff), Int(rawValue & 0xff))
    }
}

/// What besides colour a cell shows.
package struct Attributes: OptionSet, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let italic = Attributes(rawValue: 4)
    package static let underline = Attributes(rawValue: 8)
    package static let blink = Attributes(rawValue: 16)
    package static let reverse = Attributes(rawValue: 32)
    package static let invisible = Attributes(rawValue: 64)

    /// The names that themes use.
    package static let names: [(name: String, attribute: Attributes)] = [
        ("bold", .bold), ("dim", .dim), ("italic", .italic), ("underline", .underline), ("blink", .blink),
        ("reverse", .reverse),
    ]
}

/// Colours and attributes together.
package struct Style: Hashable, Sendable {
    package var foreground: Ink
    package var background: Ink
    package var attributes: Attributes

    package init(foreground: Ink = .terminal, background: Ink = .terminal, attributes: Attributes = []) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }

    package static let plain = Style()

    /// The same without colours, for NO_COLOR. A coloured background was there to set something apart, so it turns
    /// into reverse video.
    package var withoutColor: Style {
        var result = Style(attributes: attributes)
        if background != .terminal { result.attributes.formSymmetricDifference(.reverse) }
        return result
    }
}
