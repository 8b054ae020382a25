// How many tiles of the overview lie side by side and how large they are: all guests if they fit in a size that can still
// be read, else as many as do, and the rest is scrolled to.

package struct OverviewGrid: Equatable, Sendable {
    package let columns: Int
    /// Rows of tiles that are on the screen at once.
    package let rows: Int
    private let tile: Size
    private let area: Rect

    /// The least that shows something: a line of text and one of sparklines.
    package static let smallest = Size(columns: 18, rows: 3)
    /// More than this only spreads a few guests over a wide screen.
    private static let largest = Size(columns: 60, rows: 16)

    /// The grid for `count` tiles in `area`, whose outer lines lie just outside of it.
    package init(count: Int, in area: Rect) {
        self.area = area
        let least = Self.smallest
        let most = (
            columns: max(1, (area.columns + 1) / (least.columns + 1)), rows: max(1, (area.rows + 1) / (least.rows + 1))
        )
        let count = max(1, count)
        // The fewest columns with which all tiles fit are those with the widest tiles.
        var columns = min(count, most.columns)
        for candidate in 1...most.columns where (count + candidate - 1) / candidate <= most.rows {
            let width = (area.columns - (candidate - 1)) / candidate
            if width <= Self.largest.columns || candidate == most.columns {
                columns = min(count, candidate)
                break
            }
        }
        self.columns = columns
        let needed = (count + columns - 1) / columns
        rows = min(needed, most.rows)
        tile = Size(
            columns: min(Self.largest.columns, (area.columns - (columns - 1)) / columns),
            rows: min(Self.largest.rows, (area.rows - (rows - 1)) / rows))
    }

    /// The inside of a tile, counted from the first on the screen.
    package func rect(of index: Int) -> Rect {
        Rect(
            column: area.column + index % columns * (tile.columns + 1),
            row: area.row + index / columns * (tile.rows + 1), columns: tile.columns, rows: tile.rows)
    }

    /// The tile at a cell; its title belongs to it.
    package func tile(column: Int, row: Int) -> Int? {
        (0..<columns * rows).first { index in
            let rect = rect(of: index)
            return column >= rect.column && column < rect.endColumn && row >= rect.row - 1 && row < rect.endRow
        }
    }
}
