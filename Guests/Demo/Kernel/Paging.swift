// Page tables of our own. The launcher's first ones map memory in a straight line, readable and writable
// by everybody; that is no way to live. Ours make the kernel's code read-only, keep ring 3 out, leave a hole below the
// stack, map the device pages, and give each program an address space.

/// One address space: a page directory whose upper quarter is the same everywhere.
struct AddressSpace {
    var directory: Physical

    var entries: UnsafeMutablePointer<UInt32> {
        directory.pointer.assumingMemoryBound(to: UInt32.self)
    }

    func table(_ index: Int) -> UnsafeMutablePointer<UInt32>? {
        let entry = entries[index]
        guard entry & Paging.present != 0 else { return nil }
        return Physical(entry & Paging.frameMask).pointer.assumingMemoryBound(to: UInt32.self)
    }

    /// The page-table entry that maps `address`, or 0.
    func entry(for address: UInt32) -> UInt32 {
        table(Int(address >> 22))?[Int(address >> 12 & 1023)] ?? 0
    }

    // G:410 A page table is our memory, but the host runs us on a shadow of it: so each change is announced.
    /// Maps one page and tells the host, whose shadow of this table may be older.
    func map(_ address: UInt32, to frame: Physical, flags: UInt32) {
        let index = Int(address >> 22)
        if entries[index] & Paging.present == 0 {
            entries[index] = Frames.take(.pageTable).value | Paging.directoryFlags
            Hypercall.later(.setPMD, directory.value, UInt32(index))
        }
        let entry = frame.value | flags | Paging.present
        table(index)?[Int(address >> 12 & 1023)] = entry
        Hypercall.later(.setPTE, directory.value, address, entry)
    }

    func activate() { Hypercall.call(.newPageTable, directory.value) }
}

enum Paging {
    static let present: UInt32 = 1
    static let writable: UInt32 = 2
    static let user: UInt32 = 4
    static let accessed: UInt32 = 0x20
    static let dirty: UInt32 = 0x40
    static let frameMask: UInt32 = 0xFFFF_F000
    /// Directory entries allow everything; the tables below them decide.
    static let directoryFlags: UInt32 = present | writable | user

    nonisolated(unsafe) private(set) static var kernel = AddressSpace(directory: Physical(0))
    nonisolated(unsafe) private static var nextDevice = Layout.deviceWindow

    // G:400 Leaving the launcher's page tables for our own. Until the last two lines the old ones still carry us.
    static func start() {
        kernel = AddressSpace(directory: Frames.take(.pageTable))
        let readonlyEnd = Int(Physical(linear: address_of_readonly_end()).value / pageSize)
        let readonlyStart = Int(Physical(linear: address_of_kernel_start()).value / pageSize)
        let hole = Int(Physical(linear: address_of_stack_guard()).value / pageSize)
        for first in stride(from: 0, to: Frames.count, by: 1024) {
            let table = Frames.take(.pageTable)
            let entries = table.pointer.assumingMemoryBound(to: UInt32.self)
            for frame in first..<min(first + 1024, Frames.count) {
                entries[frame - first] = UInt32(frame) << 12 | present | writable
            }
            kernel.entries[Int(Layout.kernelBase >> 22) + first / 1024] = table.value | directoryFlags
        }
        for frame in readonlyStart..<readonlyEnd {
            let address = Layout.kernelBase + UInt32(frame) << 12
            kernel.table(Int(address >> 22))?[Int(address >> 12 & 1023)] &= ~writable
        }
        let address = Layout.kernelBase + UInt32(hole) << 12
        kernel.table(Int(address >> 22))?[Int(address >> 12 & 1023)] = 0
        // The device window's table exists before the first program does, so that every address space shares it.
        kernel.entries[Int(Layout.deviceWindow >> 22)] = Frames.take(.pageTable).value | directoryFlags
        kernel.activate()
        Hypercall.call(.flushTLB, 1)
    }

    /// A kernel address for pages that lie behind the end of memory.
    static func mapDevice(frame: UInt32, count: UInt32) -> UnsafeMutableRawPointer {
        let start = nextDevice
        for page in 0..<count {
            kernel.map(start + page * pageSize, to: Physical((frame + page) * pageSize), flags: writable)
        }
        nextDevice += count * pageSize
        // SAFETY: the addresses lie in the device window and were mapped above.
        return UnsafeMutableRawPointer(bitPattern: UInt(start)).unsafelyUnwrapped
    }

    /// A new address space: the kernel's half, and nothing below it.
    static func makeAddressSpace() -> AddressSpace {
        let space = AddressSpace(directory: Frames.take(.pageTable))
        for index in Int(Layout.kernelBase >> 22)..<1024 { space.entries[index] = kernel.entries[index] }
        return space
    }
}
