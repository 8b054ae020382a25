// The way back: what the user does, in the bytes that the guest asked for by its modes. Nothing here changes the
// terminal; every function answers nil or nothing when the guest does not want to know.

/// A mouse button, as the coding of xterm counts them.
@frozen public enum MouseButton: UInt8, Sendable {
    case left, middle, right
    /// No button: motion with all of them up.
    case none
    case wheelUp = 64
    case wheelDown, wheelLeft, wheelRight
}

/// Keys held with a mouse event.
@frozen public struct MouseModifiers: OptionSet, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var shift: MouseModifiers { MouseModifiers(rawValue: 4) }
    @inlinable public static var alt: MouseModifiers { MouseModifiers(rawValue: 8) }
    @inlinable public static var control: MouseModifiers { MouseModifiers(rawValue: 16) }
}

/// Something the mouse did over the screen. Columns and rows count from 0.
public struct MouseEvent: Hashable, Sendable {
    public enum Kind: Sendable { case press, release, motion }
    public var kind: Kind
    public var button: MouseButton
    public var column: Int
    public var row: Int
    public var modifiers: MouseModifiers

    public init(_ kind: Kind, _ button: MouseButton, column: Int, row: Int, modifiers: MouseModifiers = []) {
        self.kind = kind
        self.button = button
        self.column = column
        self.row = row
        self.modifiers = modifiers
    }
}

extension MouseModifiers: Hashable {}

extension Terminal {
    /// The report of a mouse event (xterm's ctlseqs, "Mouse Tracking"); nil when the guest's modes do not ask for it, or
    /// its coding cannot express the position.
    public func encode(_ event: MouseEvent) -> [UInt8]? {
        let modes = modes
        guard (0..<columns).contains(event.column), (0..<rows).contains(event.row) else { return nil }
        let isWheel = event.button.rawValue >= 64
        switch event.kind {
        case .press: if modes.isDisjoint(with: .anyMouse) { return nil }
        case .release:
            if isWheel || modes.isDisjoint(with: [.mouseButtons, .mouseDrag, .mouseMotion]) { return nil }
        case .motion:
            guard modes.contains(.mouseMotion) || modes.contains(.mouseDrag) && event.button != .none else {
                return nil
            }
        }
        if modes.contains(.mouseX10), isWheel { return nil }

        var code = Int(event.button.rawValue)
        if event.kind == .motion { code += 32 }
        if !modes.contains(.mouseX10) { code += Int(event.modifiers.rawValue) }
        let (column, row) = (event.column + 1, event.row + 1)

        if !modes.isDisjoint(with: [.mouseSGR, .mousePixels]) {
            return Array("\u{1B}[<\(code);\(column);\(row)\(event.kind == .release ? "m" : "M")".utf8)
        }
        // The older codings do not say which button was released.
        if event.kind == .release { code = code & ~3 | 3 }
        if modes.contains(.mouseURXVT) { return Array("\u{1B}[\(code + 32);\(column);\(row)M".utf8) }
        if modes.contains(.mouseUTF8) {
            var text = "\u{1B}[M"
            for value in [code, column, row] {
                guard value + 32 <= 2047, let scalar = Unicode.Scalar(UInt32(value + 32)) else { return nil }
                text.unicodeScalars.append(scalar)
            }
            return Array(text.utf8)
        }
        guard column <= 223, row <= 223 else { return nil }
        return [0x1B, 0x5B, 0x4D] + [code, column, row].map { UInt8(truncatingIfNeeded: $0 + 32) }
    }

    /// What a turn of the wheel sends when the guest does not report the mouse: on the alternate screen, with mode 1007,
    /// cursor keys; elsewhere nothing, for the wheel then belongs to the scrollback.
    public func encodeWheel(up: Bool, lines: Int) -> [UInt8] {
        guard modes.contains(.alternateScreen), modes.contains(.alternateScroll), modes.isDisjoint(with: .anyMouse)
        else { return [] }
        let key: [UInt8] = [0x1B, modes.contains(.applicationCursorKeys) ? 0x4F : 0x5B, up ? 0x41 : 0x42]
        return Array((0..<max(0, min(lines, 100))).map { _ in key }.joined())
    }

    /// The report that the pane won or lost the focus; nil when the guest did not ask (mode 1004).
    public func encodeFocus(_ hasFocus: Bool) -> [UInt8]? {
        modes.contains(.focusReports) ? [0x1B, 0x5B, hasFocus ? 0x49 : 0x4F] : nil
    }

    /// A paste. Line ends become Return; controls that could do more than text does are left out, so that what is pasted
    /// can neither end the brackets (mode 2004) nor press keys.
    public func encodePaste(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        let isBracketed = modes.contains(.bracketedPaste)
        if isBracketed { result += "\u{1B}[200~".utf8 }
        var previous: UInt8 = 0
        for byte in text {
            switch byte {
            case 0x0A: if previous != 0x0D { result.append(0x0D) }
            case 0x09, 0x0D, 0x20...0x7E, 0x80...: result.append(byte)
            default: break
            }
            previous = byte
        }
        if isBracketed { result += "\u{1B}[201~".utf8 }
        return result
    }
}
