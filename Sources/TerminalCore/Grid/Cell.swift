// One character position of the screen, in sixteen bytes and without a single reference: a screen is then a flat run of
// memory that can be cleared, copied and compared by the vector unit, and nobody counts references while a guest floods
// its console. Whatever does not fit (clusters of several scalars, links, underline colours) lives in small side tables
// and is named here by index.

/// A colour as the program asked for it: the default, an index into the palette, or 24-bit RGB.
@frozen public struct Color: RawRepresentable, Hashable, Sendable {
    /// Top byte: 0 default, 1 palette, 2 RGB. The rest: nothing, the index, or 0xRRGGBB.
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var `default`: Color { Color(rawValue: 0) }
    @inlinable public static func palette(_ index: UInt8) -> Color { Color(rawValue: 0x0100_0000 | UInt32(index)) }
    @inlinable public static func rgb(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Color {
        Color(rawValue: 0x0200_0000 | UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
    }

    @inlinable public var isDefault: Bool { rawValue == 0 }
    /// The palette index (0–255), when this is a palette colour.
    @inlinable public var paletteIndex: UInt8? { rawValue >> 24 == 1 ? UInt8(truncatingIfNeeded: rawValue) : nil }
    /// The components, when this is a direct colour.
    @inlinable public var components: (red: UInt8, green: UInt8, blue: UInt8)? {
        guard rawValue >> 24 == 2 else { return nil }
        return (
            UInt8(truncatingIfNeeded: rawValue >> 16), UInt8(truncatingIfNeeded: rawValue >> 8),
            UInt8(truncatingIfNeeded: rawValue)
        )
    }
}

/// How a line is drawn under a cell (SGR 4, 4:0 … 4:5, 21, 24).
@frozen public enum Underline: UInt8, Sendable, CaseIterable {
    case none, single, double, curly, dotted, dashed
}

/// Everything about a cell's looks except its two colours.
@frozen public struct Attributes: OptionSet, Hashable, Sendable {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var bold: Attributes { Attributes(rawValue: 1 << 0) }
    @inlinable public static var faint: Attributes { Attributes(rawValue: 1 << 1) }
    @inlinable public static var italic: Attributes { Attributes(rawValue: 1 << 2) }
    @inlinable public static var blink: Attributes { Attributes(rawValue: 1 << 3) }
    @inlinable public static var rapidBlink: Attributes { Attributes(rawValue: 1 << 4) }
    @inlinable public static var inverse: Attributes { Attributes(rawValue: 1 << 5) }
    @inlinable public static var invisible: Attributes { Attributes(rawValue: 1 << 6) }
    @inlinable public static var strikethrough: Attributes { Attributes(rawValue: 1 << 7) }
    @inlinable public static var overline: Attributes { Attributes(rawValue: 1 << 8) }
    /// Set by DECSCA or SPA: selective (or, after SPA, every) erasing leaves the cell alone.
    @inlinable public static var protected: Attributes { Attributes(rawValue: 1 << 9) }
    @usableFromInline static var underlineMask: UInt16 { 7 << 10 }

    /// The underline style, kept in three bits of the set.
    @inlinable public var underline: Underline {
        get { Underline(rawValue: UInt8(truncatingIfNeeded: (rawValue & Attributes.underlineMask) >> 10)) ?? .none }
        set { rawValue = rawValue & ~Attributes.underlineMask | UInt16(newValue.rawValue) << 10 }
    }
}

/// One character position. All zero bytes mean "never written, default colours".
@frozen public struct Cell: Hashable, Sendable {
    /// Bits 0–20: the scalar, or the cluster's index; bit 21: it is a cluster; bits 22–23: the role, see ``Role``.
    public var content: UInt32
    public var foreground: Color
    public var background: Color
    public var attributes: Attributes
    /// Index of this cell's underline colour and link; 0: neither.
    public var extra: UInt16

    @inlinable public init(
        content: UInt32 = 0, foreground: Color = .default, background: Color = .default,
        attributes: Attributes = [], extra: UInt16 = 0
    ) {
        self.content = content
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
        self.extra = extra
    }

    /// What part of a character a cell holds.
    @frozen public enum Role: UInt8, Sendable {
        case narrow
        /// The left half of a character two columns wide.
        case wide
        /// The right half of the wide character to its left; draws nothing of its own.
        case tail
        /// The last column of a line from which a wide character had to move to the next line.
        case padding
    }

    @inlinable public var role: Role { Role(rawValue: UInt8(truncatingIfNeeded: content >> 22 & 3)) ?? .narrow }
    @inlinable public var isCluster: Bool { content & Cell.clusterFlag != 0 }
    /// Columns this cell's character covers: 0 for the right half of a wide one.
    @inlinable public var width: Int {
        switch role {
        case .narrow, .padding: 1
        case .wide: 2
        case .tail: 0
        }
    }
    /// The character, when it is a single scalar. Nothing for blanks, clusters and right halves.
    @inlinable public var scalar: Unicode.Scalar? {
        let value = content & Cell.payloadMask
        return value == 0 || isCluster ? nil : Unicode.Scalar(value)
    }
    /// No character was ever printed here, or it was erased; the background colour may still be set.
    @inlinable public var isBlank: Bool { content == 0 || content == Cell.paddingRole }

    @usableFromInline static var payloadMask: UInt32 { 0x1F_FFFF }
    @usableFromInline static var clusterFlag: UInt32 { 1 << 21 }
    @inlinable static var wideRole: UInt32 { 1 << 22 }
    @inlinable static var tailRole: UInt32 { 2 << 22 }
    @usableFromInline static var paddingRole: UInt32 { 3 << 22 }
    @inlinable static var roleMask: UInt32 { 3 << 22 }

    /// The style half of the cell as two words, for comparisons that do not care about the character.
    @inlinable var styleIsPlain: Bool {
        foreground.rawValue | background.rawValue | UInt32(attributes.rawValue) | UInt32(extra) == 0
    }
    @inlinable func hasStyle(of other: Cell) -> Bool {
        (foreground.rawValue ^ other.foreground.rawValue) | (background.rawValue ^ other.background.rawValue)
            | UInt32(attributes.rawValue ^ other.attributes.rawValue) | UInt32(extra ^ other.extra) == 0
    }
}
