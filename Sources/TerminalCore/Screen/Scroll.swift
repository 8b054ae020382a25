// Moving lines: whole lines by their heads, columns between left and right margins by their cells.

extension Emulator {
    /// Whether scrolling moves whole lines.
    @inline(__always)
    var fullWidth: Bool { left == 0 && right == columns - 1 }

    /// IND: down one line, scrolling at the bottom margin.
    @inline(__always)
    mutating func index() {
        if y != bottom {
            if y < rows - 1 { y += 1 }
        } else if x >= left, x <= right {
            scrollUp(1)
        }
    }

    /// LF, VT, FF.
    @inline(__always)
    mutating func lineFeed() {
        pendingWrap = false
        // Blank lines have their time too.
        if grid.lines[y].stamp == 0 { grid.lines[y].stamp = clock }
        index()
        if modes.contains(.newLine) { carriageReturn() }
    }

    @inline(__always)
    mutating func carriageReturn() {
        pendingWrap = false
        x = x >= left || modes.contains(.origin) ? left : 0
    }

    /// RI: up one line, scrolling at the top margin.
    mutating func reverseIndex() {
        pendingWrap = false
        if y != top {
            if y > 0 { y -= 1 }
        } else if x >= left, x <= right {
            scrollDown(1)
        }
    }

    /// Lines `top…bottom` move up; new ones come in at the bottom. Whole lines that leave at the top of the screen are kept.
    @inline(__always)
    mutating func scrollUp(_ count: Int) {
        guard count == 1, fullWidth else {
            scrollUp(from: top, by: count, keep: true)
            return
        }
        if top == 0, !onAlternate { scrollback.push(grid.lines[0]) }
        grid.rotateUp(top: top, bottom: bottom, count: 1, background: pen.background)
        damage.mark(from: top, through: bottom)
    }

    mutating func scrollUp(from first: Int, by wanted: Int, keep: Bool) {
        let count = min(wanted, bottom - first + 1)
        guard count > 0 else { return }
        damage.mark(from: first, through: bottom)
        if fullWidth {
            if keep, first == 0, !onAlternate { for row in 0..<count { scrollback.push(grid.lines[row]) } }
            grid.rotateUp(top: first, bottom: bottom, count: count, background: pen.background)
        } else {
            for row in first...bottom {
                splitWide(row: row, from: left, to: right + 1)
                if row + count <= bottom {
                    splitWide(row: row + count, from: left, to: right + 1)
                    copyCells(fromRow: row + count, from: left, toRow: row, to: left, count: right + 1 - left)
                } else {
                    grid.fill(row, from: left, to: right + 1, with: blank)
                }
            }
        }
    }

    mutating func scrollDown(_ count: Int) { scrollDown(from: top, by: count) }

    mutating func scrollDown(from first: Int, by wanted: Int) {
        let count = min(wanted, bottom - first + 1)
        guard count > 0 else { return }
        damage.mark(from: first, through: bottom)
        if fullWidth {
            grid.rotateDown(top: first, bottom: bottom, count: count, background: pen.background)
        } else {
            for row in (first...bottom).reversed() {
                splitWide(row: row, from: left, to: right + 1)
                if row - count >= first {
                    splitWide(row: row - count, from: left, to: right + 1)
                    copyCells(fromRow: row - count, from: left, toRow: row, to: left, count: right + 1 - left)
                } else {
                    grid.fill(row, from: left, to: right + 1, with: blank)
                }
            }
        }
    }

    /// Copies cells between (or within) lines; overlap is fine.
    mutating func copyCells(fromRow: Int, from: Int, toRow: Int, to: Int, count: Int) {
        guard count > 0 else { return }
        let source = grid.lines[fromRow]
        let target = grid.lines + toRow
        // SAFETY: every caller clips to the grid; memmove semantics cover a shift within one line.
        (target.pointee.cells + to).update(from: source.cells + from, count: count)
        let sourceEnd = min(Int(source.used), from + count)
        let end = sourceEnd > from ? to + sourceEnd - from : to
        if end > Int(target.pointee.used) {
            target.pointee.used = Int32(truncatingIfNeeded: end)
        }
        target.pointee.flags.formUnion(source.flags.intersection([.rich, .styled]))
        damage.mark(toRow)
    }

    /// Makes room for `count` cells at the cursor; what is pushed past the right margin is lost. (ICH, IRM)
    mutating func shiftRight(_ count: Int) { shiftRight(count, at: x) }

    mutating func shiftRight(_ wanted: Int, at column: Int) {
        let edge = shiftEdge
        guard column >= left, column <= edge, wanted > 0 else { return }
        let count = min(wanted, edge + 1 - column)
        splitWide(from: column, to: edge + 1)
        splitWide(from: column, to: edge + 1 - count)
        copyCells(fromRow: y, from: column, toRow: y, to: column + count, count: edge + 1 - column - count)
        grid.fill(y, from: column, to: column + count, with: blank)
        damage.mark(y)
    }

    /// Removes `count` cells at the cursor; blanks come in at the right margin. (DCH)
    mutating func shiftLeft(_ wanted: Int) {
        let edge = shiftEdge
        guard x >= left, x <= edge else { return }
        let count = min(wanted, edge + 1 - x)
        splitWide(from: x, to: edge + 1)
        splitWide(from: x, to: x + count)
        copyCells(fromRow: y, from: x + count, toRow: y, to: x, count: edge + 1 - x - count)
        grid.fill(y, from: edge + 1 - count, to: edge + 1, with: blank)
        grid.lines[y].flags.remove(.wrapped)
        damage.mark(y)
    }

    /// The last column that takes part in a shift: the right margin, or the end of a double-width line.
    private var shiftEdge: Int { min(right, lineColumns - 1) }

    /// DECIC, DECFI: columns from `column` to the right margin move right, in all lines between the margins.
    mutating func insertColumns(at column: Int, _ wanted: Int) {
        guard column >= left, column <= right else { return }
        let count = min(wanted, right + 1 - column)
        for row in top...bottom {
            splitWide(row: row, from: column, to: right + 1)
            splitWide(row: row, from: column, to: right + 1 - count)
            copyCells(fromRow: row, from: column, toRow: row, to: column + count, count: right + 1 - column - count)
            grid.fill(row, from: column, to: column + count, with: blank)
        }
        damage.mark(from: top, through: bottom)
    }

    /// DECDC, DECBI the other way round.
    mutating func deleteColumns(at column: Int, _ wanted: Int) {
        guard column >= left, column <= right else { return }
        let count = min(wanted, right + 1 - column)
        for row in top...bottom {
            splitWide(row: row, from: column, to: right + 1)
            splitWide(row: row, from: column, to: column + count)
            copyCells(fromRow: row, from: column + count, toRow: row, to: column, count: right + 1 - column - count)
            grid.fill(row, from: right + 1 - count, to: right + 1, with: blank)
        }
        damage.mark(from: top, through: bottom)
    }
}
