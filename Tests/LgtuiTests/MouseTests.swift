// The mouse: what terminals send, and what comes of it.

import TerminalCore
import Testing
import lgtui

@Suite struct MouseReportTests {
    private func pieces(
        _ chunks: [String], _ target: InputDecoder.Target = .guest, isFinal: Bool = false
    ) -> [InputDecoder.Piece] {
        var decoder = InputDecoder()
        decoder.hasMouse = true
        var result: [InputDecoder.Piece] = []
        for chunk in chunks {
            decoder.append(Array(chunk.utf8))
            while let piece = decoder.next(for: target) { result.append(piece) }
        }
        while let piece = decoder.next(for: target, isFinal: isFinal) { result.append(piece) }
        return result
    }

    @Test(arguments: [
        ("\u{1b}[<0;10;5M", MouseEvent(.press, .left, column: 9, row: 4)),
        ("\u{1b}[<0;10;5m", MouseEvent(.release, .left, column: 9, row: 4)),
        ("\u{1b}[<34;1;1M", MouseEvent(.motion, .right, column: 0, row: 0)),
        ("\u{1b}[<64;300;200M", MouseEvent(.press, .wheelUp, column: 299, row: 199)),
        ("\u{1b}[<69;3;4M", MouseEvent(.press, .wheelDown, column: 2, row: 3, modifiers: .shift)),
        ("\u{1b}[<20;3;4M", MouseEvent(.press, .left, column: 2, row: 3, modifiers: [.shift, .control])),
        ("\u{1b}[M !!", MouseEvent(.press, .left, column: 0, row: 0)),
        ("\u{1b}[M#\"!", MouseEvent(.release, MouseButton.none, column: 1, row: 0)),
    ])
    func reportsAreUnderstood(text: String, event: MouseEvent) {
        #expect(pieces([text]) == [.mouse(event)])
        #expect(pieces([text], .keys) == [.mouse(event)])
    }

    @Test func aReportInTheMiddleOfTypingIsTakenOut() {
        let click = InputDecoder.Piece.mouse(MouseEvent(.press, .left, column: 1, row: 2))
        #expect(
            pieces(["ab\u{1b}[<0;2;3Mcd\u{1b}[Aef"]) == [
                .guest([0x61, 0x62]), click, .guest(Array("cd\u{1b}[Aef".utf8)),
            ])
    }

    @Test func aReportMayArriveInPieces() {
        let click = InputDecoder.Piece.mouse(MouseEvent(.press, .left, column: 1, row: 2))
        #expect(pieces(["a", "\u{1b}", "[", "<0;", "2;3", "Mb"]) == [.guest([0x61]), click, .guest([0x62])])
    }

    @Test func anEscapeIsHeldForAMomentOnly() {
        #expect(pieces(["x\u{1b}"]) == [.guest([0x78])])
        #expect(pieces(["x\u{1b}"], isFinal: true) == [.guest([0x78]), .guest([0x1b])])
        #expect(pieces(["\u{1b}x"]) == [.guest([0x1b, 0x78])])
        #expect(pieces(["\u{1b}[A"]) == [.guest([0x1b, 0x5b, 0x41])])
    }

    @Test(arguments: ["\u{1b}[<0;2M", "\u{1b}[<;;;;M", "\u{1b}[<x", "\u{1b}[<0;0;0M", "\u{1b}[<99999999999;1;1M"])
    func nonsenseDoesNoHarm(text: String) {
        for piece in pieces([text + "ok"], isFinal: true) {
            if case .mouse = piece { Issue.record("\(text.debugDescription) is no report") }
        }
    }

    @Test func withoutAMouseNothingIsTakenOut() {
        var decoder = InputDecoder()
        decoder.append(Array("\u{1b}[<0;2;3M".utf8))
        #expect(decoder.next(for: .guest) == .guest(Array("\u{1b}[<0;2;3M".utf8)))
    }
}

@Suite struct MouseTests {
    private func workspace(_ count: Int = 4) -> Workspace {
        var workspace = Workspace(
            panes: (1...count).map { "guest\($0)" }, size: Size(columns: 80, rows: 24))
        let wakeup = Wakeup()
        workspace.screens = (0..<count).map { _ in PaneScreen(size: Size(columns: 38, rows: 10), wakeup: wakeup) }
        for index in 0..<count { workspace.panes[index].phase = .running }
        return workspace
    }

