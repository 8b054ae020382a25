// Spot checks of the generated table: the classes that decide how a line is laid out.

import TerminalCore
import Testing

@Suite struct WidthTests {
    /// Columns that the cursor moves when `text` is printed alone.
    private func columns(_ text: String) -> Int {
        let terminal = Terminal(columns: 40, rows: 1, scrollback: 0)
        terminal.feed(text)
        return terminal.cursor.column
    }

    @Test(arguments: ["a", "é", "€", "─", "█", "ｱ", "±", "Ж", "א", "\u{AD}", "\u{A0}", "☎", "♥", "①", "\u{FFFD}"])
    func isNarrow(_ text: String) { #expect(columns(text) == 1) }

    @Test(arguments: ["漢", "あ", "한", "Ａ", "😀", "🐶", "\u{3000}", "⌚", "🀄", "\u{20000}", "\u{1FAE9}", "🇩", "🏽", "￥"])
    func isWide(_ text: String) { #expect(columns(text) == 2) }

    @Test(arguments: [
        "e\u{301}", "漢\u{301}", "❤\u{FE0F}", "👩\u{200D}💻", "👍🏽", "🇩🇪", "1\u{FE0F}\u{20E3}", "\u{1112}\u{1161}\u{11AB}",
        "🏳\u{FE0F}\u{200D}🌈", "👨\u{200D}👩\u{200D}👧\u{200D}👦",
    ])
    func isOneCharacter(_ text: String) {
        let terminal = Terminal(columns: 40, rows: 1, scrollback: 0)
        terminal.feed(text)
        #expect(terminal.scalars(of: terminal.row(0)[0]) == Array(text.unicodeScalars))
        #expect(terminal.cursor.column == (text.unicodeScalars.first == "e" ? 1 : 2))
    }

    @Test func theTableNamesItsVersion() { #expect(Terminal.unicodeVersion == "17.0.0") }
}
