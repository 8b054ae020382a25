// A theme gives every part of the screen that is not a guest's own a style. The table of roles below is all that
// there is: the reader, the documentation and the check for typing errors are made from it.

/// The looks of the screen.
package struct Theme: Sendable, Equatable {
    package var name: String
    /// Some consoles (and some eyes) have no use for heavy box-drawing lines.
    package var borders: BorderSet?

    package var border = Style.plain
    package var borderFocused = Style(attributes: .bold)
    package var title = Style.plain
    package var titleFocused = Style(attributes: .reverse)
    package var stateGood = Style.plain
    package var stateQuiet = Style.plain
    package var stateBad = Style(attributes: .reverse)
    package var banner = Style(attributes: .reverse)
    package var status = Style(attributes: .reverse)
    package var statusName = Style(attributes: [.reverse, .bold])
    package var statusLabel = Style(attributes: .reverse)
    package var message = Style.plain
    package var messageError = Style(attributes: .bold)
    package var question = Style(attributes: [.bold, .reverse])
    package var hint = Style(attributes: .dim)
    package var hintKey = Style(attributes: .bold)
    package var help = Style.plain
    package var helpTitle = Style(attributes: .bold)
    package var helpKey = Style(attributes: .bold)
    package var selection = Style(attributes: .reverse)
    package var match = Style(attributes: [.bold, .underline])
    package var matchCurrent = Style(attributes: [.bold, .reverse])
    package var stamp = Style(attributes: .dim)

    package init(name: String) { self.name = name }

    /// One role: its key in a theme file, what it paints, and where its style is kept.
    package struct Role: Sendable {
        package let key: String
        package let meaning: String
        package let path: WritableKeyPath<Theme, Style> & Sendable
    }

    package static let roles: [Role] = [
        Role(key: "border", meaning: "lines around panes", path: \.border),
        Role(key: "border-focused", meaning: "lines around the focused pane", path: \.borderFocused),
        Role(key: "title", meaning: "name of a guest in its border", path: \.title),
        Role(key: "title-focused", meaning: "name of the focused guest", path: \.titleFocused),
        Role(key: "state-good", meaning: "state of a guest that runs", path: \.stateGood),
        Role(key: "state-quiet", meaning: "state of a guest that was stopped or powered off", path: \.stateQuiet),
        Role(key: "state-bad", meaning: "state of a dead guest", path: \.stateBad),
        Role(key: "banner", meaning: "why a guest died, in its pane", path: \.banner),
        Role(key: "status", meaning: "figures of the status bar", path: \.status),
        Role(key: "status-name", meaning: "guest name in the status bar", path: \.statusName),
        Role(key: "status-label", meaning: "words between the figures", path: \.statusLabel),
        Role(key: "message", meaning: "message line", path: \.message),
        Role(key: "message-error", meaning: "message line, bad news", path: \.messageError),
        Role(key: "question", meaning: "message line, a question that waits", path: \.question),
        Role(key: "hint", meaning: "message line, key hints", path: \.hint),
        Role(key: "hint-key", meaning: "keys in the hints", path: \.hintKey),
        Role(key: "help", meaning: "help page", path: \.help),
        Role(key: "help-title", meaning: "headings of the help page", path: \.helpTitle),
        Role(key: "help-key", meaning: "keys on the help page", path: \.helpKey),
        Role(key: "selection", meaning: "selected text", path: \.selection),
        Role(key: "match", meaning: "text that a search found", path: \.match),
        Role(key: "match-current", meaning: "the found text that the cursor is on", path: \.matchCurrent),
        Role(key: "stamp", meaning: "time stamps beside console lines", path: \.stamp),
    ]

    /// The same theme without a single colour.
    package var withoutColor: Theme {
        var result = self
        for role in Self.roles { result[keyPath: role.path] = self[keyPath: role.path].withoutColor }
        return result
    }
}

/// Which characters draw the lines.
package enum BorderSet: String, CaseIterable, Sendable {
    /// Light and heavy box-drawing lines (Unicode).
    case heavy
    /// `+`, `-`, `|`; focused `#` and `=`. For terminals without Unicode.
    case ascii
}
