// Commands that concern the program rather than one guest.

extension Command {
    static let programCommands: [Command] = [
        Command("help", "", .program, "show this page") { workspace, _ in
            workspace.open(HelpPage())
            return []
        },
        Command("command-prompt", "[COMMAND]", .program, "type a command; Tab completes it") { workspace, words in
            workspace.open(Prompt(text: words.isEmpty ? "" : words.joined(separator: " ") + " "))
            return []
        },
        Command("redraw", "", .program, "paint the screen anew") { _, _ in [.redraw] },
        Command("reload-config", "", .program, "read the files with settings again") { _, _ in [.reloadSettings] },
        Command("theme", "THEME", .program, "put on another theme until the end") { workspace, words in
            guard let name = words.first else {
                workspace.tell("the theme is \(workspace.settings.theme)".onOneLine)
                return []
            }
            return [.theme(name)]
        },
        Command("suspend", "", .program, "stop lgtui and its guests; fg goes on") { _, _ in [.suspend] },
        Command("cancel", "", .program, "forget the prefix, close what is open") { workspace, _ in
            workspace.closeOverlays()
            workspace.clearMessage()
            return []
        },
        Command("quit", "", .program, "end lgtui and all its guests") { workspace, _ in
            let alive = workspace.panes.count { $0.phase.isAlive }
            if alive == 0 { return [.quit] }
            let guests = alive == 1 ? "1 guest is still running" : "\(alive) guests are still running"
            workspace.question = Question(text: "\(guests). Quit? (y/n)", short: "Quit? (y/n)", onYes: .quit)
            return []
        },
    ]
}
