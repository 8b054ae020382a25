// Commands that concern what guests print and what is typed at them: recordings, monitors, broadcasts, files, waits.

extension Command {
    static let consoleCommands: [Command] = [
        Command(
            "record", "[raw|text|cast [FILE] | off] [all]", .guest, "record the console to a file, or end that"
        ) { workspace, words in
            var words = words
            let isForAll = words.last == "all"
            if isForAll { words.removeLast() }
            let panes = isForAll ? Array(workspace.panes.indices) : [workspace.target]
            do {
                let request = try recording(words, isOn: panes.contains { workspace.isRecording($0) })
                guard let request else {
                    let running = panes.filter { workspace.isRecording($0) }
                    if running.isEmpty { workspace.tell("there is no recording to end", .error) }
                    return running.map { .console(pane: $0, .stopRecording) }
                }
                return panes.filter(workspace.panes.indices.contains).map { pane in
                    let own = isForAll ? request.apart(for: workspace.panes[pane].name) : request
                    return .console(pane: pane, .record(own))
                }
            } catch {
                workspace.tell("\(error)", .error)
                return []
            }
        },
        Command("monitor", MonitorRequest.usage, .guest, "call when something happens in the pane") {
            workspace, words in
            if words.isEmpty {
                let monitors = workspace.monitors[workspace.target] ?? PaneMonitors()
                workspace.tell("monitored here: \(monitors.description)".onOneLine)
                return []
            }
            return workspace.trying { workspace throws(CommandLineError) in
                workspace.monitor(try MonitorRequest(words: words), at: workspace.target)
            }
        },
        Command("broadcast", "on|off|all|toggle", .guest, "type at a set of panes at once") { workspace, words in
            let count = workspace.panes.count
            switch words.first ?? "toggle" {
            case "on": workspace.broadcast.turnOn(count: count)
            case "all": workspace.broadcast.turnOnForAll(count: count)
            case "off": workspace.broadcast.turnOff()
            case "toggle" where workspace.broadcast.isOn: workspace.broadcast.turnOff()
            case "toggle": workspace.broadcast.turnOn(count: count)
            default:
                workspace.tell("broadcast needs on, off, all or toggle", .error)
                return []
            }
            workspace.markBroadcast()
            tellBroadcast(&workspace)
            return []
        },
        Command("broadcast-pane", "[on|off|toggle]", .guest, "take the pane into that set, or out of it") {
            workspace, words in
            let pane = workspace.target
            guard let isMember = switched(words, from: workspace.broadcast.members.contains(pane), &workspace) else {
                return []
            }
            workspace.broadcast.choose(pane, isMember)
            workspace.markBroadcast()
            if workspace.broadcast.isOn {
                tellBroadcast(&workspace)
            } else {
                let count = workspace.broadcast.members.count
                workspace.tell("\(count) panes are chosen: `broadcast on` begins")
            }
            return []
        },
        Command("read-only", "[on|off|toggle]", .guest, "refuse what is typed at the guest, or take it again") {
            workspace, words in
            let pane = workspace.target
            guard workspace.panes.indices.contains(pane),
                let isOn = switched(words, from: workspace.panes[pane].badges.isReadOnly, &workspace)
            else { return [] }
            workspace.panes[pane].badges.isReadOnly = isOn
            workspace.tell("\(workspace.panes[pane].name) is \(isOn ? "read-only" : "open to typing")".onOneLine)
            return []
        },
        Command("type", "GUEST TEXT…", .guest, "type at a guest; \\n is Enter, and there are \\t \\e \\\\ \\xNN") {
            workspace, words in
            guard words.count > 1 else {
                workspace.tell("type needs a guest and a text, such as: type 1 \"ls\\n\"", .error)
                return []
            }
            return workspace.trying { workspace throws(CommandLineError) in
                let bytes = try TypedText.bytes(words.dropFirst().joined(separator: " "))
                guard let pane = workspace.pane(words[0]) else { return [] }
                return workspace.type(bytes, at: pane)
            }
        },
        Command("send-file", "FILE [raw]", .guest, "type a file at the guest, as fast as it reads") {
            workspace, words in
            guard let path = words.first, words.count == 1 || words.dropFirst() == ["raw"] else {
                workspace.tell("send-file needs one file, and perhaps the word raw", .error)
                return []
            }
            let pane = workspace.target
            guard workspace.panes.indices.contains(pane), !workspace.type([], at: pane).isEmpty else { return [] }
            workspace.blockScript(onSendingTo: pane)
            return [.console(pane: pane, .sendFile(path, isRaw: words.count > 1))]
        },
        Command("stop-sending", "", .guest, "do not type the rest of the file") { workspace, _ in
            [.console(pane: workspace.target, .stopSending)]
        },
        Command("stty-size", "", .guest, "tell the guest's shell how large its pane is, by typing stty") {
            workspace, _ in
            let size = workspace.contentSize(of: workspace.target)
            return workspace.type(Array("stty rows \(size.rows) cols \(size.columns)\r".utf8), at: workspace.target)
        },
        Command("wait", WaitRequest.usage, .program, "wait for words of a guest, then run a command") {
            workspace, words in
            workspace.trying { workspace throws(CommandLineError) in
                workspace.wait(try WaitRequest(words: words))
            }
        },
        Command("at", "GUEST|all COMMAND…", .program, "run a command for a guest that has not the focus") {
            workspace, words in
            guard words.count > 1 else {
                workspace.tell("at needs a guest and a command, such as: at web2 kill", .error)
                return []
            }
            return workspace.trying { workspace throws(CommandLineError) in
                let commands = try CommandLineWords.nested(words.dropFirst())
                if words[0] == "all" {
                    return workspace.panes.indices.flatMap { workspace.run(commands, at: $0) }
                }
                guard let pane = workspace.pane(words[0]) else { return [] }
                return workspace.run(commands, at: pane)
            }
        },
    ]

