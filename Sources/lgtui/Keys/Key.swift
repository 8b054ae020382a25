// A key as commands are bound to it. Only what can follow the prefix or answer a question needs a name; keys for the
// guest stay the bytes that they came as.

package enum Key: Hashable, Sendable {
    case character(Character)
    /// Ctrl with a letter (lower case) or one of `@[\]^_`.
    case control(Character)
    case up, down, left, right
    case pageUp, pageDown, home, end
    case tab, backTab, enter, escape, backspace
    /// An escape sequence that no command is bound to.
    case unknown

    /// How help and messages write it.
    package var name: String {
        switch self {
        case .character(let character): character == " " ? "Space" : String(character)
        case .control(let character): "Ctrl-" + character.uppercased()
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .pageUp: "PageUp"
        case .pageDown: "PageDown"
        case .home: "Home"
        case .end: "End"
        case .tab: "Tab"
        case .backTab: "Shift-Tab"
        case .enter: "Enter"
        case .escape: "Esc"
        case .backspace: "Backspace"
        case .unknown: "that key"
        }
    }
}
