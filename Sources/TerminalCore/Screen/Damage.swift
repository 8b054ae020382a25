// Which rows the UI must draw again. One byte a row: setting it from the printing loop is one store.

struct DamageMap: ~Copyable {
    let rows: Int
    // SAFETY: one byte for each row, freed with this value; the emulator keeps its rows below `rows`.
    private let flags: UnsafeMutablePointer<UInt8>
    /// A span of rows that is dirty as a whole, so that scrolling costs the same whatever the height.
    private var spanFrom = Int.max
    private var spanTo = -1
    /// Something other than cells changed: cursor, title, modes, palette.
    var other = true

    init(rows: Int) {
        self.rows = rows
        flags = .allocate(capacity: rows)
        flags.initialize(repeating: 1, count: rows)
    }

    deinit { flags.deallocate() }

    @inline(__always) mutating func mark(_ row: Int) { flags[row] = 1 }
    @inline(__always) mutating func mark(from: Int, through: Int) {
        spanFrom = min(spanFrom, from)
        spanTo = max(spanTo, through)
    }
    mutating func markAll() { mark(from: 0, through: rows - 1) }

    /// Calls `body` with each dirty row from the top, and calls all of them clean.
    mutating func take(_ body: (Int) -> Void) {
        other = false
        for row in 0..<rows where flags[row] != 0 || (row >= spanFrom && row <= spanTo) {
            flags[row] = 0
            body(row)
        }
        spanFrom = .max
        spanTo = -1
    }

    var isEmpty: Bool {
        if other || spanTo >= 0 { return false }
        for row in 0..<rows where flags[row] != 0 { return false }
        return true
    }
}
