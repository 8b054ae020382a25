// The history of a pane as whole lines: what the terminal cut at its margin is joined again. Everything that reads text –
// moving by words, searching, copying – works on these lines and never sees where a row ended.

import TerminalCore

/// A place in the text: a line, and a cell of it.
package struct TextPlace: Hashable, Comparable, Sendable {
    package var line: Int
    package var offset: Int

    package init(line: Int, offset: Int) {
        self.line = line
        self.offset = offset
    }

    package static func < (a: Self, b: Self) -> Bool { (a.line, a.offset) < (b.line, b.offset) }
}

/// One line, unpacked.
package struct TextLine: Sendable {
    /// Its cells, the right halves of wide characters included; blanks at the end are cut.
    package let cells: [Cell]
    private let history: History

    init(cells: [Cell], history: History) {
        self.cells = cells
        self.history = history
    }

    package var count: Int { cells.count }

    package func scalars(at offset: Int) -> [Unicode.Scalar] { history.scalars(of: cells[offset]) }

    /// The character's first scalar; a space where nothing was printed.
    package func first(at offset: Int) -> Unicode.Scalar {
        cells[offset].scalar ?? history.scalars(of: cells[offset]).first ?? " "
    }

    package func isTail(_ offset: Int) -> Bool { offset < cells.count && cells[offset].role == .tail }

    /// The cell that the character at `offset` begins in.
    package func start(of offset: Int) -> Int {
        let offset = min(max(0, offset), max(0, cells.count - 1))
        return offset > 0 && isTail(offset) ? offset - 1 : offset
    }

    /// The text of some cells, without the blanks at its end when `isTrimmed`.
    package func text(_ range: Range<Int>, isTrimmed: Bool = false) -> String {
        var text = String.UnicodeScalarView()
        for offset in range.clamped(to: 0..<cells.count) where cells[offset].role != .tail {
            let scalars = scalars(at: offset)
            if scalars.isEmpty { text.append(" ") } else { text.append(contentsOf: scalars) }
        }
        if isTrimmed { while text.last == " " { text.removeLast() } }
        return String(text)
    }

    package var text: String { text(0..<cells.count, isTrimmed: true) }

    /// The text for a search, and for each scalar the cell that it is in.
    package var searchable: (scalars: [UInt32], offsets: [Int]) {
        var scalars: [UInt32] = []
        var offsets: [Int] = []
        scalars.reserveCapacity(cells.count)
        offsets.reserveCapacity(cells.count)
        for (offset, cell) in cells.enumerated() where cell.role != .tail {
            if let scalar = cell.scalar {
                scalars.append(scalar.value)
                offsets.append(offset)
            } else if cell.isCluster {
                for scalar in history.scalars(of: cell) {
                    scalars.append(scalar.value)
                    offsets.append(offset)
                }
            } else {
                scalars.append(0x20)
                offsets.append(offset)
            }
        }
        return (scalars, offsets)
    }

    /// Which cells the matches of a pattern cover.
    package func matches(_ matcher: PatternMatcher) -> [Range<Int>] {
        let (scalars, offsets) = searchable
        return matcher.matches(in: scalars).map { match in
            let end = match.upperBound < offsets.count ? offsets[match.upperBound] : cells.count
            // A match may end inside a cluster; the cell is shown whole.
            return offsets[match.lowerBound]..<max(end, offsets[match.lowerBound] + 1)
        }
    }
}

package final class HistoryText: Sendable {
    package let history: History
    /// The history's line that each of ours begins with, and one more for the end.
    private let starts: [Int]

    package init(_ history: History) {
        self.history = history
        var starts: [Int] = []
        var goesOn = false
        for line in 0..<history.count {
            if !goesOn { starts.append(line) }
            goesOn = history.isWrapped(line)
        }
        if starts.isEmpty { starts = [0] }
        self.starts = starts + [history.count]
    }

    package var count: Int { starts.count - 1 }
    package func stamp(_ line: Int) -> UInt64 { history.stamp(starts[line]) }
    /// All characters are one cell wide, so that rows can be counted without looking at them.
    package func isSimple(_ line: Int) -> Bool { (starts[line]..<starts[line + 1]).allSatisfy(history.isSimple) }

    /// Cells of a line, from its packed form if that says it.
    package func length(_ line: Int) -> Int {
        guard isSimple(line) else { return self.line(line).count }
        let last = starts[line + 1] - 1
        return (last - starts[line]) * history.columns + history.length(last)
    }

    package func line(_ line: Int) -> TextLine {
        let pieces = starts[line]..<starts[line + 1]
        if pieces.count == 1 { return TextLine(cells: history.cells(pieces.lowerBound), history: history) }
        var cells: [Cell] = []
        for piece in pieces {
            var part = history.cells(piece)
            if piece + 1 < pieces.upperBound, part.count < history.columns {
                part += Array(repeating: Cell(), count: history.columns - part.count)
            }
            if part.last?.role == .padding { part.removeLast() }
            cells += part
        }
        return TextLine(cells: cells, history: history)
    }

    /// The line and cell of a place on the terminal, whose lines count from the oldest of the scrollback.
    package func place(ofLine physical: Int, column: Int) -> TextPlace {
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= physical { low = middle } else { high = middle - 1 }
        }
        var offset = column
        for piece in starts[low]..<max(starts[low], min(physical, history.count)) {
            offset += history.columns - (history.cells(piece).last?.role == .padding ? 1 : 0)
        }
        return TextPlace(line: low, offset: offset)
    }

    /// The line that holds the one with this number (see `Terminal.lineNumbers`), or the nearest there is.
    package func line(withNumber number: Int) -> Int {
        place(ofLine: min(max(0, number - history.firstNumber), max(0, history.count - 1)), column: 0).line
    }
}
