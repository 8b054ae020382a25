// Every action of the interface is one named command with one entry in one table. Keys are bound to command lines, the
// help page is printed from the two tables, and whatever comes next (a prompt, a configuration file, completion) has
// its list here.

/// A named action.
package struct Command: Sendable {
    package enum Group: String, CaseIterable, Sendable {
        case focus = "Moving around"
        case guest = "The focused guest"
        case program = "lgtui itself"
    }

    package let name: String
    /// What follows the name on a command line, for help.
    package let arguments: String
    package let summary: String
    package let group: Group
    package let run: @Sendable (inout Workspace, [String]) -> [Effect]

    package init(
        _ name: String, _ arguments: String = "", _ group: Group, _ summary: String,
        run: @escaping @Sendable (inout Workspace, [String]) -> [Effect]
    ) {
        self.name = name
        self.arguments = arguments
        self.summary = summary
        self.group = group
        self.run = run
    }

    /// All of them, in the order of the help page.
    package static let table: [Command] = focusCommands + guestCommands + programCommands
}

/// A key that runs a command line after the prefix.
package struct Binding: Sendable {
    package let key: Key
    package let command: String

    package static let prefixName = "Ctrl-]"

    package static let table: [Binding] =
        [
            Binding(.left, "focus left"), Binding(.right, "focus right"),
            Binding(.up, "focus up"), Binding(.down, "focus down"),
            Binding(.character("n"), "focus-next"), Binding(.tab, "focus-next"),
            Binding(.character("p"), "focus-previous"), Binding(.backTab, "focus-previous"),
            Binding(.character("l"), "focus-last"),
        ]
        + (1...9).map { Binding(.character(Character("\($0)")), "focus-pane \($0)") }
        + [
            Binding(.character("0"), "focus-pane 10"),
            Binding(.character("z"), "zoom"),
            Binding(.character("r"), "restart"), Binding(.character("k"), "kill"),
            Binding(.character("P"), "capture"),
            Binding(.control("]"), "send-prefix"),
            Binding(.character("?"), "help"), Binding(.character("q"), "quit"),
            Binding(.control("z"), "suspend"), Binding(.control("l"), "redraw"),
            Binding(.escape, "cancel"),
        ]

    package init(_ key: Key, _ command: String) {
        self.key = key
        self.command = command
    }

    /// The keys of a command, as help writes them; runs of digits become `1…9`.
    package static func keys(of name: String) -> String {
        let bindings = table.filter { $0.command == name || $0.command.hasPrefix(name + " ") }
        if bindings.count > 4, let first = bindings.first, let last = bindings.last {
            return "\(first.key.name) … \(last.key.name)"
        }
        return bindings.map(\.key.name).joined(separator: ", ")
    }
}
