// Stamps of lines, their numbers, and frozen copies of them.

import TerminalCore
import Testing

@Suite struct HistoryTests {
    /// A terminal of 10 × 4 that was fed each text at its time.
    private func terminal(_ texts: [(UInt64, String)], scrollback: Int = 100) -> Terminal {
        let terminal = Terminal(columns: 10, rows: 4, scrollback: scrollback)
        for (time, text) in texts {
            terminal.clock = time
            terminal.feed(text)
        }
        return terminal
    }

    private func text(_ history: History, _ line: Int) -> String {
        history.cells(line).map { history.scalars(of: $0).reduce(into: "") { $0.unicodeScalars.append($1) } }.joined()
    }

    @Test func aLineIsStampedByItsFirstCharacter() {
        let terminal = terminal([(1, "a\r\n"), (5, "b"), (9, "c\r\n\r\n"), (12, "d")])
        #expect((0..<4).map(terminal.stamp) == [1, 5, 9, 12])
        terminal.clock = 20
        terminal.feed("\u{1b}[1;5Hlate\u{1b}[2J")
        #expect((0..<4).map(terminal.stamp) == [0, 0, 0, 0])
    }

    @Test func stampsGoWithTheirLinesIntoTheScrollbackAndThroughOtherWidths() {
        let terminal = terminal((1...20).map { ($0, "line \($0) and more\r\n") })
        terminal.resize(columns: 7, rows: 6)
        terminal.resize(columns: 30, rows: 3)
        let history = terminal.history()
        for line in 0..<20 {
            #expect(history.stamp(line) == UInt64(line + 1))
            #expect(text(history, line) == "line \(line + 1) and more")
        }
    }

    @Test func aHistoryDoesNotChangeWhenTheTerminalDoes() {
        let terminal = terminal([(1, "one\r\ne\u{301}x 犬\r\n"), (2, String(repeating: "w", count: 25))])
        let history = terminal.history()
        #expect(history.count == 5 && history.rows == 4 && history.cursor == (4, 5))
        terminal.feed("\u{1b}[3J\u{1b}[2J\u{1b}c" + String(repeating: "z\u{308}\r\n", count: 500))
        #expect(text(history, 0) == "one")
        #expect(text(history, 1) == "e\u{301}x 犬")
        #expect(history.isWrapped(2) && history.isWrapped(3) && !history.isWrapped(4))
        #expect(text(history, 4) == "wwwww")
        #expect(history.isSimple(0) && !history.isSimple(1))
    }

    @Test func stylesAreKept() {
        let terminal = terminal([(1, "\u{1b}[1;31mred\u{1b}[0m \u{1b}[44mblue\r\n")])
        let cells = terminal.history().cells(0)
        #expect(cells[0].foreground == .palette(1) && cells[0].attributes.contains(.bold))
        #expect(cells[3] == Cell(content: 0x20))
        #expect(cells[4].background == .palette(4))
    }

    @Test func numbersStayWhenOldLinesAreForgotten() {
        let terminal = terminal((1...50).map { ($0, "n\($0)\r\n") }, scrollback: 10)
        let numbers = terminal.lineNumbers
        #expect(numbers == 37..<51)
        #expect(terminal.text(ofLine: 40) == "n41")
        let head = terminal.head(ofLine: 40)
        #expect(head?.stamp == 41 && head?.isWrapped == false && head?.isEmpty == false)
        #expect(terminal.head(ofLine: 36) == nil && terminal.text(ofLine: 51) == nil)
        #expect(terminal.history().firstNumber == 37)
        terminal.resize(columns: 10, rows: 2)
        #expect(terminal.text(ofLine: 40) == nil || terminal.text(ofLine: 40) == "n41")
        #expect(terminal.text(ofLine: 48) == "n49")
        #expect(terminal.renumberings == 0)
        terminal.resize(columns: 20, rows: 2)
        #expect(terminal.renumberings == 1)
        terminal.clearScrollback()
        #expect(terminal.lineNumbers.count == 2)
    }

    @Test func onTheAlternateScreenOnlyTheScrollbackCounts() {
        let terminal = terminal((1...10).map { ($0, "n\($0)\r\n") })
        let before = terminal.lineNumbers
        terminal.feed("\u{1b}[?1049hpainted")
        #expect(terminal.lineNumbers == before.lowerBound..<(before.upperBound - 4))
    }
}
