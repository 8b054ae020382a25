import Testing
import lgtui

@Suite struct PromptTests {
    private func workspace() -> Workspace {
        var workspace = Workspace(panes: ["puppy", "kitten", "old cat"], size: Size(columns: 80, rows: 24))
        for index in 0..<3 { workspace.panes[index].phase = .running }
        workspace.themeNames = ["dark", "nord"]
        return workspace
    }

    private func type(_ text: String, into workspace: inout Workspace) -> [Effect] {
        var decoder = InputDecoder()
        decoder.append(Array(text.utf8))
        var effects: [Effect] = []
        while let piece = decoder.next(for: workspace.inputTarget, isFinal: true) { effects += workspace.handle(piece) }
        return effects
    }

    private func line(_ workspace: Workspace) -> String? {
        (workspace.overlays.last as? Prompt).map { String($0.text) }
    }

    @Test func aTypedCommandRunsAsFromAKey() {
        var workspace = workspace()
        #expect(type("\u{1d}:kill\r", into: &workspace) == [.kill(pane: 0)])
        #expect(workspace.overlays.isEmpty)
        #expect(type("\u{1d}:focus-pane 3\rx", into: &workspace) == [.send(pane: 2, bytes: [0x78])])
        #expect(workspace.history.lines == ["kill", "focus-pane 3"])
    }

    @Test func aWrongCommandIsToldAndThePromptGoes() {
        var workspace = workspace()
        #expect(type("\u{1d}:kil\r", into: &workspace) == [])
        #expect(workspace.message?.text.contains("did you mean kill?") == true)
        #expect(workspace.overlays.isEmpty)
    }

    @Test(arguments: ["\u{1b}", "\u{3}", "\u{7f}"]) func escapeAndBackspaceOnNothingCloseIt(key: String) {
        var workspace = workspace()
        _ = type("\u{1d}:" + key, into: &workspace)
        #expect(workspace.overlays.isEmpty)
    }

    @Test(arguments: [
        ("abc\u{1}x", "xabc"), ("abc\u{1b}[D\u{1b}[Dx", "axbc"), ("a b c\u{17}", "a b "),
        ("abc\u{15}\u{19}\u{19}", "abcabc"),
        ("abc\u{1}\u{4}", "bc"), ("abc\u{2}\u{b}", "ab"), ("ab\u{1b}[H\u{5}c", "abc"), ("ü犬\u{7f}", "ü"),
    ])
    func theLineIsEditedAsInShells(keys: String, text: String) {
        var workspace = workspace()
        _ = type("\u{1d}:" + keys, into: &workspace)
        #expect(line(workspace) == text)
    }

    @Test func historyGoesThroughLinesThatBeginAlike() {
        var workspace = workspace()
        workspace.history = PromptHistory(["zoom", "focus left", "kill", "focus right"])
        _ = type("\u{1d}:fo\u{1b}[A\u{1b}[A", into: &workspace)
        #expect(line(workspace) == "focus left")
        _ = type("\u{1b}[B\u{1b}[B", into: &workspace)
        #expect(line(workspace) == "fo")
        #expect(PromptHistory(["a", "a", " ", "b"]).lines == ["a", "b"])
    }

    @Test(arguments: [
        ("restar\t", "restart "), ("focus-p\t", "focus-p"), ("focus r\t", "focus right "), ("theme n\t", "theme nord "),
        ("nothing x\t", "nothing x"), ("command-prompt zoo\t", "command-prompt zoom "),
    ])
    func tabCompletesWhatCanOnlyBeOneThing(keys: String, text: String) {
        var workspace = workspace()
        _ = type("\u{1d}:" + keys, into: &workspace)
        #expect(line(workspace) == text)
    }

    @Test(arguments: [
        ("resize-pane ", ["down", "left", "right", "up"]), ("resize-pane left ", []), ("swap-pane k", ["kitten"]),
        ("split right ", ["'old cat'", "kitten", "puppy"]), ("split up ", []),
        ("monitor ", ["activity", "bell", "match", "off", "silence"]), ("monitor activity ", []),
        ("monitor match x k", ["kill"]), ("monitor silence 5 ", []),
        ("record ", ["all", "cast", "off", "raw", "text"]), ("record off ", ["all"]), ("record off all ", []),
        ("timestamps b", ["boot"]), ("timestamps boot ", ["all"]),
        ("wait puppy login: ", ["then", "timeout"]), ("wait puppy login: timeout 5 ", ["then"]),
        ("wait puppy login: then resize-pane u", ["up"]), ("wait puppy x then at kitten restart p", ["puppy"]),
        ("at all zo", ["zoom"]), ("timeline puppy k", ["kitten"]), ("zoom; theme n", ["nord"]),
        ("set mo", ["mouse"]), ("bind x focus l", ["left"]), ("page ", ["kennel"]),
    ])
    func tabKnowsWhatEachPlaceTakes(line: String, words: [String]) {
        var workspace = workspace()
        workspace.pages.rename("kennel")
        #expect(Completion.candidates(for: line, in: workspace).words == words)
    }

    @Test func everyUsageLeadsSomewhere() {
        let workspace = workspace()
        for command in Command.table where command.arguments.contains(where: \.isLowercase) {
            let words = Completion.candidates(for: command.name + " ", in: workspace).words
            let known = ["GUEST", "FILE", "THEME"].contains { command.arguments.contains($0) }
            let first = command.arguments.first { $0.isLetter }
            #expect(!words.isEmpty || known || first?.isUppercase == true, "\(command.name) \(command.arguments)")
        }
    }

    @Test func tabShowsWhatThereIsToChooseFrom() {
        var workspace = workspace()
        _ = type("\u{1d}:focus-\t", into: &workspace)
        let candidates = (workspace.overlays.last as? Prompt)?.candidates ?? []
        #expect(candidates.contains("focus-next") && candidates.contains("focus-pane"))
        _ = type("l", into: &workspace)
        #expect((workspace.overlays.last as? Prompt)?.candidates == [])
    }

    @Test func itIsDrawnOnScreensOfAnySize() {
        for size in [(1, 1), (3, 1), (5, 2), (20, 5), (80, 24)] {
            var workspace = workspace()
            workspace.size = Size(columns: size.0, rows: size.1)
            _ = type("\u{1d}:" + String(repeating: "犬x", count: 50) + "\t", into: &workspace)
            var canvas = Canvas(size: workspace.size)
            workspace.paintOverlays(Stage(theme: Theme(name: "t"), borders: .ascii, rates: []), on: &canvas)
            if let cursor = workspace.overlays.last?.cursor { #expect(cursor.column < size.0 && cursor.row < size.1) }
        }
    }
}
