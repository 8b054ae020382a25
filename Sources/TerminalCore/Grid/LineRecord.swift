// The packed form of a scrollback line: a head of sixteen bytes, then the text (one byte a cell while all of it is below
// U+0100, else four), then runs of style. A line whose runs would cost more than its cells is stored as cells.

enum LineRecord {
    /// What `plan` found out about a line, so that `write` need not look again.
    struct Plan {
        var form: Form
        /// Style runs to store; 0 when the whole line has the default style.
        var runs: Int
        /// Bytes of the whole record.
        var bytes: Int
    }

    enum Form: UInt8 {
        case bytes, words, cells
    }

    private struct Head {
        var length: UInt16
        var runs: UInt16
        var form: UInt8
        var flags: UInt8
        var attribute: UInt8
        var unused: UInt8 = 0
        var stamp: UInt64
    }

    /// `end` cells up to here (from the line's start) share the style of the run.
    private struct Run {
        var end: UInt32
        var foreground: Color
        var background: Color
        var attributes: Attributes
        var extra: UInt16
    }

    private static let headSize = 16

    @inline(__always)
    static func plan(_ cells: UnsafePointer<Cell>, _ length: Int, _ line: Line) -> Plan {
        var runs = 0
        var form = Form.bytes
        if !line.flags.isDisjoint(with: [.rich, .styled]) {
            var high: UInt32 = 0
            var plain = true
            runs = length == 0 ? 0 : 1
            for index in 0..<length {
                high |= cells[index].content
                plain = plain && cells[index].styleIsPlain
                if index > 0, !cells[index].hasStyle(of: cells[index - 1]) { runs += 1 }
            }
            if plain { runs = 0 }
            if high > 0xFF { form = .words }
        }
        let text = form == .bytes ? (length + 3) & ~3 : length * 4
        let bytes = text + runs * MemoryLayout<Run>.stride
        if bytes >= length * MemoryLayout<Cell>.stride, length > 0 {
            return Plan(form: .cells, runs: 0, bytes: headSize + length * MemoryLayout<Cell>.stride)
        }
        return Plan(form: form, runs: runs, bytes: headSize + bytes)
    }

    // SAFETY (write and read): the caller gives `plan.bytes` bytes aligned to 8 at `base`, and the text is padded to 4, so
    // every word and run below is aligned and in bounds. `length` fits 16 bits because a grid has at most 4096 columns.
    @inline(__always)
    static func write(
        _ plan: Plan, _ cells: UnsafePointer<Cell>, _ length: Int, _ line: Line, to base: UnsafeMutableRawPointer
    ) {
        base.storeBytes(
            of: Head(
                length: UInt16(truncatingIfNeeded: length), runs: UInt16(truncatingIfNeeded: plan.runs),
                form: plan.form.rawValue, flags: line.flags.rawValue, attribute: line.attribute.rawValue,
                stamp: line.stamp),
            as: Head.self)
        let body = base + headSize
        var runsAt = body
        switch plan.form {
        case .bytes:
            let bytes = body.assumingMemoryBound(to: UInt8.self)
            for index in 0..<length { bytes[index] = UInt8(truncatingIfNeeded: cells[index].content) }
            runsAt += (length + 3) & ~3
        case .words:
            let words = body.assumingMemoryBound(to: UInt32.self)
            for index in 0..<length { words[index] = cells[index].content }
            runsAt += length * 4
        case .cells:
            body.copyMemory(from: cells, byteCount: length * MemoryLayout<Cell>.stride)
        }
        guard plan.runs > 0 else { return }
        var run = runsAt.assumingMemoryBound(to: Run.self)
        for index in 0..<length where index == length - 1 || !cells[index].hasStyle(of: cells[index + 1]) {
            let cell = cells[index]
            run.pointee = Run(
                end: UInt32(truncatingIfNeeded: index + 1), foreground: cell.foreground, background: cell.background,
                attributes: cell.attributes, extra: cell.extra)
            run += 1
        }
    }

    static func length(_ base: UnsafeMutableRawPointer) -> Int { Int(base.load(as: Head.self).length) }

    static func read(_ base: UnsafeMutableRawPointer, into cells: UnsafeMutablePointer<Cell>, width: Int) -> Line {
        let head = base.load(as: Head.self)
        let length = min(Int(head.length), width)
        let body = base + headSize
        var runsAt = body
        switch Form(rawValue: head.form) ?? .bytes {
        case .bytes:
            let bytes = body.assumingMemoryBound(to: UInt8.self)
            for index in 0..<length { cells[index] = Cell(content: UInt32(bytes[index])) }
            runsAt += (Int(head.length) + 3) & ~3
        case .words:
            let words = body.assumingMemoryBound(to: UInt32.self)
            for index in 0..<length { cells[index] = Cell(content: words[index]) }
            runsAt += Int(head.length) * 4
        case .cells:
            cells.update(from: body.assumingMemoryBound(to: Cell.self), count: length)
        }
        let runs = runsAt.assumingMemoryBound(to: Run.self)
        var from = 0
        for index in 0..<Int(head.runs) {
            let run = runs[index]
            for column in from..<max(from, min(Int(run.end), length)) {
                cells[column].foreground = run.foreground
                cells[column].background = run.background
                cells[column].attributes = run.attributes
                cells[column].extra = run.extra
            }
            from = Int(run.end)
        }
        if length < width { (cells + length).update(repeating: Cell(), count: width - length) }
        return Line(
            cells: cells, used: Int32(truncatingIfNeeded: length), flags: Line.Flags(rawValue: head.flags),
            attribute: LineAttribute(rawValue: head.attribute) ?? .normal, stamp: head.stamp)
    }

    static func stamp(_ base: UnsafeMutableRawPointer) -> UInt64 { base.load(as: Head.self).stamp }
    static func flags(_ base: UnsafeMutableRawPointer) -> Line.Flags {
        Line.Flags(rawValue: base.load(as: Head.self).flags)
    }

    /// Bytes of the whole record, as `plan` counted them.
    static func size(_ base: UnsafeMutableRawPointer) -> Int {
        let head = base.load(as: Head.self)
        let length = Int(head.length)
        let runs = Int(head.runs) * MemoryLayout<Run>.stride
        return switch Form(rawValue: head.form) ?? .bytes {
        case .bytes: headSize + (length + 3) & ~3 + runs
        case .words: headSize + length * 4 + runs
        case .cells: headSize + length * MemoryLayout<Cell>.stride
        }
    }

    /// The clusters and extras of a record, for the sweep of the side tables.
    static func visit(_ base: UnsafeMutableRawPointer, content: (UInt32) -> Void, extra: (UInt16) -> Void) {
        let head = base.load(as: Head.self)
        let body = base + headSize
        let length = Int(head.length)
        var runsAt = body
        switch Form(rawValue: head.form) ?? .bytes {
        case .bytes:
            runsAt += (length + 3) & ~3
        case .words:
            let words = body.assumingMemoryBound(to: UInt32.self)
            for index in 0..<length where words[index] & Cell.clusterFlag != 0 { content(words[index]) }
            runsAt += length * 4
        case .cells:
            let cells = body.assumingMemoryBound(to: Cell.self)
            for index in 0..<length {
                if cells[index].isCluster { content(cells[index].content) }
                if cells[index].extra != 0 { extra(cells[index].extra) }
            }
        }
        let runs = runsAt.assumingMemoryBound(to: Run.self)
        for index in 0..<Int(head.runs) where runs[index].extra != 0 { extra(runs[index].extra) }
    }
}
