// Every action of the interface is one named command with one entry in one table: the same from a key, the prompt, a
// configuration or lab file, and the command line. Help, completion and the manual are made from the table.

/// A named action.
package struct Command: Sendable {
    package enum Group: String, CaseIterable, Sendable {
        case focus = "Moving around"
        case layout = "Layouts and pages"
        case guest = "The focused guest"
        case text = "Scrollback and copying"
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

    /// Why a line that a file holds could not run, as far as that can be seen beforehand.
    package static func problem(inLine line: String) -> String? {
        do {
            try check(try CommandLineWords.commands(in: line))
            return nil
        } catch { return "\(error)" }
    }

    /// All of them, in the order of the help page.
    package static let table: [Command] =
        focusCommands + layoutCommands + pageCommands + guestCommands + consoleCommands + textCommands
        + settingCommands + programCommands
}
