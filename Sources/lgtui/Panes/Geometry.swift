// Rectangles of character cells. Every size may be zero (terminals can be silly) and nothing here traps on it.

package struct Size: Hashable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }
}

/// A rectangle of cells; columns and rows count from 0.
package struct Rect: Hashable, Sendable {
    package var column: Int
    package var row: Int
    package var columns: Int
    package var rows: Int

    package init(column: Int, row: Int, columns: Int, rows: Int) {
        self.column = column
        self.row = row
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    package var size: Size { Size(columns: columns, rows: rows) }
    /// One past the last column.
    package var endColumn: Int { column + columns }
    /// One past the last row.
    package var endRow: Int { row + rows }
    package var isEmpty: Bool { columns == 0 || rows == 0 }

    /// The part inside a screen of `size`.
    package func clipped(to size: Size) -> Rect {
        let left = min(max(0, column), size.columns)
        let top = min(max(0, row), size.rows)
        let right = max(left, min(endColumn, size.columns))
        let bottom = max(top, min(endRow, size.rows))
        return Rect(column: left, row: top, columns: right - left, rows: bottom - top)
    }

    package func contains(column: Int, row: Int) -> Bool {
        column >= self.column && column < endColumn && row >= self.row && row < endRow
    }

    /// Whether the cell is on the line just outside.
    package func touches(column: Int, row: Int) -> Bool {
        column >= self.column - 1 && column <= endColumn && row >= self.row - 1 && row <= endRow
            && !contains(column: column, row: row)
    }

    /// How much of one edge two rectangles share, counted along the other axis.
    package func overlap(withColumnsOf other: Rect) -> Int {
        max(0, min(endColumn, other.endColumn) - max(column, other.column))
    }

    package func overlap(withRowsOf other: Rect) -> Int { max(0, min(endRow, other.endRow) - max(row, other.row)) }
}
