// The UI draws only rows that are named here: one too few is a wrong screen, one too many is wasted work.

import TerminalCore
import Testing

@Suite struct DamageTests {
    private func dirty(_ terminal: Terminal) -> [Int] {
        var rows: [Int] = []
        terminal.takeDamage { rows.append($0) }
        return rows
    }

    private func terminal() -> Terminal {
        let terminal = Terminal(columns: 10, rows: 5, scrollback: 10)
        terminal.feed("a\r\nb\r\nc\r\nd\r\ne")
        terminal.takeDamage { _ in }
        return terminal
    }

    @Test func aNewTerminalIsAllDirtyOnce() {
        let terminal = Terminal(columns: 10, rows: 3, scrollback: 0)
        #expect(terminal.isDamaged)
        #expect(dirty(terminal) == [0, 1, 2])
        #expect(!terminal.isDamaged)
        #expect(dirty(terminal).isEmpty)
    }

    @Test func printingNamesItsRow() {
        let terminal = terminal()
        terminal.feed("\u{1B}[2;3Hx")
        #expect(dirty(terminal) == [1])
    }

    @Test func scrollingNamesTheRegion() {
        let terminal = terminal()
        terminal.feed("\u{1B}[2;4r\u{1B}[4;1H\n")
        #expect(dirty(terminal) == [1, 2, 3])
    }

    @Test func movingTheCursorNamesNoRowButIsDamage() {
        let terminal = terminal()
        terminal.feed("\u{1B}[3;3H")
        #expect(terminal.isDamaged)
        #expect(dirty(terminal).isEmpty)
    }

    @Test func switchingScreensNamesEveryRow() {
        let terminal = terminal()
        terminal.feed("\u{1B}[?47h")
        #expect(dirty(terminal) == [0, 1, 2, 3, 4])
    }

    /// Whatever is fed: rows that are not named look as before.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func rowsThatAreNotNamedHaveNotChanged(seed: UInt64) {
        var generator = SequenceGenerator(random: SplitMix(seed: seed))
        let terminal = Terminal(columns: 16, rows: 6, scrollback: 10)
        terminal.takeDamage { _ in }
        var before = (0..<6).map { Array(terminal.row($0)) }
        for round in 0..<3000 {
            let text = generator.next()
            terminal.feed(text)
            let named = Set(dirty(terminal))
            let after = (0..<6).map { Array(terminal.row($0)) }
            for row in 0..<6 where before[row] != after[row] && !named.contains(row) {
                Issue.record("row \(row), seed \(seed), round \(round), \(ScreenText.escaped(Array(text.utf8)))")
                return
            }
            before = after
        }
    }
}
