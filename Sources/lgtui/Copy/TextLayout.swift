// Where the lines of a text are cut to fit a width. The view has a width of its own (a pane may be resized, or have a gutter
// now that it had not), so a frozen history is laid out anew whenever that changes, and nothing in it moves.

package struct TextLayout: Sendable {
    package let text: HistoryText
    package let columns: Int
    /// Rows before each line, and one more for all of them.
    private let rowsBefore: [Int]

    package init(_ text: HistoryText, columns: Int) {
        self.text = text
        let columns = max(1, columns)
        self.columns = columns
        var rowsBefore: [Int] = [0]
        rowsBefore.reserveCapacity(text.count + 1)
        var sum = 0
        for line in 0..<text.count {
            sum +=
                text.isSimple(line)
                ? max(1, (text.length(line) + columns - 1) / columns)
                : Self.cuts(text.line(line), columns).count
            rowsBefore.append(sum)
        }
        self.rowsBefore = rowsBefore
    }

    package var rows: Int { rowsBefore[rowsBefore.count - 1] }

    /// The cells at which the rows of a line begin: every `columns`, one earlier where a wide character would be cut.
    private static func cuts(_ line: TextLine, _ columns: Int) -> [Int] {
        var cuts = [0]
        var start = 0
        while line.count - start > columns {
            start += columns > 1 && line.isTail(start + columns) ? columns - 1 : columns
            cuts.append(start)
        }
        return cuts
    }

    private func cuts(_ line: Int) -> [Int] {
        text.isSimple(line)
            ? (0..<(rowsBefore[line + 1] - rowsBefore[line])).map { $0 * columns }
            : Self.cuts(text.line(line), columns)
    }

    /// The line that a row belongs to, and its cells in that row; the last row of a line is open to the right.
    package func cells(ofRow row: Int) -> (line: Int, cells: Range<Int>) {
        var (low, high) = (0, text.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if rowsBefore[middle] <= row { low = middle } else { high = middle - 1 }
        }
        let cuts = cuts(low)
        let index = min(max(0, row - rowsBefore[low]), cuts.count - 1)
        let start = cuts[index]
        return (low, start..<(index + 1 < cuts.count ? cuts[index + 1] : start + columns))
    }

    /// The row that a place is in, and the column in it.
    package func position(of place: TextPlace) -> (row: Int, column: Int) {
        let line = min(max(0, place.line), text.count - 1)
        let cuts = cuts(line)
        let index = (cuts.lastIndex { $0 <= place.offset } ?? 0)
        return (rowsBefore[line] + index, min(place.offset - cuts[index], columns - 1))
    }

    /// The place under a row and column, which may be right of the text.
    package func place(row: Int, column: Int) -> TextPlace {
        let (line, cells) = cells(ofRow: min(max(0, row), rows - 1))
        return TextPlace(line: line, offset: min(cells.lowerBound + max(0, column), cells.upperBound - 1))
    }
}
