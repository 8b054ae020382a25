// The guest keeps its own page tables, and the processor walks them itself when it misses in its TLB. What is left to do
// here is to forget: whenever the guest says that a translation changed, every cached copy of it goes. The processor
// keeps several address spaces warm, as the original kept several shadow tables, so forgetting is by address space.

import I386

extension EmbeddedLguest {
    /// The top 4 MiB of every guest's virtual space belong to the hypervisor.
    static let reservedBytes: UInt32 = 4 << 20
    static let reservedStart = GuestVirtual(0 &- reservedBytes)
    private static let reservedIndex: UInt32 = 1023

    private enum Entry {
        static let present: UInt32 = 0x001
        static let accessedOrDirty: UInt32 = 0x060
        /// PSE (in a page table: PAT) and PWT.
        static let illegalInTable: UInt32 = 0x088
        /// Anything but present, writable, user, accessed and dirty.
        static let illegalInDirectory: UInt32 = 0xf98
    }

    // H:520
    /// What the processor must refuse in a guest's tables; the guest dies of it when it uses such an entry.
    func pagingPolicy(frameLimit: PageFrame) -> MMUPolicy {
        var policy = MMUPolicy()
        policy.frameLimit = frameLimit
        policy.illegalDirectoryBits = Entry.illegalInDirectory
        policy.illegalTableBits = Entry.illegalInTable
        policy.reservedFrom = Self.reservedStart
        return policy
    }

    /// NEW_PGTABLE: switches to another page directory, whose translations are still known if it was used lately.
    func switchPageTable(to directory: GuestPhysical) {
        cpu.loadPageDirectory(directory)
    }

    /// FLUSH_TLB 0: forgets the user part of the current address space.
    func flushUserMappings() {
        cpu.flushTLB(.user(below: GuestVirtual(pageOffset)))
    }

    /// FLUSH_TLB 1: a kernel mapping changed, and that is part of every address space.
    func flushEverything() throws(GuestDeath) {
        cpu.flushTLB(.everything)
        try checkStack()
    }

    // H:530
    /// SET_PTE: one translation changed. Above the page offset it is the kernel's and known to all address spaces.
    func setPTE(directory: GuestPhysical, address: GuestVirtual, entry: UInt32) throws(GuestDeath) {
        guard address < Self.reservedStart else { throw .reservedMemory(address.rawValue) }
        if entry & Entry.present != 0, entry & Entry.accessedOrDirty != 0 {
            // Already marked as used: no use will come by to have it checked.
            guard entry & Entry.illegalInTable == 0, entry >> 12 < frameLimit.rawValue else {
                throw .badTableEntry(entry, address: address.rawValue)
            }
        }
        cpu.invalidate(page: address, in: address.rawValue >= pageOffset ? nil : directory)
    }

    /// SET_PMD: a directory entry changed, and with it 4 MiB of translations of that one address space.
    func setPMD(directory: GuestPhysical, index: UInt32) {
        guard index < Self.reservedIndex else { return }
        cpu.invalidate(directoryIndex: Int(index), in: directory)
    }

    // H:540
    /// SET_STACK: where traps from user mode find the kernel's stack.
    func setStack(segment: UInt32, esp: GuestVirtual, pages: UInt32) throws(GuestDeath) {
        guard segment & 3 == 1 else { throw .badStackSegment(segment) }
        guard pages <= 2 else { throw .tooManyStackPages(pages) }
        cpu.innerStack = (ss: UInt16(truncatingIfNeeded: segment), esp: esp.rawValue)
        stackPages = pages
        try checkStack()
    }

    /// A stack that cannot be pushed to is a double fault waiting to happen; better to die of it by name and at once.
    func checkStack() throws(GuestDeath) {
        for page in 0..<stackPages {
            let address = GuestVirtual(cpu.innerStack.esp &- 1 &- page &* 4096)
            guard address < Self.reservedStart else { throw .reservedMemory(address.rawValue) }
            do {
                _ = try cpu.translate(address, write: true, user: false)
            } catch {
                throw illegalTranslation(error) ?? .badStackPage(address.rawValue)
            }
        }
    }

    /// A page fault in the top 4 MiB is an ordinary one, unless the guest has put something there: that is an attempt.
    func refuseReservedMemory(_ address: GuestVirtual) throws(GuestDeath) {
        guard address >= Self.reservedStart else { return }
        let last = GuestPhysical((cpu.state.pointee.cr3 & 0xffff_f000) &+ Self.reservedIndex * 4)
        guard let entry = memory.load32(at: last), entry & Entry.present != 0 else { return }
        throw .reservedMemory(address.rawValue)
    }

    /// The death of a guest whose tables hold what they must not; nil when the fault is an ordinary exception.
    func illegalTranslation(_ fault: CPUFault) -> GuestDeath? {
        guard fault.isIllegalTranslation else { return nil }
        return fault.isDirectory
            ? .badDirectoryEntry(fault.errorCode, address: fault.address)
            : .badTableEntry(fault.errorCode, address: fault.address)
    }
}