    /// What `record`'s words ask for; nil to end what goes on. Without words it is a switch.
    private static func recording(_ words: [String], isOn: Bool) throws(CommandLineError) -> RecordingRequest? {
        guard let first = words.first else { return isOn ? nil : RecordingRequest(format: .cast) }
        let isOff = first == "off"
        let format = isOff ? RecordingFormat.cast : try RecordingFormat(word: first)
        if words.count > (isOff ? 1 : 2) { throw CommandLineError("record takes one file, and perhaps the word all") }
        if words.count > 1, words[1].isEmpty { throw CommandLineError("the name of the file is empty") }
        return isOff ? nil : RecordingRequest(format: format, file: words.count > 1 ? words[1] : nil)
    }

    /// `on`, `off` or `toggle`, which is what no word means.
    private static func switched(_ words: [String], from isOn: Bool, _ workspace: inout Workspace) -> Bool? {
        switch words.first ?? "toggle" {
        case "on": return true
        case "off": return false
        case "toggle": return !isOn
        case let word:
            workspace.tell("on, off or toggle, but not \(word)".onOneLine, .error)
            return nil
        }
    }

    private static func tellBroadcast(_ workspace: inout Workspace) {
        let count = workspace.broadcast.members.count
        workspace.tell(
            workspace.broadcast.isOn
                ? "what you type at one of \(count) panes goes to all of them" : "broadcast is off")
    }

    /// Throws when one of `commands` does not exist: better now than when it is to run.
    static func check(_ commands: [[String]]) throws(CommandLineError) {
        for name in commands.compactMap(\.first) where !table.contains(where: { $0.name == name }) {
            let hint = nearestName(to: name, among: table.map(\.name)).map { ": did you mean \($0)?" } ?? ""
            throw CommandLineError("no command called \(name)\(hint)")
        }
    }
}

extension Workspace {
    /// Runs `body`; an error becomes a message.
    mutating func trying(_ body: (inout Workspace) throws(CommandLineError) -> [Effect]) -> [Effect] {
        do { return try body(&self) } catch {
            tell("\(error)", .error)
            return []
        }
    }

    fileprivate func isRecording(_ pane: Int) -> Bool {
        panes.indices.contains(pane) && panes[pane].badges.recording != nil
    }

    /// The size of the guest's screen; what programs expect when the pane is not shown.
    package func contentSize(of pane: Int) -> Size {
        frame(of: pane).map { textRect(of: $0).size } ?? Size(columns: 80, rows: 24)
    }
}
