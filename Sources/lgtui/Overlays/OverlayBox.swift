// The box that overlays are drawn in: lines around, a title above, clear inside.

package enum OverlayBox {
    /// A box with `content` inside, in the middle of the screen or in its upper part; as large as the screen allows.
    package static func place(_ content: Size, on screen: Size, atTop: Bool = false) -> Rect {
        let columns = min(screen.columns, content.columns + 4)
        let rows = min(screen.rows, content.rows + 2)
        let spare = screen.rows - rows
        return Rect(
            column: (screen.columns - columns) / 2, row: atTop ? min(2, spare) : spare / 2, columns: columns, rows: rows
        )
    }

    /// Paints the empty box and returns its inside; nil when nothing fits in.
    package static func paint(_ box: Rect, title: String, _ stage: Stage, on canvas: inout Canvas) -> Rect? {
        guard box.columns > 4, box.rows > 2 else { return nil }
        canvas.fill(box, with: CanvasCell(style: stage.theme.help))
        var grid = BorderGrid(size: canvas.size)
        grid.box(
            around: Rect(column: box.column + 1, row: box.row + 1, columns: box.columns - 2, rows: box.rows - 2), .light
        )
        for row in box.row..<box.endRow {
            for column in box.column..<box.endColumn {
                if let (scalar, _) = grid.character(column: column, row: row, set: stage.borders) {
                    canvas[column, row] = CanvasCell(scalar, style: stage.theme.help)
                }
            }
        }
        canvas.write(
            truncated(" \(title) ", to: box.columns - 4), column: box.column + 2, row: box.row,
            limit: box.endColumn - 1, style: stage.theme.helpTitle)
        return Rect(column: box.column + 2, row: box.row + 1, columns: box.columns - 4, rows: box.rows - 2)
    }
}
