// The rectangle of cells that is one screen. Cells never move when the screen scrolls: a line is a small head (pointer,
// used length, flags), and scrolling shuffles heads.

/// The head of one line.
struct Line {
    /// `Grid.columns` cells. Those from `used` on are all-zero, always.
    var cells: UnsafeMutablePointer<Cell>
    /// Cells that may differ from zero; clearing, storing and comparing stop here.
    var used: Int32
    var flags: Flags
    var attribute: LineAttribute
    /// `Terminal.clock` when the line's first character was printed or the cursor left it by a line feed; 0: not yet.
    var stamp: UInt64 = 0

    struct Flags: OptionSet {
        var rawValue: UInt8
        /// The text goes on in the next line: it was cut by the margin, not by the program.
        static let wrapped = Flags(rawValue: 1)
        /// Some cell may hold something above U+00FF, a wide half, or a cluster.
        static let rich = Flags(rawValue: 2)
        /// Some cell may have colours or attributes.
        static let styled = Flags(rawValue: 4)
    }
}

/// DEC line attributes (DECSWL, DECDWL, DECDHL). A line that is not `.normal` shows half its columns, each twice as wide.
@frozen public enum LineAttribute: UInt8, Sendable {
    case normal, doubleWidth, doubleHeightTop, doubleHeightBottom
}

/// A flat screen of cells with movable line heads.
struct Grid: ~Copyable {
    let columns: Int
    let rows: Int
    private let cells: UnsafeMutablePointer<Cell>
    let lines: UnsafeMutablePointer<Line>

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        // SAFETY: both blocks live exactly as long as this value (deinit frees them, the type cannot be copied), and every
        // cell and line is initialised here. All-zero bytes are a valid blank Cell.
        cells = .allocate(capacity: columns * rows)
        cells.initialize(repeating: Cell(), count: columns * rows)
        lines = .allocate(capacity: rows)
        for row in 0..<rows {
            (lines + row).initialize(to: Line(cells: cells + row * columns, used: 0, flags: [], attribute: .normal))
        }
    }

    deinit {
        lines.deallocate()
        cells.deallocate()
    }

    /// Makes line `row` blank with the given background.
    @inline(__always)
    func clear(_ row: Int, background: Color) {
        let line = lines + row
        line.pointee.flags = []
        line.pointee.attribute = .normal
        line.pointee.stamp = 0
        if line.pointee.used != 0 {
            line.pointee.cells.update(repeating: Cell(), count: Int(line.pointee.used))
            line.pointee.used = 0
        }
        if !background.isDefault { fill(row, from: 0, to: columns, with: Cell(background: background)) }
    }

    /// Overwrites columns `from..<to` of a line; the caller has already seen to halves of wide characters.
    @inline(__always)
    func fill(_ row: Int, from: Int, to: Int, with cell: Cell) {
        guard from < to else { return }
        let line = lines + row
        if cell == Cell() {
            let end = min(to, Int(line.pointee.used))
            if from < end { (line.pointee.cells + from).update(repeating: cell, count: end - from) }
            if to >= Int(line.pointee.used) { line.pointee.used = min(line.pointee.used, Int32(from)) }
            return
        }
        (line.pointee.cells + from).update(repeating: cell, count: to - from)
        line.pointee.used = max(line.pointee.used, Int32(to))
        if !cell.styleIsPlain { line.pointee.flags.insert(.styled) }
        if cell.content > 0xFF { line.pointee.flags.insert(.rich) }
    }

    /// Moves heads so that line `top + count` becomes line `top`; the `count` lines that fell out come back, cleared, at the bottom.
    func rotateUp(top: Int, bottom: Int, count: Int, background: Color) {
        if count == 1 {
            let head = lines[top]
            (lines + top).update(from: lines + top + 1, count: bottom - top)
            lines[bottom] = head
            clear(bottom, background: background)
            return
        }
        rotate(top, bottom + 1, by: count)
        for row in (bottom + 1 - count)...bottom { clear(row, background: background) }
    }

    /// The reverse: line `top` becomes line `top + count`, cleared lines enter at the top.
    func rotateDown(top: Int, bottom: Int, count: Int, background: Color) {
        rotate(top, bottom + 1, by: bottom + 1 - top - count)
        for row in top..<(top + count) { clear(row, background: background) }
    }

    /// Rotates heads `lower..<upper` to the left by `shift`, by three reversals.
    private func rotate(_ lower: Int, _ upper: Int, by shift: Int) {
        reverse(lower, lower + shift)
        reverse(lower + shift, upper)
        reverse(lower, upper)
    }

    private func reverse(_ lower: Int, _ upper: Int) {
        var low = lower
        var high = upper - 1
        while low < high {
            let head = lines[low]
            lines[low] = lines[high]
            lines[high] = head
            low += 1
            high -= 1
        }
    }
}
