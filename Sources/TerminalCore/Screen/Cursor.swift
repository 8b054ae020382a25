// Cursor motion, margins, save and restore.

extension Emulator {
    // MARK: Relative motion: stops at a margin when it starts inside, else at the edge.

    mutating func cursorUp(_ count: Int) {
        pendingWrap = false
        y = max(y - count, y >= top ? top : 0)
    }

    mutating func cursorDown(_ count: Int) {
        pendingWrap = false
        y = min(y + count, y <= bottom ? bottom : rows - 1)
    }

    mutating func cursorRight(_ count: Int) {
        pendingWrap = false
        x = min(x + count, x <= right ? right : columns - 1, max(x, lineColumns - 1))
    }

    mutating func cursorLeft(_ count: Int) {
        // With reverse wrap a cursor that waits to wrap stands, in effect, one column further.
        if reverseWraps {
            reverseWrapLeft(count)
            return
        }
        pendingWrap = false
        x = max(x - count, x >= left ? left : 0)
    }

    private var reverseWraps: Bool {
        modes.contains(.autowrap) && !modes.isDisjoint(with: [.reverseWrap, .extendedReverseWrap])
    }

    /// BS and CUB with modes 45 or 1045: past the left margin the cursor goes on at the right end of the line above.
    private mutating func reverseWrapLeft(_ wanted: Int) {
        var count = min(wanted, columns * rows)
        if pendingWrap {
            pendingWrap = false
            count -= 1
        }
        while count > 0 {
            let edge = x >= left ? left : 0
            let step = min(count, x - edge)
            x -= step
            count -= step
            guard count > 0 else { return }
            let extended = modes.contains(.extendedReverseWrap)
            if y == top {
                guard extended else { return }
                y = bottom
            } else if y > 0 {
                guard extended || grid.lines[y - 1].flags.contains(.wrapped) else { return }
                y -= 1
            } else {
                return
            }
            x = right
            count -= 1
        }
    }

    mutating func backspace() { cursorLeft(1) }

    // MARK: Absolute motion. Coordinates are 0-based; with DECOM they count from the margins and stay within them.

    mutating func setRow(_ row: Int) {
        pendingWrap = false
        y = modes.contains(.origin) ? min(top + row, bottom) : min(row, rows - 1)
    }

    mutating func setColumn(_ column: Int) {
        pendingWrap = false
        x = modes.contains(.origin) ? min(left + column, right) : min(column, lineColumns - 1)
    }

    mutating func setPosition(row: Int, column: Int) {
        setRow(row)
        setColumn(column)
    }

    mutating func home() { setPosition(row: 0, column: 0) }

    // MARK: Tabs

    /// HT and CHT. The last column, or the right margin, stops every tab.
    mutating func tabForward(_ count: Int) {
        let limit = min(x <= right ? right : columns - 1, lineColumns - 1)
        if pendingWrap, modes.contains(.moreFix) { wrapIfDue() }
        // A due wrap stays due: the cursor does not move from the last column.
        if x >= limit { return }
        pendingWrap = false
        for _ in 0..<min(count, columns) { x = tabs.next(after: x, limit: limit) }
    }

    mutating func tabBackward(_ count: Int) {
        pendingWrap = false
        let limit = modes.contains(.origin) ? left : 0
        for _ in 0..<min(count, columns) { x = tabs.previous(before: x, limit: limit) }
    }

    // MARK: Margins

    mutating func resetMargins() {
        top = 0
        bottom = rows - 1
        left = 0
        right = columns - 1
    }

    /// DECSTBM, 1-based as sent; fewer than two lines are no region, and the sequence is ignored.
    mutating func setVerticalMargins(_ first: Int, _ last: Int) {
        let newTop = max(first, 1) - 1
        let newBottom = min(last <= 0 ? rows : last, rows) - 1
        guard newTop < newBottom else { return }
        top = newTop
        bottom = newBottom
        home()
    }

    /// DECSLRM.
    mutating func setHorizontalMargins(_ first: Int, _ last: Int) {
        let newLeft = max(first, 1) - 1
        let newRight = min(last <= 0 ? columns : last, columns) - 1
        guard newLeft < newRight else { return }
        left = newLeft
        right = newRight
        home()
    }

    // MARK: Save and restore

    mutating func saveCursor() {
        let state = SavedCursor(
            x: x, y: y, pendingWrap: pendingWrap, pen: pen, charsets: charsets, origin: modes.contains(.origin))
        if onAlternate { saved.1 = state } else { saved.0 = state }
        modes.insert(.cursorSaved)
    }

    mutating func restoreCursor() {
        let state = onAlternate ? saved.1 : saved.0
        pen = state.pen
        charsets = state.charsets
        if state.origin { modes.insert(.origin) } else { modes.remove(.origin) }
        x = min(state.x, columns - 1)
        y = min(state.y, rows - 1)
        pendingWrap = state.pendingWrap && x == state.x
        if state.origin {
            x = min(max(x, left), right)
            y = min(max(y, top), bottom)
        }
    }
}
