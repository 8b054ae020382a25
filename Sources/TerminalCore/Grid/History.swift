// The text of a terminal, frozen: for whoever reads it at leisure (copy mode, a search) while the guest prints on. Lines
// are copied packed, which takes a millisecond for ten thousand of them, and are unpacked one by one when looked at.

/// The scrollback and the screen below it, as they were at one moment.
public final class History: @unchecked Sendable {
    // SAFETY: `bytes` holds one record per entry of `offsets`, is written in `init` only and freed in `deinit`, so any
    // number of threads may read it.
    private let bytes: UnsafeMutableRawPointer
    private let offsets: [Int]
    private let clusters: ClusterTable

    /// Columns of the terminal: what a wrapped line was cut to.
    public let columns: Int
    /// Lines of the screen, which are the last ones.
    public let rows: Int
    /// The cursor; its line is counted as all lines here, from the oldest.
    public let cursor: (line: Int, column: Int)
    /// The number (see `Terminal.lineNumbers`) of line 0.
    public let firstNumber: Int
    /// DECSCNM was on.
    public let isReversed: Bool

    /// Lines of scrollback and screen together.
    public var count: Int { offsets.count }

    init(_ core: borrowing Emulator) {
        columns = core.columns
        rows = core.rows
        cursor = (core.scrollback.count + core.y, core.x)
        firstNumber = core.scrollback.forgotten
        isReversed = core.modes.contains(.reverseScreen)
        clusters = core.clusters

        var offsets: [Int] = []
        offsets.reserveCapacity(core.scrollback.count + core.rows)
        var size = 0
        for index in 0..<core.scrollback.count {
            offsets.append(size)
            size += (LineRecord.size(core.scrollback.record(index)) + 7) & ~7
        }
        var plans: [(plan: LineRecord.Plan, length: Int)] = []
        for row in 0..<core.rows {
            let line = core.grid.lines[row]
            var length = Int(line.used)
            while length > 0, line.cells[length - 1] == Cell() { length -= 1 }
            let plan = LineRecord.plan(line.cells, length, line)
            plans.append((plan, length))
            offsets.append(size)
            size += (plan.bytes + 7) & ~7
        }
        bytes = .allocate(byteCount: max(size, 8), alignment: 16)
        for index in 0..<core.scrollback.count {
            let record = core.scrollback.record(index)
            (bytes + offsets[index]).copyMemory(from: record, byteCount: LineRecord.size(record))
        }
        for (row, (plan, length)) in plans.enumerated() {
            let line = core.grid.lines[row]
            LineRecord.write(plan, line.cells, length, line, to: bytes + offsets[core.scrollback.count + row])
        }
        self.offsets = offsets
    }

    deinit { bytes.deallocate() }

    /// Cells of a line that were ever written; those after them are blank.
    public func length(_ line: Int) -> Int { LineRecord.length(bytes + offsets[line]) }
    /// The text goes on in the next line.
    public func isWrapped(_ line: Int) -> Bool { LineRecord.flags(bytes + offsets[line]).contains(.wrapped) }
    /// All its characters are one column wide and one scalar long.
    public func isSimple(_ line: Int) -> Bool { !LineRecord.flags(bytes + offsets[line]).contains(.rich) }
    /// When the line began, by `Terminal.clock`; 0: nothing was printed there.
    public func stamp(_ line: Int) -> UInt64 { LineRecord.stamp(bytes + offsets[line]) }

    /// The cells of a line, `length` of them.
    public func cells(_ line: Int) -> [Cell] {
        let count = length(line)
        return [Cell](unsafeUninitializedCapacity: count) { buffer, filled in
            // SAFETY: `read` initialises `count` cells, and Cell is a trivial type.
            if let base = buffer.baseAddress {
                _ = LineRecord.read(bytes + offsets[line], into: base, width: count)
                filled = count
            }
        }
    }

    /// The scalars of a cell: none for blanks and right halves, more than one for clusters.
    public func scalars(of cell: Cell) -> [Unicode.Scalar] {
        let content = cell.content & (Cell.payloadMask | Cell.clusterFlag)
        if content == 0 || cell.role == .tail || cell.role == .padding { return [] }
        if let scalar = cell.scalar { return [scalar] }
        return clusters.scalars(content).compactMap(Unicode.Scalar.init)
    }
}

extension Terminal {
    /// A copy of all text, which later output does not touch.
    public func history() -> History { History(core) }
}
