// Horizontal tab stops, a bit a column.

struct TabStops {
    private var words: [UInt64]
    private let columns: Int

    init(columns: Int) {
        self.columns = columns
        words = Array(repeating: 0, count: (columns + 63) / 64)
        reset()
    }

    /// A stop at every eighth column, as after power-on.
    mutating func reset() {
        for index in words.indices { words[index] = 0x0101_0101_0101_0101 }
        // Column 0 carries no stop that anything could reach going right, but CBT ends there anyway.
    }

    mutating func clearAll() { for index in words.indices { words[index] = 0 } }

    mutating func set(_ column: Int, _ on: Bool) {
        guard column >= 0, column < columns else { return }
        let bit = UInt64(1) << UInt64(column & 63)
        if on { words[column >> 6] |= bit } else { words[column >> 6] &= ~bit }
    }

    func contains(_ column: Int) -> Bool {
        column >= 0 && column < columns && words[column >> 6] >> UInt64(column & 63) & 1 != 0
    }

    /// The first stop right of `column`, or `limit` when there is none before it.
    func next(after column: Int, limit: Int) -> Int {
        var candidate = column + 1
        while candidate < limit {
            let rest = words[candidate >> 6] >> UInt64(candidate & 63)
            if rest != 0 { return min(limit, candidate + rest.trailingZeroBitCount) }
            candidate = (candidate | 63) + 1
        }
        return max(limit, column)
    }

    /// The last stop left of `column`, or `limit`.
    func previous(before column: Int, limit: Int) -> Int {
        var candidate = column - 1
        while candidate > limit {
            if contains(candidate) { return candidate }
            candidate -= 1
        }
        return min(limit, column)
    }

    /// The same stops on a screen of another width; new columns get the usual ones.
    func resized(to newColumns: Int) -> TabStops {
        var copy = TabStops(columns: newColumns)
        for column in 0..<min(columns, newColumns) { copy.set(column, contains(column)) }
        return copy
    }
}
