// Commands about the text of panes: its past, copying it, pasting it, and the time it came.

extension Command {
    static let textCommands: [Command] = [
        Command("copy-mode", "[page-up]", .text, "look at the pane's past, search it and copy from it") {
            workspace, arguments in
            guard arguments.isEmpty || arguments == ["page-up"] else {
                workspace.tell("copy-mode takes nothing, or page-up", .error)
                return []
            }
            let isNew = workspace.copyMode(of: workspace.focus) == nil
            return workspace.copy(from: workspace.focus) { mode, workspace in
                guard !arguments.isEmpty else { return .stays }
                if isNew { mode.leavesAtBottom = true }
                return mode.handle(.pageUp, in: &workspace)
            } ?? []
        },
        Command("search", "PATTERN", .text, "search the pane's past upwards for a regular expression") {
            workspace, arguments in
            guard !arguments.isEmpty else {
                workspace.tell("search needs a pattern", .error)
                return []
            }
            return workspace.copy(from: workspace.focus) { mode, workspace in
                mode.search(for: arguments.joined(separator: " "), in: &workspace)
                return .stays
            } ?? []
        },
        Command("paste-buffer", "", .text, "type what was copied at the guest") { workspace, _ in
            guard let text = workspace.copying.buffer else {
                workspace.tell("nothing was copied yet: \(workspace.keys.prefixName) [ and v, then y")
                return []
            }
            return workspace.paste(Array(text.utf8))
        },
        Command("save-buffer", "FILE", .text, "write what was copied to a file") { workspace, arguments in
            guard let text = workspace.copying.buffer else {
                workspace.tell("nothing was copied yet", .error)
                return []
            }
            guard let file = arguments.first, arguments.count == 1 else {
                workspace.tell("save-buffer needs the name of a file", .error)
                return []
            }
            return [.save(file: file, bytes: Array(text.utf8))]
        },
        Command("clear-history", "", .text, "forget the pane's lines above the screen") { workspace, _ in
            guard workspace.panes.indices.contains(workspace.focus) else { return [] }
            workspace.tell("the past of \(workspace.panes[workspace.focus].name) is forgotten")
            return [.clearHistory(pane: workspace.focus)]
        },
        Command(
            "timestamps", "[none|boot|wall] [all]", .text,
            "show when lines came: not, since boot, by the clock; or the next of these"
        ) { workspace, arguments in
            var words = arguments
            let isForAll = words.last == "all"
            if isForAll { words.removeLast() }
            let kinds = StampKind.allCases
            let now = workspace.stampKind(of: workspace.focus)
            let next = kinds[((kinds.firstIndex(of: now) ?? 0) + 1) % kinds.count]
            guard words.count < 2, let kind = words.first.map({ StampKind(rawValue: $0) }) ?? next else {
                workspace.tell("timestamps takes none, boot or wall, and then perhaps all", .error)
                return []
            }
            if isForAll {
                workspace.chooseStampsForAll(kind)
            } else {
                workspace.chooseStamps(kind, for: workspace.focus)
            }
            return []
        },
        Command("timeline", "[GUEST …]", .text, "show the lines of all guests, or of some, in the order they came") {
            workspace, arguments in
            var shown: Set<Int> = []
            for word in arguments {
                guard let pane = workspace.panes.firstIndex(where: { $0.name == word }) ?? Int(word).map({ $0 - 1 }),
                    workspace.panes.indices.contains(pane)
                else {
                    workspace.tell("there is no guest \(word)".onOneLine, .error)
                    return []
                }
                shown.insert(pane)
            }
            workspace.open(Timeline(panes: workspace.panes.count, shown: shown.isEmpty ? nil : shown))
            return []
        },
    ]
}