    private func feed(_ text: String, to screen: PaneScreen) {
        var text = text
        text.withUTF8 { screen.write(UnsafeRawBufferPointer($0)) }
    }

    @Test func aClickFocuses() {
        var workspace = workspace()
        #expect(workspace.handle(.mouse(MouseEvent(.press, .left, column: 60, row: 15))) == [])
        #expect(workspace.focus == 3)
        _ = workspace.handle(.mouse(MouseEvent(.release, .left, column: 60, row: 15)))
        // A title belongs to its pane.
        _ = workspace.handle(.mouse(MouseEvent(.press, .left, column: 45, row: 0)))
        #expect(workspace.focus == 1)
    }

    @Test func aDraggedBorderMoves() {
        var workspace = workspace()
        let border = workspace.plan.frames[0].content.endColumn
        _ = workspace.handle(.mouse(MouseEvent(.press, .left, column: border, row: 3)))
        for column in [border + 1, border + 4, border + 6] {
            _ = workspace.handle(.mouse(MouseEvent(.motion, .left, column: column, row: 3)))
        }
        _ = workspace.handle(.mouse(MouseEvent(.release, .left, column: border + 6, row: 3)))
        #expect(workspace.plan.frames[0].content.endColumn == border + 6)
        #expect(workspace.grip == nil)
        _ = workspace.handle(.mouse(MouseEvent(.motion, .left, column: 70, row: 3)))
        #expect(workspace.plan.frames[0].content.endColumn == border + 6)
    }

    @Test func aClickedTabShowsItsPage() {
        var workspace = workspace(8)
        let tab = TabBar(workspace, columns: 80, borders: .heavy).tabs[1]
        _ = workspace.handle(.mouse(MouseEvent(.press, .left, column: tab.column, row: 0)))
        #expect(workspace.pages.current == 1)
        _ = workspace.handle(.mouse(MouseEvent(.press, .wheelUp, column: tab.column, row: 0)))
        #expect(workspace.pages.current == 0)
    }

    @Test func aGuestThatAsksGetsTheMouseInItsOwnCells() {
        var workspace = workspace()
        feed("\u{1b}[?1002h\u{1b}[?1006h", to: workspace.screens[3])
        let corner = workspace.plan.frames[3].content
        func event(_ kind: MouseEvent.Kind, _ button: MouseButton, _ column: Int, _ row: Int) -> [Effect] {
            workspace.handle(
                .mouse(MouseEvent(kind, button, column: corner.column + column, row: corner.row + row)))
        }
        #expect(event(.press, .left, 2, 1) == [.send(pane: 3, bytes: Array("\u{1b}[<0;3;2M".utf8))])
        #expect(workspace.focus == 3)
        // A drag that leaves the pane stays at its edge, and the release is told wherever it happens.
        #expect(event(.motion, .left, -10, 3) == [.send(pane: 3, bytes: Array("\u{1b}[<32;1;4M".utf8))])
        #expect(event(.release, .left, -10, -5) == [.send(pane: 3, bytes: Array("\u{1b}[<0;1;1m".utf8))])
        #expect(event(.press, .wheelDown, 0, 0) == [.send(pane: 3, bytes: Array("\u{1b}[<65;1;1M".utf8))])
        // Shift is for us.
        let shifted = MouseEvent(.press, .left, column: corner.column, row: corner.row, modifiers: .shift)
        #expect(workspace.handle(.mouse(shifted)) == [])
    }

    @Test func theWheelPressesArrowsInAFullScreenProgramWithoutAMouse() {
        var workspace = workspace()
        let wheel = InputDecoder.Piece.mouse(MouseEvent(.press, .wheelUp, column: 3, row: 3))
        feed("\u{1b}[?1049h\u{1b}[?1007h", to: workspace.screens[0])
        let arrows = String(repeating: "\u{1b}[A", count: Workspace.wheelLines)
        #expect(workspace.handle(wheel) == [.send(pane: 0, bytes: Array(arrows.utf8))])
    }

    @Test func aQuestionIsNotAnsweredByTheMouse() {
        var workspace = workspace()
        _ = workspace.run("quit")
        #expect(workspace.handle(.mouse(MouseEvent(.press, .left, column: 60, row: 15))) == [])
        #expect(workspace.focus == 0)
        #expect(workspace.question != nil)
    }
}
