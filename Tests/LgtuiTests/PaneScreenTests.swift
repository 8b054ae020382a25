// What of a guest's screen is shown, and when: frames in the making, screens that are being written this very moment, and
// the answers to keys.

import GuestHost
import Testing
import lgtui

@Suite(.timeLimit(.minutes(2))) struct PaneScreenTests {
    private let area = Rect(column: 0, row: 0, columns: 20, rows: 3)

    private let screen = PaneScreen(size: Size(columns: 20, rows: 3), wakeup: Wakeup())

    private func top(_ canvas: Canvas) -> String {
        var text = canvas.text(row: 0)
        while text.last == " " { text.removeLast() }
        return text
    }

    // MARK: Mode 2026

    @Test func aFrameInTheMakingIsNotShown() {
        var canvas = Canvas(size: area.size)
        screen.feed("whole")
        screen.paint(in: area, on: &canvas, everything: false)
        #expect(top(canvas) == "whole")
        let cursor = screen.glance().cursorColumn
        screen.feed("\u{1b}[?2026h\u{1b}[H\u{1b}[Khalf")
        screen.paint(in: area, on: &canvas, everything: false)
        #expect(top(canvas) == "whole")
        // The cursor belongs to the frame that is shown.
        #expect(screen.glance().cursorColumn == cursor)
        screen.feed(" and half\u{1b}[?2026l")
        screen.paint(in: area, on: &canvas, everything: false)
        #expect(top(canvas) == "half and half")
        #expect(screen.glance().cursorColumn == 13)
    }

    @Test func aFrameThatNeverEndsIsShownAfterATenthOfASecond() {
        var canvas = Canvas(size: area.size)
        screen.feed("\u{1b}[?2026hunending")
        let start = steadyNanoseconds()
        screen.paint(in: area, on: &canvas, everything: false)
        while top(canvas).isEmpty, steadyNanoseconds() - start < 30_000_000_000 {
            screen.paint(in: area, on: &canvas, everything: false)
        }
        #expect(top(canvas) == "unending")
        #expect(steadyNanoseconds() - start >= 100_000_000)
    }

    @Test func aWholeRepaintWaitsForNoFrame() {
        var canvas = Canvas(size: area.size)
        screen.feed("\u{1b}[?2026hhalf")
        screen.paint(in: area, on: &canvas, everything: true)
        #expect(top(canvas) == "half")
    }

    // MARK: Writing while others look

    @Test func aFrameDoesWithoutAScreenThatIsBeingWritten() {
        var canvas = Canvas(size: area.size)
        screen.feed("before")
        screen.paint(in: area, on: &canvas, everything: false)
        let stages = Monitor(0)
        // What a guest's thread looks like that was put to sleep in the middle of a write.
        inBackground { [screen] in
            screen.locked { terminal in
                terminal.feed(", and after")
                stages.withLock { $0 = 1 }
                _ = stages.wait(within: .seconds(30)) { $0 == 2 }
            }
            stages.withLock { $0 = 3 }
        }
        #expect(stages.wait(within: .seconds(30)) { $0 == 1 })
        screen.paint(in: area, on: &canvas, everything: false)
        #expect(top(canvas) == "before")
        #expect(screen.isDamaged)
        stages.withLock { $0 = 2 }
        #expect(stages.wait(within: .seconds(30)) { $0 == 3 })
        // The frame was dropped; the bytes were not.
        screen.paint(in: area, on: &canvas, everything: false)
        #expect(top(canvas) == "before, and after")
        #expect(!screen.isDamaged)
    }

    // MARK: Looks

    @Test func struckTextCarriesAMark() {
        var canvas = Canvas(size: area.size)
        screen.feed("a\u{1b}[9mb\u{1b}[29mc")
        screen.paint(in: area, on: &canvas, everything: false)
        #expect((0..<3).map { canvas[$0, 0].marks[0] } == [0, 0x336, 0])
        #expect((0..<3).map { canvas[$0, 0].scalar } == ["a", "b", "c"])
    }

    // MARK: Echoes

    @Test func theEchoOfAKeyIsDrawnAloneAndTheRestLater() {
        var workspace = workspace(["one> ", "two> "], size: Size(columns: 80, rows: 24))
        var painter = Painter(theme: Theme(name: "test"), borders: .ascii, size: workspace.size)
        // Before there was a whole frame there is nothing to add to.
        let isTooEarly = painter.paintFocus(workspace)
        #expect(!isTooEarly)
        let rates = workspace.panes.map { _ in RateMeter() }
        painter.paint(&workspace, rates: rates, sum: RateMeter())
        workspace.screens[0].feed("x")
        workspace.screens[1].feed("flood")
        let isDrawn = painter.paintFocus(workspace)
        #expect(isDrawn)
        let echoed = painter.canvas.rows.joined(separator: "\n")
        #expect(echoed.contains("one> x"))
        #expect(!echoed.contains("flood"))
        painter.paint(&workspace, rates: rates, sum: RateMeter())
        #expect(painter.canvas.rows.joined(separator: "\n").contains("two> flood"))
        // Another focus is another frame.
        _ = workspace.type("\u{1d}2")
        let isSame = painter.paintFocus(workspace)
        #expect(!isSame)
    }

    @Test func anEchoIsDrawnAtOnceAndAFloodOfThemNot() {
        var watch = EchoWatch()
        let key: UInt64 = 1_000_000_000
        #expect(!watch.isAwaited(at: key))
        let makesRoom = watch.begin(at: key)
        #expect(makesRoom)
        #expect(watch.isAwaited(at: key))
        #expect(watch.isAtHand(at: key))
        for _ in 0..<4 {
            #expect(watch.nextFrame <= key)
            watch.drawn(at: key)
        }
        #expect(!watch.isAtHand(at: key))
        #expect(watch.nextFrame == key + EchoWatch.frameTime)
        #expect(!watch.isAwaited(at: key + EchoWatch.patience))
    }

    @Test func whoHoldsAKeyDownDoesNotStopTheOthers() {
        var watch = EchoWatch()
        // Forty keys a second, none of them answered.
        let pauses = (0..<40).count { watch.begin(at: 1_000_000_000 + UInt64($0) * 10_000_000) }
        #expect(pauses <= 20)
        #expect(pauses >= 10)
    }
}
