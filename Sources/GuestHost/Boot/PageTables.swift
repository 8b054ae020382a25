// The guest starts with paging on (there is no real mode in which to turn it on), so somebody must draw the first page
// tables, and it is us. They are as dull as can be: all memory, in order, at the page offset.

import I386

extension BootLayout {
    /// Present, writable, user: the least that anybody could object to.
    private static let entryBits: UInt32 = 0x7

    /// H:122 Writes the page directory and the linear page tables. The kernel replaces them as soon as it has its own.
    package func writePageTables(pageOffset: UInt32, into memory: GuestMemory) -> Bool {
        guard
            let tables = memory.bytes(
                at: GuestPhysical(UInt32(truncatingIfNeeded: pageTables)), count: Int(tableCount) * 4096),
            let directory = memory.bytes(at: GuestPhysical(UInt32(truncatingIfNeeded: pageDirectory)), count: 4096)
        else { return false }
        for page in 0..<Int(mappedPages) {
            let entry = UInt32(truncatingIfNeeded: page << 12) | Self.entryBits
            tables.storeBytes(of: entry.littleEndian, toByteOffset: page * 4, as: UInt32.self)
        }
        let first = Int(pageOffset >> 22)
        for table in 0..<Int(tableCount) where first + table < 1024 {
            let entry = UInt32(truncatingIfNeeded: pageTables + UInt64(table) * 4096) | Self.entryBits
            directory.storeBytes(of: entry.littleEndian, toByteOffset: (first + table) * 4, as: UInt32.self)
        }
        return true
    }
}
