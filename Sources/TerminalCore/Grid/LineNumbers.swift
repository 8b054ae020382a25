// Lines by a number that stays: the screen scrolls, old lines are forgotten, and whoever reads along (the timeline)
// still knows which lines it has seen.

/// What there is to know about a line without unpacking it.
public struct LineHead: Hashable, Sendable {
    /// When the line began, by `Terminal.clock`; 0: nothing was printed there.
    public var stamp: UInt64
    /// The text goes on in the next line.
    public var isWrapped: Bool
    /// There is nothing in it.
    public var isEmpty: Bool
}

extension Terminal {
    /// What lines are stamped with that begin from now on: nanoseconds of any clock, set before `feed`. 0: no stamps.
    public var clock: UInt64 {
        get { core.clock }
        set { core.clock = newValue }
    }

    /// When a row of the screen began, by `clock`; 0: nothing was printed there.
    public func stamp(_ row: Int) -> UInt64 {
        precondition(row >= 0 && row < core.rows, "row out of range")
        return core.grid.lines[row].stamp
    }

    /// The numbers of all lines that are still known, down to the last one of the screen that has text or the cursor.
    /// A program on the alternate screen paints rather than prints: then the screen does not count.
    public var lineNumbers: Range<Int> {
        let first = core.scrollback.forgotten
        return first..<(first + core.scrollback.count + (core.onAlternate ? 0 : usedRows))
    }
    /// The first number whose line may still change, because it is on the screen.
    public var firstOpenLine: Int { core.scrollback.forgotten + core.scrollback.count }
    /// Another value means that lines were cut anew for another width, and all numbers with them.
    public var renumberings: Int { core.renumberings }

    private var usedRows: Int {
        var rows = core.rows
        while rows > core.y + 1, core.grid.lines[rows - 1].used == 0 { rows -= 1 }
        return rows
    }

    /// nil when the line is not known any more, or not yet.
    public func head(ofLine number: Int) -> LineHead? {
        guard lineNumbers.contains(number) else { return nil }
        let index = number - core.scrollback.forgotten
        if index < core.scrollback.count {
            let record = core.scrollback.record(index)
            return LineHead(
                stamp: LineRecord.stamp(record), isWrapped: LineRecord.flags(record).contains(.wrapped),
                isEmpty: LineRecord.length(record) == 0)
        }
        let line = core.grid.lines[index - core.scrollback.count]
        return LineHead(stamp: line.stamp, isWrapped: line.flags.contains(.wrapped), isEmpty: line.used == 0)
    }

    /// The text of a line, without the blanks at its end unless it goes on in the next; nil as for `head(ofLine:)`.
    public func text(ofLine number: Int) -> String? {
        guard lineNumbers.contains(number) else { return nil }
        let index = number - core.scrollback.forgotten
        let cells = index < core.scrollback.count ? scrollbackRow(index) : row(index - core.scrollback.count)
        let isWrapped =
            index < core.scrollback.count
            ? LineRecord.flags(core.scrollback.record(index)).contains(.wrapped)
            : isWrapped(index - core.scrollback.count)
        // A filter asks this of a million lines: bytes, and no array for every cell.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cells.count)
        var end = 0
        for cell in cells where cell.role != .tail && cell.role != .padding {
            let content = cell.content & (Cell.payloadMask | Cell.clusterFlag)
            if content < 0x80 {
                bytes.append(content == 0 ? 0x20 : UInt8(truncatingIfNeeded: content))
                if content > 0x20 { end = bytes.count }
            } else {
                for scalar in scalars(of: cell) { bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter }
                end = bytes.count
            }
        }
        if !isWrapped { bytes.removeLast(bytes.count - end) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Forgets the scrollback; the screen stays.
    public func clearScrollback() { core.scrollback.removeAll() }
}
