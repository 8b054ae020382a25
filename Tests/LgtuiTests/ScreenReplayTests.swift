// A screen, told to another terminal, is the same screen.

import TerminalCore
import Testing
import lgtui

@Suite struct ScreenReplayTests {
    private func cells(_ terminal: Terminal) -> [String] {
        (0..<terminal.rows).flatMap { row in
            terminal.row(row).map { cell in
                // An erased cell and a blank one look the same.
                let scalars = terminal.scalars(of: cell).map { String($0) }.joined()
                return "\(scalars.isEmpty ? " " : scalars) \(cell.width) \(cell.foreground.rawValue) "
                    + "\(cell.background.rawValue) \(cell.attributes.rawValue)"
            }
        }
    }

    @Test(arguments: [
        "", "plain text\r\nand more", "\u{1b}[1;31mred\u{1b}[0;4:3;48;2;1;2;3m curly \u{1b}[m 犬🐶 e\u{301}\u{1b}[3;5Hx",
        "\u{1b}[?1049h\u{1b}[?25lfull\u{1b}[44m\u{1b}[K\u{1b}[20;78H\u{1b}[7mend",
        "\u{1b}[10;79Hab\u{1b}[2;1H\u{1b}[9;53mo",
    ])
    func theCopyHasTheSameCells(text: String) {
        let terminal = Terminal(columns: 80, rows: 24)
        terminal.feed(text)
        let copy = Terminal(columns: 80, rows: 24)
        copy.feed(ScreenReplay.bytes(terminal))
        #expect(cells(copy) == cells(terminal))
        #expect(copy.cursor.row == terminal.cursor.row && copy.cursor.column == terminal.cursor.column)
        #expect(copy.cursor.isVisible == terminal.cursor.isVisible)
        #expect(copy.modes.contains(.alternateScreen) == terminal.modes.contains(.alternateScreen))
    }
}
