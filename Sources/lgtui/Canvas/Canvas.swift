// The screen as it should be, in plain memory. Everything is drawn here first: panes, lines, bars, pages. Curses then
// copies the rows that differ. So all of the looks can be tested without a terminal, and curses stays in one folder.

/// One character cell.
import TerminalCore

package struct CanvasCell: Hashable, Sendable {
    /// The character; a space when nothing is shown.
    package var scalar: Unicode.Scalar
    /// Combining characters on top of it, zero-filled.
    package var marks: SIMD4<UInt32>
    package var style: Style
    /// Columns that the character takes: 1, 2, or 0 for the right half of the wide one before.
    package var width: UInt8

    package init(_ scalar: Unicode.Scalar = " ", style: Style = .plain, width: UInt8 = 1, marks: SIMD4<UInt32> = .zero)
    {
        self.scalar = scalar
        self.style = style
        self.width = width
        self.marks = marks
    }

    package static let blank = CanvasCell()
}

/// A grid of cells that knows which of its rows were touched.
package struct Canvas: Sendable {
    package private(set) var size: Size
    private var cells: [CanvasCell]
    /// The columns of each row that differ from what was last taken; empty when none do.
    private var dirty: [Range<Int>]

    package init(size: Size) {
        self.size = size
        cells = Array(repeating: .blank, count: size.columns * size.rows)
        dirty = Array(repeating: 0..<size.columns, count: size.rows)
    }

    package subscript(column: Int, row: Int) -> CanvasCell {
        get {
            guard column >= 0, column < size.columns, row >= 0, row < size.rows else { return .blank }
            return cells[row * size.columns + column]
        }
        set {
            guard column >= 0, column < size.columns, row >= 0, row < size.rows else { return }
            let index = row * size.columns + column
            if cells[index] == newValue { return }
            cells[index] = newValue
            let range = dirty[row]
            dirty[row] =
                range.isEmpty
                ? column..<column + 1 : min(range.lowerBound, column)..<max(range.upperBound, column + 1)
        }
    }

    /// The cells of a row.
    package func row(_ row: Int) -> ArraySlice<CanvasCell> {
        cells[row * size.columns..<(row + 1) * size.columns]
    }

    /// Calls `body` with every row that changed since the last call, and the columns that did.
    package mutating func takeDirtyRows(_ body: (Int, Range<Int>, ArraySlice<CanvasCell>) -> Void) {
        for row in 0..<size.rows where !dirty[row].isEmpty {
            body(row, dirty[row], self.row(row))
            dirty[row] = 0..<0
        }
    }

    /// Makes every cell count as changed, as after the terminal was resized or came back from a suspension.
    package mutating func touch() {
        for row in 0..<size.rows { dirty[row] = 0..<size.columns }
    }

    package mutating func fill(_ rect: Rect, with cell: CanvasCell = .blank) {
        let rect = rect.clipped(to: size)
        for row in rect.row..<rect.endRow {
            for column in rect.column..<rect.endColumn { self[column, row] = cell }
        }
    }

    /// Writes `text` from `column` on, at most up to `limit` (exclusive), and returns the column after it. Characters
    /// that would stick out, wide ones included, are left out.
    @discardableResult
    package mutating func write(
        _ text: String, column: Int, row: Int, limit: Int, style: Style
    ) -> Int {
        var at = column
        for character in text {
            guard let first = character.unicodeScalars.first else { continue }
            let width = columnWidth(of: first)
            if width == 0 { continue }
            if at + width > limit { break }
            var marks = SIMD4<UInt32>.zero
            for (i, mark) in character.unicodeScalars.dropFirst().prefix(4).enumerated() { marks[i] = mark.value }
            self[at, row] = CanvasCell(first, style: style, width: UInt8(width), marks: marks)
            if width == 2 { self[at + 1, row] = CanvasCell(" ", style: style, width: 0) }
            at += width
        }
        return at
    }

    /// The text of a row, for tests and debugging.
    package func text(row: Int) -> String {
        var result = ""
        for cell in self.row(row) where cell.width > 0 {
            result.unicodeScalars.append(cell.scalar)
            for i in 0..<4 {
                if let mark = Unicode.Scalar(cell.marks[i]), mark.value != 0 { result.unicodeScalars.append(mark) }
            }
        }
        return result
    }
}
