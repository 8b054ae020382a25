// A pane's text for those who read it rather than paint it: copy mode, the timeline, the gutter of time stamps.

import Synchronization
import TerminalCore

extension PaneScreen {
    /// All text as it is now; the guest waits for about a millisecond.
    package func history() -> History { locked { $0.history() } }

    package func clearHistory() { locked { $0.clearScrollback() } }

    /// A paste as the guest wants it: bracketed or not, without anything that could press keys.
    package func encodePaste(_ text: [UInt8]) -> [UInt8] { locked { $0.encodePaste(text) } }

    package var isOnAlternateScreen: Bool { locked { $0.modes.contains(.alternateScreen) } }

    /// A life of the guest begins, and with it the time since boot.
    package func noteBoot(at time: UInt64 = steadyNanoseconds()) {
        boots.withLock { boots in
            // A guest that is started over and over keeps its latest lives.
            if boots.count == 100 { boots.removeFirst() }
            boots.append(time)
        }
    }

    /// The beginning of the life in which `stamp` lies; the first one's for what came before.
    package func boot(before stamp: UInt64) -> UInt64? {
        boots.withLock { boots in boots.last { $0 <= stamp } ?? boots.first }
    }

    /// Stamps of the rows that `paint` shows in `rows` rows with the last `reserved` left out: 0 for rows that go on with the
    /// text of the row above, and for empty ones.
    package func stamps(rows: Int, reserved: Int) -> [UInt64] {
        locked { terminal in
            let shown = max(0, min(rows, terminal.rows) - reserved)
            let shift = reserved == 0 ? 0 : max(0, Self.usedRows(terminal) - shown)
            return (0..<shown).map { target in
                let row = target + shift
                guard row < terminal.rows else { return 0 }
                return row > 0 && terminal.isWrapped(row - 1) ? 0 : terminal.stamp(row)
            }
        }
    }
}

// MARK: For the timeline

extension PaneScreen {
    /// What has changed about the lines of a pane since somebody looked.
    struct News: Sendable {
        /// The terminal's clock when it was last fed: the same again means that nothing is new.
        var clock: UInt64
        var renumberings: Int
        /// The oldest line that is still known.
        var first: Int
        /// The first line that may still change.
        var open: Int
        /// The number of `heads[0]`.
        var start: Int
        var heads: [LineHead]
    }

    /// The heads of all lines from number `from` on, or of all there are if the numbers are not those of `renumberings`.
    func news(from: Int, renumberings: Int, since clock: UInt64) -> News? {
        locked { terminal in
            if terminal.clock == clock && terminal.renumberings == renumberings { return nil }
            let numbers = terminal.lineNumbers
            let isSame = terminal.renumberings == renumberings
            let start = isSame ? min(max(from, numbers.lowerBound), numbers.upperBound) : numbers.lowerBound
            return News(
                clock: terminal.clock, renumberings: terminal.renumberings, first: numbers.lowerBound,
                open: terminal.firstOpenLine, start: start,
                heads: (start..<numbers.upperBound).compactMap { terminal.head(ofLine: $0) })
        }
    }

    /// The texts of whole lines that begin with these numbers; empty for those that are forgotten.
    func texts(ofLines numbers: [Int], renumberings: Int) -> [String] {
        locked { terminal in
            guard terminal.renumberings == renumberings else { return numbers.map { _ in "" } }
            return numbers.map { number in
                var text = terminal.text(ofLine: number) ?? ""
                var at = number
                // A guest that never ends its line has one of a million characters; nobody reads that far.
                while text.utf8.count < 65_536, terminal.head(ofLine: at)?.isWrapped == true {
                    at += 1
                    guard let more = terminal.text(ofLine: at) else { break }
                    text += more
                }
                return text
            }
        }
    }
}
