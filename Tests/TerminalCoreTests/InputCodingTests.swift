// Mouse, focus and paste, in the bytes that the guest's modes ask for.

import TerminalCore
import Testing

@Suite struct InputCodingTests {
    private func terminal(_ modes: String, columns: Int = 80) -> Terminal {
        let terminal = Terminal(columns: columns, rows: 24, scrollback: 0)
        terminal.feed(modes)
        return terminal
    }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map(ScreenText.escaped) }

    private let press = MouseEvent(.press, .left, column: 4, row: 2)
    private let release = MouseEvent(.release, .left, column: 4, row: 2)

    @Test func withoutAMouseModeNothingIsSent() { #expect(terminal("").encode(press) == nil) }

    @Test func x10ReportsPressesOnlyAndNoModifiers() {
        let terminal = terminal("\u{1B}[?9h")
        #expect(text(terminal.encode(press)) == "\\e[M %#")
        #expect(terminal.encode(release) == nil)
        #expect(terminal.encode(MouseEvent(.press, .wheelUp, column: 0, row: 0)) == nil)
        #expect(
            text(terminal.encode(MouseEvent(.press, .right, column: 0, row: 0, modifiers: .control))) == "\\e[M\"!!")
    }

    @Test func normalTrackingReportsReleasesWithoutTheirButton() {
        let terminal = terminal("\u{1B}[?1000h")
        #expect(text(terminal.encode(press)) == "\\e[M %#")
        #expect(text(terminal.encode(release)) == "\\e[M#%#")
        #expect(terminal.encode(MouseEvent(.motion, .left, column: 1, row: 1)) == nil)
    }

    @Test func sgrSaysWhichButtonWasReleased() {
        let terminal = terminal("\u{1B}[?1000h\u{1B}[?1006h")
        #expect(text(terminal.encode(press)) == "\\e[<0;5;3M")
        #expect(text(terminal.encode(release)) == "\\e[<0;5;3m")
        let wheel = MouseEvent(.press, .wheelDown, column: 79, row: 23, modifiers: [.shift, .alt])
        #expect(text(terminal.encode(wheel)) == "\\e[<77;80;24M")
    }

    @Test func draggingIsReportedWithAButtonAndMovingOnlyWhenAsked() {
        let drag = MouseEvent(.motion, .left, column: 1, row: 1)
        let move = MouseEvent(.motion, .none, column: 1, row: 1)
        let dragging = terminal("\u{1B}[?1002h\u{1B}[?1006h")
        #expect(text(dragging.encode(drag)) == "\\e[<32;2;2M")
        #expect(dragging.encode(move) == nil)
        let moving = terminal("\u{1B}[?1003h\u{1B}[?1006h")
        #expect(text(moving.encode(move)) == "\\e[<35;2;2M")
    }

    @Test func codingsReachAsFarAsTheyCan() {
        let far = MouseEvent(.press, .left, column: 299, row: 0)
        #expect(terminal("\u{1B}[?1000h", columns: 400).encode(far) == nil)
        #expect(text(terminal("\u{1B}[?1000;1005h", columns: 400).encode(far)) == "\\e[M \\xc5\\x8c!")
        #expect(text(terminal("\u{1B}[?1000;1015h", columns: 400).encode(far)) == "\\e[32;300;1M")
        #expect(terminal("\u{1B}[?1000;1006h").encode(far) == nil, "off the screen")
    }

    @Test func theWheelIsCursorKeysOnTheAlternateScreenOnly() {
        #expect(terminal("").encodeWheel(up: true, lines: 3).isEmpty)
        #expect(text(terminal("\u{1B}[?1049h").encodeWheel(up: true, lines: 2)) == "\\e[A\\e[A")
        #expect(text(terminal("\u{1B}[?1049h\u{1B}[?1h").encodeWheel(up: false, lines: 1)) == "\\eOB")
        #expect(terminal("\u{1B}[?1049h\u{1B}[?1007l").encodeWheel(up: true, lines: 1).isEmpty)
        #expect(terminal("\u{1B}[?1049h\u{1B}[?1000h").encodeWheel(up: true, lines: 1).isEmpty)
    }

    @Test func focusIsReportedWhenAsked() {
        #expect(terminal("").encodeFocus(true) == nil)
        #expect(text(terminal("\u{1B}[?1004h").encodeFocus(true)) == "\\e[I")
        #expect(text(terminal("\u{1B}[?1004h").encodeFocus(false)) == "\\e[O")
    }

    @Test func pastesAreBracketedWhenAskedAndCannotEndTheirBrackets() {
        let evil = "ls\r\npwd\n\u{1B}[201~rm\u{3}\té".utf8
        #expect(text(terminal("").encodePaste(evil)) == "ls\\rpwd\\r[201~rm\\x09\\xc3\\xa9")
        #expect(
            text(terminal("\u{1B}[?2004h").encodePaste(evil)) == "\\e[200~ls\\rpwd\\r[201~rm\\x09\\xc3\\xa9\\e[201~")
    }
}
