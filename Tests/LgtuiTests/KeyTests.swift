import Testing
import lgtui

@Suite struct InputDecoderTests {
    private func pieces(_ bytes: [UInt8], _ target: InputDecoder.Target, isFinal: Bool = false) -> [InputDecoder.Piece]
    {
        var decoder = InputDecoder()
        decoder.append(bytes)
        var result: [InputDecoder.Piece] = []
        while let piece = decoder.next(for: target, isFinal: isFinal) { result.append(piece) }
        return result
    }

    @Test func everyByteButThePrefixGoesToTheGuestUntouched() {
        let all = (0...255).map { UInt8($0) }.filter { $0 != KeyMap().prefix }
        #expect(pieces(all, .guest) == [.guest(all)])
    }

    @Test func aPrefixInTheMiddleSplitsTheInput() {
        #expect(pieces([0x61, 0x1d, 0x62], .guest) == [.guest([0x61]), .prefix, .guest([0x62])])
    }

    @Test(arguments: [
        ("\u{1b}[A", Key.up), ("\u{1b}OB", .down), ("\u{1b}[C", .right), ("\u{1b}OD", .left), ("\u{1b}[1;5C", .right),
        ("\u{1b}[Z", .backTab), ("\u{1b}[5~", .pageUp), ("\u{1b}[6~", .pageDown), ("\t", .tab), ("\r", .enter),
        ("\u{1d}", .control("]")), ("\u{1a}", .control("z")), ("3", .character("3")), ("ü", .character("ü")),
        ("\u{1b}[24~", .unknown),
    ])
    func keysAreKnownByTheirSequences(text: String, key: Key) {
        #expect(pieces(Array(text.utf8), .keys) == [.key(key)])
    }

    @Test func aSequenceMayArriveInPieces() {
        var decoder = InputDecoder()
        decoder.append([0x1b])
        #expect(decoder.next(for: .keys) == nil)
        decoder.append([0x5b])
        #expect(decoder.next(for: .keys) == nil)
        decoder.append([0x41])
        #expect(decoder.next(for: .keys) == .key(.up))
        #expect(decoder.isEmpty)
    }

    @Test func aLoneEscapeBecomesAKeyWhenNothingFollows() {
        #expect(pieces([0x1b], .keys) == [])
        #expect(pieces([0x1b], .keys, isFinal: true) == [.key(.escape)])
    }

    @Test func cursorKeysFollowTheModeOfTheGuest() {
        let typed = Array("\u{1b}[A\u{1b}[1;5Cx\u{1b}[D".utf8)
        #expect(applicationCursorKeys(typed) == Array("\u{1b}OA\u{1b}[1;5Cx\u{1b}OD".utf8))
    }
}

@Suite struct WorkspaceTests {
    private func workspace(_ count: Int = 4, _ size: Size = Size(columns: 80, rows: 24)) -> Workspace {
        var workspace = Workspace(panes: (1...count).map { "guest\($0)" }, size: size)
        for index in 0..<count { workspace.panes[index].phase = .running }
        return workspace
    }

    /// Types bytes as a terminal would send them and returns what is to be done.
    private func type(_ text: String, into workspace: inout Workspace) -> [Effect] {
        var decoder = InputDecoder()
        decoder.append(Array(text.utf8))
        var effects: [Effect] = []
        while let piece = decoder.next(for: workspace.inputTarget, isFinal: true) { effects += workspace.handle(piece) }
        return effects
    }

    @Test func typingReachesOnlyTheFocusedPane() {
        var workspace = workspace()
        #expect(type("ls\r", into: &workspace) == [.send(pane: 0, bytes: Array("ls\r".utf8))])
        #expect(type("\u{1d}3x", into: &workspace) == [.send(pane: 2, bytes: [0x78])])
    }

    @Test func theDoubledPrefixIsSent() {
        var workspace = workspace()
        #expect(type("\u{1d}\u{1d}", into: &workspace) == [.send(pane: 0, bytes: [0x1d])])
        #expect(workspace.inputTarget == .guest)
    }

    @Test(arguments: [
        ("\u{1d}\u{1b}[C", 1), ("\u{1d}\u{1b}[B", 2), ("\u{1d}\u{1b}[B\u{1d}\u{1b}[C", 3), ("\u{1d}\u{1b}[A", 0),
        ("\u{1d}n", 1), ("\u{1d}\t", 1), ("\u{1d}p", 3), ("\u{1d}4", 3), ("\u{1d}9", 0), ("\u{1d}4\u{1d}l", 0),
    ])
    func focusMoves(keys: String, pane: Int) {
        var workspace = workspace()
        #expect(type(keys, into: &workspace) == [])
        #expect(workspace.focus == pane)
    }

