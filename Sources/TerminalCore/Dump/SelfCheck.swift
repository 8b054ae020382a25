// What must hold whatever a guest sends. The robustness tests and the fuzz target ask after every chunk; nothing else
// calls this.

extension Terminal {
    /// A sentence about the first broken invariant; nil when all is well.
    package func brokenInvariant() -> String? { core.brokenInvariant() }

    /// Entries of the side tables in use: clusters, extras (underline colour and link), links.
    package var sideTableCounts: (clusters: Int, extras: Int, links: Int) {
        (core.clusters.count, core.extras.count, core.linkTable.count)
    }
}

extension Emulator {
    func brokenInvariant() -> String? {
        if x < 0 || x >= columns || y < 0 || y >= rows { return "cursor \(y);\(x) is off the screen" }
        if top < 0 || top > bottom || bottom >= rows { return "margins \(top)…\(bottom) of \(rows) rows" }
        if left < 0 || left > right || right >= columns { return "margins \(left)…\(right) of \(columns) columns" }
        if grid.columns != columns || grid.rows != rows { return "the shown grid has another size" }
        if hidden.columns != columns || hidden.rows != rows { return "the hidden grid has another size" }
        if scrollback.count > scrollback.limit { return "more scrollback than allowed" }
        if replies.bytes.count > Replies.limit { return "more replies than allowed" }
        if parser.string.count > ParserState.stringLimit { return "a string beyond its limit" }
        return Emulator.brokenInvariant(of: grid, "shown") ?? Emulator.brokenInvariant(of: hidden, "hidden")
    }

    private static func brokenInvariant(of grid: borrowing Grid, _ name: String) -> String? {
        var seen: Set<UnsafeMutablePointer<Cell>> = []
        for row in 0..<grid.rows {
            let line = grid.lines[row]
            let place = "row \(row) of the \(name) grid"
            guard seen.insert(line.cells).inserted else { return "\(place) shares its cells with another" }
            let used = Int(line.used)
            if used < 0 || used > grid.columns { return "\(place) says that \(used) cells are used" }
            for column in 0..<grid.columns {
                let cell = line.cells[column]
                if column >= used, cell != Cell() { return "\(place) has something in column \(column), past its end" }
                if !line.flags.contains(.rich), cell.content > 0xFF { return "\(place) is richer than it says" }
                if !line.flags.contains(.styled), !cell.styleIsPlain { return "\(place) has more style than it says" }
                let isTail = cell.role == .tail
                let followsWide = column > 0 && line.cells[column - 1].role == .wide
                if isTail != followsWide { return "\(place) has half a wide character at column \(column)" }
                if cell.role == .wide, column == grid.columns - 1 {
                    return "\(place) has a wide character cut by the edge"
                }
            }
        }
        return nil
    }
}
