// A new size. Lines that the margin cut are joined and cut anew, in both directions; the cursor stays on its character,
// and lines cross between the screen and the scrollback so that as much as possible stays in sight.

/// Cuts a stream of cells into lines of a new width and pushes them.
private struct Rewrapper: ~Copyable {
    let width: Int
    var target: Scrollback
    // SAFETY: the caller of `init` owns `width` cells for as long as this value lives; `column` never passes `width`.
    private let cells: UnsafeMutablePointer<Cell>
    private(set) var column = 0
    /// Lines pushed so far, counted on even when the target forgets the oldest.
    private(set) var line = 0
    var flags: Line.Flags = []
    var attribute = LineAttribute.normal
    /// When the logical line began; all its pieces say so.
    var stamp: UInt64 = 0

    /// `cells`: room for `width` blank cells, which stays the caller's.
    init(width: Int, cells: UnsafeMutablePointer<Cell>, target: consuming Scrollback) {
        self.width = width
        self.cells = cells
        self.target = target
    }

    consuming func finish() -> Scrollback { target }

    /// Takes the next cell of the logical line; returns where it went.
    mutating func append(_ cell: Cell) -> (line: Int, column: Int) {
        var cell = cell
        if cell.role == .wide, width < 2 { cell.content = 0x20 }
        if column == width { emit(wrapped: true) }
        if cell.role == .wide, column == width - 1, width >= 2 {
            cells[column] = Cell(content: Cell.paddingRole)
            column += 1
            flags.insert(.rich)
            emit(wrapped: true)
        }
        cells[column] = cell
        column += 1
        return (line, column - 1)
    }

    /// Ends the logical line.
    mutating func end() {
        emit(wrapped: false)
        flags = []
        attribute = .normal
        stamp = 0
    }

    private mutating func emit(wrapped: Bool) {
        var flags = flags
        if wrapped { flags.insert(.wrapped) } else { flags.remove(.wrapped) }
        target.push(
            Line(
                cells: cells, used: Int32(truncatingIfNeeded: column), flags: flags, attribute: attribute, stamp: stamp)
        )
        cells.update(repeating: Cell(), count: column)
        column = 0
        line += 1
    }
}

/// A place in the text that must be found again after the text was cut anew.
private struct Marker {
    /// Line counted from the oldest of the scrollback, and column; the column may be one past the last.
    var line: Int
    var column: Int
    /// The line must have cells up to this column, blank ones if need be: the cursor stands there.
    var extends = false
    var found: (line: Int, column: Int)?
}

extension Emulator {
    mutating func resize(columns wantedColumns: Int, rows wantedRows: Int) {
        let newColumns = min(max(wantedColumns, 1), Emulator.maximumColumns)
        let newRows = min(max(wantedRows, 1), Emulator.maximumRows)
        guard newColumns != columns || newRows != rows else { return }

        if onAlternate {
            let cut = max(0, y + 1 - newRows)
            let alternate = Emulator.cropped(grid, columns: newColumns, rows: newRows, skipping: cut)
            swap(&grid, &hidden)
            var state = saved.0
            reflowPrimary(columns: newColumns, rows: newRows, x: &state.x, y: &state.y, wrap: &state.pendingWrap)
            saved.0 = state
            hidden = alternate
            swap(&grid, &hidden)
            y -= cut
        } else {
            var (cursorX, cursorY, wrap) = (x, y, pendingWrap)
            reflowPrimary(columns: newColumns, rows: newRows, x: &cursorX, y: &cursorY, wrap: &wrap)
            (x, y, pendingWrap) = (cursorX, cursorY, wrap)
            hidden = Grid(columns: newColumns, rows: newRows)
        }
        columns = newColumns
        rows = newRows
        resetMargins()
        tabs = tabs.resized(to: newColumns)
        if x >= newColumns { pendingWrap = false }
        x = min(max(x, 0), newColumns - 1)
        y = min(max(y, 0), newRows - 1)
        joinPosition = -1
        damage = DamageMap(rows: newRows)
        if modes.contains(.resizeReports) { reportSize() }
    }

    /// The alternate screen is not text that could be cut anew: it is cropped or padded, and its program draws it again.
    private static func cropped(_ old: borrowing Grid, columns: Int, rows: Int, skipping: Int) -> Grid {
        let new = Grid(columns: columns, rows: rows)
        for row in 0..<min(rows, old.rows - skipping) {
            let source = old.lines[row + skipping]
            let count = min(Int(source.used), columns)
            let target = new.lines + row
            target.pointee.cells.update(from: source.cells, count: count)
            if count > 0, count < Int(source.used), target.pointee.cells[count - 1].role == .wide {
                target.pointee.cells[count - 1].content = 0x20
            }
            target.pointee.used = Int32(truncatingIfNeeded: count)
            target.pointee.flags = source.flags.subtracting(.wrapped)
            target.pointee.attribute = source.attribute
            target.pointee.stamp = source.stamp
        }
        return new
    }

