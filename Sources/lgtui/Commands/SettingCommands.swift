// Commands that change settings and keys until the end; what is to last goes into lgtui.toml.

extension Command {
    static let settingCommands: [Command] = [
        Command("set", "SETTING [VALUE…]", .program, "change a setting until the end, or tell what it is") {
            workspace, words in
            guard let key = words.first else {
                workspace.tell("set needs the name of a setting, such as: set mouse false", .error)
                return []
            }
            guard let setting = Setting.table.first(where: { $0.key == key }) else {
                workspace.tell(noSuch("setting", key, among: Setting.table.map(\.key)), .error)
                return []
            }
            let words = Array(words.dropFirst())
            // A theme is more than its name, and may not be there.
            if key == "theme", !words.isEmpty { return [.theme(words.joined(separator: " "))] }
            if !words.isEmpty {
                do {
                    workspace.settings = try setting.changed(in: workspace.settings, to: words)
                } catch {
                    let given = words.joined(separator: " ")
                    workspace.tell("set \(key) needs \(setting.values), not \(given)".onOneLine, .error)
                    return []
                }
            }
            let note = !words.isEmpty && setting.isForStart ? ", but only lgtui.toml sets it in time" : ""
            workspace.tell("\(key) = \(setting.show(workspace.settings))\(note)".onOneLine)
            return []
        },
        Command("bind", "KEY [COMMAND…]", .program, "give a key after the prefix a command, or tell which it has") {
            workspace, words in
            workspace.trying { workspace throws(CommandLineError) in
                let key = try key(words, of: "bind")
                if words.count > 1 {
                    let commands = try CommandLineWords.nested(words.dropFirst())
                    try check(commands)
                    workspace.keys.bind(key, to: commands.map(CommandLineWords.line).joined(separator: "; "))
                }
                let command = workspace.keys.command(for: key)
                workspace.tell("\(key.name): \(command ?? "nothing")".onOneLine)
                return []
            }
        },
        Command("unbind", "KEY", .program, "take the command from a key") { workspace, words in
            workspace.trying { workspace throws(CommandLineError) in
                workspace.keys.bind(try key(words, of: "unbind"), to: nil)
                return []
            }
        },
    ]

    private static func key(_ words: [String], of command: String) throws(CommandLineError) -> Key {
        guard let word = words.first, let key = Key(notation: word) else {
            let wrong = words.first.map { "\($0) is no key" } ?? "\(command) needs a key"
            throw CommandLineError("\(wrong): write for example x, C-x, Up or PageDown")
        }
        return key
    }
}
