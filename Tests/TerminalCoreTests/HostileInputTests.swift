// Guests may send anything. Nothing they send may trap, break an invariant, or make the terminal grow without end.

import TerminalCore
import Testing

@Suite struct HostileInputTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func randomBytesBreakNothing(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let terminal = Terminal(columns: 37, rows: 11, scrollback: 50)
        for round in 0..<400 {
            // Bytes that start sequences are rare in noise, so half of the chunks have more of them.
            let chunk = (0..<512).map { _ -> UInt8 in
                round % 2 == 0 || UInt8.random(in: 0...7, using: &random) > 0
                    ? .random(in: 0...255, using: &random) : 0x1B
            }
            terminal.feed(chunk)
            if let broken = terminal.brokenInvariant() {
                Issue.record("\(broken), seed \(seed), round \(round)")
                return
            }
        }
    }

    @Test(arguments: 1...16 as ClosedRange<UInt64>)
    func randomSequencesAndSizesBreakNothing(seed: UInt64) {
        var generator = SequenceGenerator(random: SplitMix(seed: seed))
        let terminal = Terminal(columns: 20, rows: 6, scrollback: 30)
        for round in 0..<4000 {
            if Int.random(in: 0..<50, using: &generator.random) == 0 {
                terminal.resize(
                    columns: .random(in: 1...30, using: &generator.random),
                    rows: .random(in: 1...12, using: &generator.random))
            }
            let text = generator.next()
            terminal.feed(text)
            if let broken = terminal.brokenInvariant() {
                Issue.record("\(broken), seed \(seed), round \(round), after \(ScreenText.escaped(Array(text.utf8)))")
                return
            }
        }
    }

    @Test func absurdSizesAreClamped() {
        let terminal = Terminal(columns: .max, rows: 0, scrollback: .min)
        #expect(terminal.columns == 4096 && terminal.rows == 1)
        terminal.resize(columns: .min, rows: 3)
        #expect(terminal.columns == 1 && terminal.rows == 3)
        terminal.feed("abcdef漢字")
        #expect(terminal.brokenInvariant() == nil)
    }

    @Test func unreadRepliesStopAtTheirLimit() {
        let terminal = Terminal(columns: 10, rows: 2, scrollback: 0)
        for _ in 0..<100 { terminal.feed(String(repeating: "\u{1B}[c", count: 1000)) }
        #expect(terminal.takeReplies().count <= 1 << 16)
        #expect(!terminal.hasReplies)
        terminal.feed("\u{1B}[5n")
        #expect(terminal.takeReplies() == Array("\u{1B}[0n".utf8))
    }

    @Test func endlessStringsAndParametersAreForgotten() {
        let terminal = Terminal(columns: 10, rows: 2, scrollback: 0)
        for introducer in ["\u{1B}]2;", "\u{1B}P$q", "\u{1B}_", "\u{1B}["] {
            terminal.feed(introducer)
            for _ in 0..<200 { terminal.feed(String(repeating: "7;", count: 5000)) }
            terminal.feed("\u{1B}\\")
        }
        terminal.feed("ok")
        #expect(ScreenText.plain(terminal) == "ok\n\n")
        #expect(terminal.title.isEmpty)
    }

    @Test func clustersBeyondTheTableAreSweptAway() {
        let terminal = Terminal(columns: 40, rows: 4, scrollback: 10)
        var text = ""
        for base in 0x4E00...0x4FFF as ClosedRange<UInt32> {
            for mark in 0x300...0x36F as ClosedRange<UInt32> {
                guard let base = Unicode.Scalar(base), let mark = Unicode.Scalar(mark) else { continue }
                text.unicodeScalars.append(base)
                text.unicodeScalars.append(mark)
            }
            terminal.feed(text)
            text = ""
        }
        #expect(terminal.sideTableCounts.clusters <= 1 << 16)
        // 57,344 were fed: enough for a sweep only together with the second round.
        for _ in 0..<2 {
            for base in 0x5000...0x51FF as ClosedRange<UInt32> {
                for mark in 0x300...0x36F as ClosedRange<UInt32> {
                    guard let base = Unicode.Scalar(base), let mark = Unicode.Scalar(mark) else { continue }
                    text.unicodeScalars.append(base)
                    text.unicodeScalars.append(mark)
                }
                terminal.feed(text)
                text = ""
            }
        }
        terminal.feed("\r\ne\u{301}!")
        #expect(terminal.sideTableCounts.clusters < 1 << 16)
        #expect(ScreenText.plain(terminal).hasSuffix("e\u{301}!\n"))
        #expect(terminal.brokenInvariant() == nil)
    }

    @Test func linksBeyondTheTableAreSweptAway() {
        let terminal = Terminal(columns: 10, rows: 2, scrollback: 5)
        for number in 0..<20_000 { terminal.feed("\u{1B}]8;;http://h/\(number)\u{1B}\\x\r\n\u{1B}]8;;\u{1B}\\") }
        #expect(terminal.sideTableCounts.links <= 4096)
        #expect(terminal.hyperlink(of: terminal.row(0)[0])?.uri == "http://h/19999")
    }

    @Test func scrollbackStaysWithinItsMemory() {
        // The worst case: every cell in a style of its own.
        let terminal = Terminal(columns: 80, rows: 24, scrollback: 10_000)
        var line = ""
        for row in 0..<10_100 {
            line = ""
            for column in 0..<80 { line += "\u{1B}[38;2;\(row % 256);\(column);\((row + column) % 256)mx" }
            terminal.feed(line)
        }
        #expect(terminal.scrollbackCount == 10_000)
        #expect(terminal.scrollbackBytes <= 14_000_000)
        let blank = Terminal(columns: 80, rows: 24, scrollback: 10_000)
        blank.feed(String(repeating: "\n", count: 20_000))
        #expect(blank.scrollbackCount == 10_000)
        #expect(blank.scrollbackBytes <= 400_000)
    }

    @Test func aThousandNewSizesWhileFlooded() {
        let terminal = Terminal(columns: 80, rows: 24, scrollback: 1000)
        var random = SplitMix(seed: 7)
        for number in 0..<1000 {
            terminal.feed("line \(number) of some text that is long enough to be wrapped now and then 漢字\r\n")
            terminal.resize(columns: .random(in: 1...120, using: &random), rows: .random(in: 1...50, using: &random))
        }
        #expect(terminal.brokenInvariant() == nil)
        terminal.resize(columns: 100, rows: 3)
        #expect(ScreenText.plain(terminal).contains("line 999 of some text"))
        #expect(terminal.scrollbackBytes < 2_000_000)
    }

    @Test func twentyMegabytesInAllFormsLeaveScreenAndMemorySound() {
        let terminal = Terminal(columns: 80, rows: 24, scrollback: 10_000)
        let parts = [
            String(repeating: "y\n", count: 1000),
            String(repeating: "plain text of a flood, line after line\r\n", count: 50),
            String(repeating: "\u{1B}[1;31mred\u{1B}[0m \u{1B}[48;5;99mviolet\u{1B}[m\r\n", count: 50),
            String(repeating: "漢字と e\u{301} 👩‍💻\n", count: 50), "\u{1B}[?1049h\u{1B}[2J\u{1B}[5;9Hover\u{1B}[?1049l",
            String(repeating: "\u{1B}[38;2;1;2;3mx", count: 160),
        ].map { Array($0.utf8) }
        var fed = 0
        while fed < 20 << 20 {
            for part in parts {
                part.withUnsafeBytes { terminal.feed($0) }
                fed += part.count
            }
        }
        #expect(terminal.brokenInvariant() == nil)
        #expect(terminal.scrollbackCount == 10_000)
        #expect(terminal.scrollbackBytes <= 14_000_000)
        terminal.feed("\u{1B}[m\u{1B}[2J\u{1B}[Hthe end")
        #expect(ScreenText.line(terminal.row(0), of: terminal) == "the end")
    }

    @Test func theCursorKeepsTheShapeItWasGivenAndForgetsItWithAReset() {
        let terminal = Terminal(columns: 10, rows: 2)
        #expect(terminal.cursor.style == 0)
        terminal.feed("\u{1B}[5 q")
        #expect(terminal.cursor.style == 5 && terminal.cursor.shape == .bar && terminal.cursor.blinks)
        terminal.feed("\u{1B}[7 q")
        #expect(terminal.cursor.style == 5)
        terminal.feed("\u{1B}c")
        #expect(terminal.cursor.style == 0)
    }
}