    @Test func arrowsWalkThroughPanesThatHaveNoRoom() {
        var workspace = workspace(4, Size(columns: 20, rows: 5))
        _ = type("\u{1d}\u{1b}[C", into: &workspace)
        #expect(workspace.focus == 1)
        #expect(workspace.plan.frames.map(\.pane) == [1])
    }

    @Test func zoomShowsOnePaneAndBack() {
        var workspace = workspace()
        _ = type("\u{1d}2\u{1d}z", into: &workspace)
        #expect(workspace.plan.frames.map(\.pane) == [1])
        _ = type("\u{1d}z", into: &workspace)
        #expect(workspace.plan.frames.count == 4)
    }

    @Test func quittingAsksWhileGuestsRun() {
        var workspace = workspace()
        #expect(type("\u{1d}q", into: &workspace) == [])
        #expect(workspace.question != nil)
        #expect(type("n", into: &workspace) == [])
        #expect(workspace.question == nil)
        #expect(type("\u{1d}qy", into: &workspace) == [.quit])
    }

    @Test func quittingDoesNotAskWhenAllHaveStopped() {
        var workspace = workspace(2)
        workspace.panes[0].phase = .poweredOff
        workspace.panes[1].phase = .dead("x")
        #expect(type("\u{1d}q", into: &workspace) == [.quit])
    }

    @Test func anAnswerIsNotTypedAtTheGuest() {
        var workspace = workspace()
        #expect(type("\u{1d}qnx", into: &workspace) == [.send(pane: 0, bytes: [0x78])])
    }

    @Test func anUnboundKeyIsToldAndForgotten() {
        var workspace = workspace()
        #expect(type("\u{1d}Xa", into: &workspace) == [.send(pane: 0, bytes: [0x61])])
        #expect(workspace.message?.text.contains("no command on X") == true)
    }

    @Test func helpOpensAndAnyKeyClosesIt() {
        var workspace = workspace()
        _ = type("\u{1d}?", into: &workspace)
        #expect((workspace.overlays.last as? HelpPage)?.scroll == 0)
        #expect(type("j", into: &workspace) == [])
        #expect((workspace.overlays.last as? HelpPage)?.scroll == 1)
        #expect(type("x", into: &workspace) == [])
        #expect(workspace.overlays.isEmpty)
    }

    @Test func restartAndKillConcernTheFocusedGuest() {
        var workspace = workspace()
        #expect(type("\u{1d}2\u{1d}r\u{1d}k", into: &workspace) == [.restart(pane: 1), .kill(pane: 1)])
    }

    @Test func messagesGoAwayByThemselves() {
        var workspace = workspace()
        _ = workspace.tick(now: 1000)
        workspace.tell("hello")
        _ = workspace.tick(now: 1000 + Workspace.messageTime - 1)
        #expect(workspace.message != nil)
        _ = workspace.tick(now: 1000 + Workspace.messageTime)
        #expect(workspace.message == nil)
    }

    @Test func everyBindingRunsACommandThatExists() {
        let bindings = KeyMap.standard
        for binding in bindings {
            let name = binding.command.split(separator: " ").first.map(String.init)
            #expect(Command.table.contains { $0.name == name }, "\(binding.command)")
        }
        #expect(Set(bindings.map(\.key)).count == bindings.count)
        #expect(Set(Command.table.map(\.name)).count == Command.table.count)
    }

    @Test func anotherPrefixAndAnotherKeyCanBeChosen() {
        var workspace = workspace()
        workspace.keys.prefix = 0x02
        workspace.keys.bind(.character("x"), to: "kill")
        workspace.keys.bind(.character("k"), to: nil)
        var decoder = InputDecoder(prefix: workspace.keys.prefix)
        decoder.append([0x1d, 0x02, 0x78, 0x02, 0x02, 0x02, 0x6b])
        var effects: [Effect] = []
        while let piece = decoder.next(for: workspace.inputTarget) { effects += workspace.handle(piece) }
        #expect(effects == [.send(pane: 0, bytes: [0x1d]), .kill(pane: 0), .send(pane: 0, bytes: [0x02])])
        #expect(workspace.message?.text == "no command on k: Ctrl-B ? shows them all")
    }

    @Test func aMistypedCommandLineNamesTheNearest() {
        var workspace = workspace()
        #expect(workspace.run("focus-nxt") == [])
        #expect(workspace.message?.text == "no command called focus-nxt: did you mean focus-next?")
    }
}