    /// Rebuilds `grid`, which must be the primary one, and the scrollback. `x`, `y`, `wrap`: the cursor on that screen.
    private mutating func reflowPrimary(
        columns newColumns: Int, rows newRows: Int, x: inout Int, y: inout Int, wrap: inout Bool
    ) {
        let oldRows = grid.rows
        y = min(max(y, 0), oldRows - 1)
        var usedRows = y + 1
        for row in y..<oldRows where grid.lines[row].used > 0 { usedRows = row + 1 }
        let history = scrollback.count
        let limit = scrollback.limit
        var cursor = Marker(line: history + y, column: x + (wrap ? 1 : 0), extends: true)
        var screenTop = Marker(line: history, column: 0)

        // Everything goes into the scrollback, the screen's lines too, and what is shown is taken back from its end.
        if newColumns == grid.columns {
            scrollback.setLimit(limit + oldRows)
            for row in 0..<usedRows { scrollback.push(grid.lines[row]) }
            cursor.found = (cursor.line, cursor.column)
            screenTop.found = (history, 0)
        } else {
            rewrap(to: newColumns, usedRows: usedRows, limit: limit + max(oldRows, newRows), &cursor, &screenTop)
        }

        let total = scrollback.count
        // Cut into very short lines, even the cursor's own may have been forgotten already.
        let cursorLine = max(0, min(cursor.found?.line ?? total - 1, total - 1))
        let anchor = screenTop.found?.line ?? 0
        var start = max(0, total - newRows)
        // A screen that was not full keeps its top line; one that was full is filled from the scrollback.
        if usedRows < oldRows, total - anchor <= newRows { start = anchor }
        start = max(0, min(start, cursorLine))

        let new = Grid(columns: newColumns, rows: newRows)
        for row in 0..<min(newRows, total - start) {
            let target = new.lines + row
            target.pointee = scrollback.read(start + row, into: target.pointee.cells, width: newColumns)
        }
        for _ in start..<total { scrollback.dropNewest() }
        scrollback.setLimit(limit)
        grid = new

        let column = cursor.found?.column ?? 0
        y = cursorLine - start
        wrap = wrap && column >= newColumns
        x = min(column, newColumns - 1)
    }

    /// Cuts all text anew, the `usedRows` first lines of the screen after the scrollback.
    private mutating func rewrap(
        to width: Int, usedRows: Int, limit: Int, _ cursor: inout Marker, _ screenTop: inout Marker
    ) {
        let oldColumns = grid.columns
        let history = scrollback.count
        // SAFETY: both buffers are initialised before use and freed when this function, their only user, returns.
        let buffer = UnsafeMutablePointer<Cell>.allocate(capacity: oldColumns)
        buffer.initialize(repeating: Cell(), count: oldColumns)
        let output = UnsafeMutablePointer<Cell>.allocate(capacity: width)
        output.initialize(repeating: Cell(), count: width)
        defer {
            buffer.deallocate()
            output.deallocate()
        }
        var writer = Rewrapper(width: width, cells: output, target: Scrollback(limit: limit))

        for index in 0..<(history + usedRows) {
            let line =
                index < history
                ? scrollback.read(index, into: buffer, width: oldColumns) : grid.lines[index - history]
            var length = Int(line.used)
            let goesOn = line.flags.contains(.wrapped) && index + 1 < history + usedRows
            // Blanks at the end of a line have at most a colour, which is not worth a line of its own.
            var text = length
            while !goesOn, text > 0, line.cells[text - 1].isBlank { text -= 1 }
            if goesOn { length = oldColumns }
            if cursor.line == index {
                text = max(text, min(cursor.column, oldColumns))
                length = max(length, text)
            }
            writer.flags.formUnion(line.flags.subtracting(.wrapped))
            if writer.stamp == 0 { writer.stamp = line.stamp }
            if line.attribute != .normal { writer.attribute = line.attribute }
            for column in 0..<length {
                let cell = line.cells[column]
                if cell.role == .padding, goesOn { continue }
                if cell.role == .tail, width < 2 { continue }
                if !goesOn, column >= text, writer.column == width { break }
                let place = writer.append(cell)
                if cursor.line == index, cursor.column == column { cursor.found = place }
                if screenTop.line == index, screenTop.column == column { screenTop.found = place }
            }
            // Markers past the text stand right behind it.
            if cursor.line == index, cursor.found == nil, !goesOn { cursor.found = (writer.line, writer.column) }
            if screenTop.line == index, screenTop.found == nil { screenTop.found = (writer.line, 0) }
            if cursor.line == index, cursor.found == nil {
                cursor.line += 1
                cursor.column = 0
            }
            if !goesOn { writer.end() }
        }
        let forgotten = writer.line - writer.target.count
        if let found = cursor.found { cursor.found = (found.line - forgotten, found.column) }
        if let found = screenTop.found { screenTop.found = (max(0, found.line - forgotten), 0) }
        scrollback = writer.finish()
        renumberings &+= 1
    }
}
