// One guest page directory as the CPU remembers it: translations for both privileges, and where code ran, so that a
// change of the map costs chained jumps only when it can have moved code.

/// One guest page directory and what is cached from it.
struct AddressSpace {
    /// Page directory address; `none` for a free slot, `unpaged` for the identity mapping while CR0.PG is clear.
    var directory: UInt32 = AddressSpace.none
    var lastUse: UInt64 = 0
    /// Change whenever a translation of a page with code may have changed for rings 0–2 or ring 3; see `CPU.retag`.
    var kernelGeneration: UInt64 = 0
    var userGeneration: UInt64 = 0
    /// `count` entries for rings 0–2, then `count` for ring 3. Memory that is not touched before the space is claimed.
    let entries: UnsafeMutablePointer<TLBEntry>
    /// A bit for each entry that may hold something: a large table must not make forgetting dear.
    private let used: UnsafeMutablePointer<UInt64>
    /// The same of those below `kernel`: a kernel that forgets what its programs own is not to pay for what it owns itself.
    private let low: UnsafeMutablePointer<UInt64>
    /// Where code ran: two filters in a row.
    private let filters: UnsafeMutablePointer<UInt64>
    /// The entries have been initialised.
    private var isReady = false

    /// Pages this near to either end of the linear addresses are never in the table. So an address that it finds plus or minus
    /// less than this is the same number in 32 bits and in 64, which spares generated code an instruction for each access.
    static var margin: UInt32 { 0x10000 }
    @inline(__always) static func isMarginal(_ linear: UInt32) -> Bool { linear &+ margin < 2 &* margin }

    static let none: UInt32 = 1
    static let unpaged: UInt32 = 2
    /// Where everybody's kernel starts.
    private static let kernel: UInt32 = 0xc000_0000
    private static let usedWords = 2 * TLBEntry.count / 64

    init() {
        entries = .allocate(capacity: 2 * TLBEntry.count)
        used = .allocate(capacity: Self.usedWords)
        used.initialize(repeating: 0, count: Self.usedWords)
        low = .allocate(capacity: Self.usedWords)
        low.initialize(repeating: 0, count: Self.usedWords)
        filters = .allocate(capacity: 2 * CodeFilter.words)
        filters.initialize(repeating: 0, count: 2 * CodeFilter.words)
    }

    func deallocate() {
        entries.deallocate()
        used.deallocate()
        low.deallocate()
        filters.deallocate()
    }

    /// Takes the slot for a directory, with nothing known of it.
    mutating func claim(_ directory: UInt32) {
        self.directory = directory
        if isReady {
            dropEverything()
        } else {
            entries.initialize(repeating: TLBEntry(), count: 2 * TLBEntry.count)
            isReady = true
        }
    }

    func codeFilter(user: Bool) -> CodeFilter { CodeFilter(bits: filters + (user ? CodeFilter.words : 0)) }

    /// An entry has been filled.
    @inline(__always) func noteUse(_ entry: UnsafeMutablePointer<TLBEntry>) {
        let i = entry - entries
        used[i >> 6] |= 1 << UInt64(i & 63)
        if entry.pointee.readTag < Self.kernel { low[i >> 6] |= 1 << UInt64(i & 63) }
    }

    /// Every entry that may hold something; those for which `body` is false hold nothing any more.
    @inline(__always) func forEachUsed(_ body: (UnsafeMutablePointer<TLBEntry>) -> Bool) {
        for word in 0..<Self.usedWords where used[word] != 0 {
            var left = used[word]
            while left != 0 {
                let bit = left.trailingZeroBitCount
                left &= left &- 1
                if !body(entries + (word << 6 + bit)) { used[word] &= ~(1 << UInt64(bit)) }
            }
        }
    }

    /// Forgets the translations of one page.
    func drop(page: UInt32) {
        let kernel = entries + (Int(page >> 12) & (TLBEntry.count - 1))
        forget(kernel, page)
        forget(kernel + TLBEntry.count, page)
    }
    private func forget(_ entry: UnsafeMutablePointer<TLBEntry>, _ page: UInt32) {
        guard entry.pointee.readTag == page else { return }
        entry.pointee.readTag = .max
        entry.pointee.writeTag = .max
    }
    /// Forgets every translation of pages for which `matches` is true.
    func drop(where matches: (UInt32) -> Bool) {
        forEachUsed { e in
            guard e.pointee.readTag != .max else { return false }
            guard matches(e.pointee.readTag) else { return true }
            e.pointee.readTag = .max
            e.pointee.writeTag = .max
            return false
        }
    }
    /// Forgets every translation of pages below `limit`.
    func drop(below limit: UInt32) {
        guard limit <= Self.kernel else { return drop { $0 < limit } }
        for word in 0..<Self.usedWords where low[word] != 0 {
            var left = low[word]
            while left != 0 {
                let bit = left.trailingZeroBitCount
                left &= left &- 1
                let e = entries + (word << 6 + bit)
                if e.pointee.readTag >= limit, e.pointee.readTag < Self.kernel { continue }
                if e.pointee.readTag < limit {
                    e.pointee.readTag = .max
                    e.pointee.writeTag = .max
                }
                low[word] &= ~(1 << UInt64(bit))
            }
        }
    }
    func dropEverything() {
        forEachUsed { e in
            e.pointee.readTag = .max
            e.pointee.writeTag = .max
            return false
        }
    }
}

/// The pages that code of one privilege ran from: a Bloom filter by page number, and exactly by directory entry.
struct CodeFilter {
    fileprivate let bits: UnsafeMutablePointer<UInt64>
    private static let pageWords = 64
    static let words = pageWords + 16

    func note(_ linear: UInt32) {
        bits[Int(linear >> 18) & 63] |= 1 << UInt64((linear >> 12) & 63)
        bits[Self.pageWords + Int(linear >> 28)] |= 1 << UInt64((linear >> 22) & 63)
    }
    func mayHold(page linear: UInt32) -> Bool {
        bits[Int(linear >> 18) & 63] & (1 << UInt64((linear >> 12) & 63)) != 0
    }
    /// - Parameter directory: 0…1023.
    func holds(directory: Int) -> Bool {
        bits[Self.pageWords + directory >> 6] & (1 << UInt64(directory & 63)) != 0
    }
    /// Any of 0…last, word by word: a flush of what programs own asks about 768.
    func holds(directoriesUpTo last: Int) -> Bool {
        let directories = bits + Self.pageWords
        for word in 0..<last >> 6 where directories[word] != 0 { return true }
        return directories[last >> 6] & UInt64.max >> UInt64(63 - last & 63) != 0
    }
    func clear() {
        for i in 0..<Self.words { bits[i] = 0 }
    }
}
