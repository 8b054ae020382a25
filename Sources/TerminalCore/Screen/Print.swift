// Putting characters on the screen. Plain ASCII comes in runs and goes out in runs; everything else one scalar at a time.

extension Emulator {
    /// Length of the printable ASCII at `start`; at least 1 (the caller has looked at the first byte).
    @inline(__always)
    func printableRun(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        var next = start + 1
        // Eight bytes at a time: a byte outside 0x20…0x7E raises its top bit in one of the three terms. Borrows and
        // carries only spread upwards from a byte that is flagged itself, so the lowest flag is exact.
        // SAFETY: eight bytes are left, and loadUnaligned asks for no alignment.
        while end - next >= 8 {
            let word = UnsafeRawPointer(next).loadUnaligned(as: UInt64.self)
            let flags =
                (word | (word &- 0x2020_2020_2020_2020) | (word &+ 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080
            if flags != 0 { return next - start + flags.trailingZeroBitCount >> 3 }
            next += 8
        }
        while next < end, next.pointee >= 0x20, next.pointee < 0x7F { next += 1 }
        return next - start
    }

    /// The last column the cursor may print in: the right margin, or the edge when it stands beyond the margin.
    @inline(__always)
    var printLimit: Int {
        let edge = lineColumns - 1
        return x <= right ? min(right, edge) : edge
    }

    /// Columns of the cursor's line: half of them when it is double width.
    @inline(__always)
    var lineColumns: Int { grid.lines[y].attribute == .normal ? columns : max(1, columns >> 1) }

    /// Prints `count` bytes of 0x20…0x7E.
    @inline(__always)
    mutating func printASCII(_ start: UnsafePointer<UInt8>, _ count: Int) {
        var source = start
        var left = count
        lastGraphic = UInt32(source[left - 1])
        while left > 0 {
            if pendingWrap { wrapIfDue() }
            let limit = printLimit
            // The cursor may come from a line that has more columns than this double-width one.
            if x > limit { x = limit }
            var span = limit + 1 - x
            if left <= span {
                span = left
            } else if !modes.contains(.autowrap) {
                // Without autowrap all that is too long lands in the last column, where only the last one stays.
                if span > 1 { writeRun(source, span - 1) }
                x = limit
                source += left - 1
                left = 1
                span = 1
            }
            writeRun(source, span)
            source += span
            left -= span
            x += span
            if x > limit {
                x = limit
                pendingWrap = true
            }
        }
    }

    /// Stores a run that fits the line at the cursor. Does not move it.
    @inline(__always)
    private mutating func writeRun(_ source: UnsafePointer<UInt8>, _ count: Int) {
        if modes.contains(.insert) {
            // Characters left of the margin overwrite; only from there on is room made for the others.
            let outside = min(max(left - x, 0), count)
            shiftRight(count - outside, at: x + outside)
        }
        let line = grid.lines + y
        let flags = line.pointee.flags
        if flags.contains(.rich) { splitWide(from: x, to: x + count) }
        // SAFETY: x + count ≤ columns, by the limit that printASCII computed.
        let cells = line.pointee.cells + x
        let style = pen
        for index in 0..<count {
            cells[index] = Cell(
                content: UInt32(source[index]), foreground: style.foreground, background: style.background,
                attributes: style.attributes, extra: style.extra)
        }
        let end = Int32(truncatingIfNeeded: x + count)
        if end > line.pointee.used { line.pointee.used = end }
        if line.pointee.stamp == 0 { line.pointee.stamp = clock }
        if !style.styleIsPlain { line.pointee.flags = flags.union(.styled) }
        damage.mark(y)
    }

    /// The wrap that the last column put off, now that a character really follows.
    @inline(__always)
    mutating func wrapIfDue() {
        pendingWrap = false
        guard modes.contains(.autowrap) else { return }
        // On the last line below the region nothing scrolls and the text starts over in the same line: that is no wrap.
        if fullWidth, y == bottom || y < rows - 1 { grid.lines[y].flags.insert(.wrapped) }
        index()
        x = left
    }

    /// A byte of 0x20…0x7E when GL is not plain ASCII.
    mutating func printMapped(_ byte: UInt8) {
        let set = charsets[charsets.singleShift != 0 ? charsets.singleShift : charsets.gl]
        charsets.singleShift = 0
        let scalar = Charsets.map(byte, set)
        if scalar < 0x80 {
            var byte = UInt8(truncatingIfNeeded: scalar)
            // SAFETY: printASCII reads the one byte and keeps no pointer.
            withUnsafePointer(to: &byte) { printASCII($0, 1) }
        } else {
            printScalar(scalar)
        }
    }

    /// Prints one scalar from U+00A0 up.
    @inline(__always)
    mutating func printScalar(_ scalar: UInt32) {
        let kind = widths[scalar]
        if kind.joins, join(scalar, kind) { return }
        let width = kind.width
        if width == 1 { putCell(scalar) } else if width == 2 { putWide(scalar) }
        joinPosition = y << 16 | x
    }

    /// Prints a narrow character that is not ASCII.
    @inline(__always)
    private mutating func putCell(_ content: UInt32) {
        lastGraphic = content
        if pendingWrap { wrapIfDue() }
        let limit = printLimit
        if x > limit { x = limit }
        if modes.contains(.insert) { shiftRight(1) }
        let line = grid.lines + y
        if line.pointee.flags.contains(.rich) { splitWide(from: x, to: x + 1) }
        var cell = pen
        cell.content = content
        line.pointee.cells[x] = cell
        touch(through: x, rich: content > 0xFF)
        if x >= limit { pendingWrap = true } else { x += 1 }
    }

    /// Prints a character two columns wide; where only one column is left, it wraps first.
    @inline(__always)
    private mutating func putWide(_ content: UInt32) {
        lastGraphic = content
        if pendingWrap { wrapIfDue() }
        var limit = printLimit
        if x > limit { x = limit }
        if x >= limit {
            guard limit > (x <= right ? left : 0) else {
                // No line has two columns to offer.
                putCell(0xFFFD)
                return
            }
            if modes.contains(.autowrap) {
                // The hole is marked, so that joining the lines again closes it; what may stand there stays.
                if grid.lines[y].cells[x].isBlank {
                    grid.lines[y].cells[x].content = Cell.paddingRole
                    touch(through: x, rich: true)
                }
                wrapIfDue()
                limit = printLimit
            } else {
                x = limit - 1
            }
        }
        if modes.contains(.insert) { shiftRight(2) }
        splitWide(from: x, to: x + 2)
        var cell = pen
        cell.content = content | Cell.wideRole
        let cells = grid.lines[y].cells
        cells[x] = cell
        cell.content = Cell.tailRole
        cells[x + 1] = cell
        touch(through: x + 1, rich: true)
        x += 2
        if x > limit {
            x = limit
            pendingWrap = true
        }
    }

    /// Bookkeeping after cells up to `column` of the cursor's line were written with the pen.
    @inline(__always)
    private mutating func touch(through column: Int, rich: Bool) {
        let line = grid.lines + y
        let end = Int32(truncatingIfNeeded: column + 1)
        if end > line.pointee.used { line.pointee.used = end }
        if line.pointee.stamp == 0 { line.pointee.stamp = clock }
        if rich { line.pointee.flags.insert(.rich) }
        if !pen.styleIsPlain { line.pointee.flags.insert(.styled) }
        damage.mark(y)
    }

    /// Columns `from..<to` of the cursor's line are about to be overwritten: a wide character that loses one half loses both.
    @inline(__always)
    mutating func splitWide(from: Int, to: Int) { splitWide(row: y, from: from, to: to) }

    mutating func splitWide(row: Int, from: Int, to: Int) {
        guard grid.lines[row].flags.contains(.rich), from < to else { return }
        let cells = grid.lines[row].cells
        if from > 0, from < columns, cells[from].content & Cell.roleMask == Cell.tailRole {
            cells[from - 1].content = 0x20
            cells[from].content = 0x20
            damage.mark(row)
        }
        if to > 0, to < columns, cells[to].content & Cell.roleMask == Cell.tailRole {
            cells[to].content = 0x20
            cells[to - 1].content = 0x20
            damage.mark(row)
        }
    }

    /// Columns `from..<to` were copied from elsewhere: a half that came without its other half becomes a space.
    func mendWide(row: Int, from: Int, to: Int) {
        let cells = grid.lines[row].cells
        if cells[from].role == .tail, from == 0 || cells[from - 1].role != .wide { cells[from].content = 0x20 }
        if cells[to - 1].role == .wide, to == columns || cells[to].role != .tail { cells[to - 1].content = 0x20 }
    }

    /// CSI Ps b: the last graphic character again.
    mutating func repeatLast(_ wanted: Int) {
        guard lastGraphic != 0 else { return }
        // A few bytes must not cost a guest's neighbours a second: beyond a screenful only the last column still matters.
        let screenful = columns * rows
        let count = wanted <= screenful + columns ? wanted : screenful + wanted % columns
        let content = lastGraphic
        if content < 0x80 {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: content), count: count)
            bytes.withUnsafeBufferPointer { if let base = $0.baseAddress { printASCII(base, $0.count) } }
            return
        }
        for _ in 0..<count {
            if widths[content].width == 2 { putWide(content) } else { putCell(content) }
        }
    }
}
