// Keys as files write them: `x`, `C-x`, `Up`, `PageDown`. Both directions, so that what `config show` prints can be read.

extension Key {
    private static let named: [(name: String, key: Key)] = [
        ("Up", .up), ("Down", .down), ("Left", .left), ("Right", .right), ("PageUp", .pageUp), ("PageDown", .pageDown),
        ("Home", .home), ("End", .end), ("Tab", .tab), ("S-Tab", .backTab), ("Enter", .enter), ("Esc", .escape),
        ("Backspace", .backspace), ("Space", .character(" ")),
    ]

    /// `x`, `C-x`, `^X`, `Ctrl-x`, or one of the names above in any case.
    package init?(notation: String) {
        if notation.count == 1, let character = notation.first, character != "\u{7f}", character >= " " {
            self = .character(character)
            return
        }
        let lower = notation.lowercased()
        if let (_, key) = Self.named.first(where: { $0.name.lowercased() == lower }) {
            self = key
            return
        }
        for start in ["ctrl-", "c-", "^"] where lower.hasPrefix(start) {
            guard lower.count == start.count + 1, let last = lower.last,
                let scalar = last.uppercased().unicodeScalars.first,
                (0x40..<0x60).contains(scalar.value)
            else { return nil }
            switch scalar {
            // These arrive as what they are on every keyboard.
            case "I": self = .tab
            case "M", "J": self = .enter
            case "H": self = .backspace
            case "[": self = .escape
            default: self = .control(last)
            }
            return
        }
        return nil
    }

    /// How a file writes it.
    package var notation: String {
        switch self {
        case .control(let character): return "C-\(character)"
        case .character(let character) where character != " ": return String(character)
        default: return Self.named.first { $0.key == self }?.name ?? name
        }
    }
}
