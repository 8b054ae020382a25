// Lines that left the top of the screen. They are kept packed, because most of them are plain text in one style: such a
// line costs its bytes and a head of sixteen, a blank one the head alone, and only a line that changes style at every cell
// costs sixteen bytes a cell. Records lie one after another in chunks; the oldest chunk is freed when its last line goes.

struct Scrollback: ~Copyable {
    /// Most lines kept; older ones are forgotten.
    private(set) var limit: Int
    private(set) var count = 0
    /// Lines that were here and are no more, so that those that are left can be called by a number that stays.
    private(set) var forgotten = 0

    // SAFETY: `records` has `capacity` entries, of which the `count` from `first` on (cyclically) point to whole records in
    // live chunks: a chunk is freed only when `live`, its number of remembered lines, is 0. `cursor` and `room` describe
    // the unused end of the last chunk. Callers give indices below `count` (Terminal checks them).

    /// A ring of record addresses, oldest at `first`. Grows by doubling up to `limit`, so a quiet guest pays little.
    private var records: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var capacity: Int
    private var first = 0

    private var chunks: [Chunk] = []
    private var oldestChunk = 0
    private var spare: UnsafeMutableRawPointer?
    private var cursor: UnsafeMutableRawPointer
    private var room = 0

    private struct Chunk {
        var base: UnsafeMutableRawPointer
        var size: Int
        /// Lines in this chunk that are still remembered.
        var live: Int
    }

    private static let chunkSize = 1 << 16

    init(limit: Int) {
        self.limit = max(0, limit)
        capacity = min(max(self.limit, 1), 64)
        records = .allocate(capacity: capacity)
        cursor = UnsafeMutableRawPointer(records)
    }

    deinit {
        records.deallocate()
        for chunk in chunks[oldestChunk...] { chunk.base.deallocate() }
        spare?.deallocate()
    }

    /// Bytes held, for tests of the memory promise.
    var residentBytes: Int {
        var total = capacity * MemoryLayout<UnsafeMutableRawPointer>.stride + (spare == nil ? 0 : Scrollback.chunkSize)
        for chunk in chunks[oldestChunk...] { total += chunk.size }
        return total
    }

    /// Remembers a line, forgetting the oldest one when full.
    mutating func push(_ line: Line) {
        guard limit > 0 else { return }
        if count == limit { dropOldest() }
        if count == capacity { grow() }
        var length = Int(line.used)
        let cells = UnsafePointer(line.cells)
        while length > 0, cells[length - 1] == Cell() { length -= 1 }

        let packed = LineRecord.plan(cells, length, line)
        let size = (packed.bytes + 7) & ~7
        if size > room { openChunk(size) }
        LineRecord.write(packed, cells, length, line, to: cursor)
        var slot = first + count
        if slot >= capacity { slot -= capacity }
        records[slot] = cursor
        cursor += size
        room -= size
        chunks[chunks.count - 1].live += 1
        count += 1
    }

    /// Copies line `index` (0 is the oldest) into `cells`, which has room for `width`; returns its head with `used` set.
    func read(_ index: Int, into cells: UnsafeMutablePointer<Cell>, width: Int) -> Line {
        var slot = first + index
        if slot >= capacity { slot -= capacity }
        return LineRecord.read(records[slot], into: cells, width: width)
    }

    /// The packed form of line `index`; valid until the next push.
    func record(_ index: Int) -> UnsafeMutableRawPointer {
        var slot = first + index
        if slot >= capacity { slot -= capacity }
        return records[slot]
    }

    /// Cells that line `index` holds, without unpacking it.
    func length(_ index: Int) -> Int {
        var slot = first + index
        if slot >= capacity { slot -= capacity }
        return LineRecord.length(records[slot])
    }

    /// Names every cluster and every extra of line `index`, some more than once.
    func visit(_ index: Int, content: (UInt32) -> Void, extra: (UInt16) -> Void) {
        var slot = first + index
        if slot >= capacity { slot -= capacity }
        LineRecord.visit(records[slot], content: content, extra: extra)
    }

    /// Forgets the newest line; used when the screen grows and takes it back.
    mutating func dropNewest() {
        guard count > 0 else { return }
        count -= 1
        var slot = first + count
        if slot >= capacity { slot -= capacity }
        // The newest record is the last of the last chunk: its room is free again.
        let last = chunks[chunks.count - 1]
        cursor = records[slot]
        room = last.base + last.size - cursor
        release(chunks.count - 1)
    }

    /// Changes how many lines are kept.
    mutating func setLimit(_ newLimit: Int) {
        limit = max(0, newLimit)
        while count > limit { dropOldest() }
    }

    mutating func removeAll() {
        while count > 0 { dropOldest() }
    }

    private mutating func dropOldest() {
        first += 1
        if first == capacity { first = 0 }
        count -= 1
        forgotten &+= 1
        release(oldestChunk)
    }

    private mutating func release(_ index: Int) {
        chunks[index].live -= 1
        guard chunks[index].live == 0 else { return }
        if index == chunks.count - 1 {
            // The chunk being filled: start it over, and give nothing back.
            if index == oldestChunk || count == 0 {
                cursor = chunks[index].base
                room = chunks[index].size
                return
            }
            free(chunks.removeLast())
            // The chunk before may have room, but where is known only to its last line; the next one opens a new chunk.
            room = 0
            return
        }
        free(chunks[index])
        oldestChunk += 1
        if oldestChunk > 64, oldestChunk * 2 > chunks.count {
            chunks.removeFirst(oldestChunk)
            oldestChunk = 0
        }
    }

    private mutating func free(_ chunk: Chunk) {
        if spare == nil, chunk.size == Scrollback.chunkSize { spare = chunk.base } else { chunk.base.deallocate() }
    }

    private mutating func openChunk(_ size: Int) {
        var size = max(size, Scrollback.chunkSize)
        let base: UnsafeMutableRawPointer
        if size == Scrollback.chunkSize, let spare {
            base = spare
            self.spare = nil
        } else {
            size = (size + 4095) & ~4095
            base = .allocate(byteCount: size, alignment: 16)
        }
        chunks.append(Chunk(base: base, size: size, live: 0))
        cursor = base
        room = size
    }

    private mutating func grow() {
        let bigger = max(min(limit, capacity * 2), count + 1)
        let moved = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: bigger)
        for index in 0..<count {
            var slot = first + index
            if slot >= capacity { slot -= capacity }
            (moved + index).initialize(to: records[slot])
        }
        records.deallocate()
        records = moved
        capacity = bigger
        first = 0
    }
}
