// The shortest way through the module, so that a broken build says so at once.

import TerminalCore
import Testing

@Suite struct SmokeTests {
    @Test func textColourAndScrollbackArriveWhereTheyShould() {
        let terminal = Terminal(columns: 10, rows: 2, scrollback: 10)
        terminal.feed("one\r\n\u{1B}[31mtwo\r\nthree")
        #expect(ScreenText.plain(terminal) == "two\nthree\n")
        #expect(terminal.row(0)[0].foreground == .palette(1))
        #expect(terminal.scrollbackCount == 1)
        #expect(ScreenText.line(terminal.scrollbackRow(0), of: terminal) == "one")
    }
}
