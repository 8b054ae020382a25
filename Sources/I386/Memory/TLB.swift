// The software TLB: what makes a guest memory access three host instructions. Each address space that the CPU keeps
// warm has one table per privilege, so neither a system call nor a context switch starts cold.

/// One cached translation. A tag is the page's linear address when the access is allowed without further thought; all
/// ones never match, and bit 0 in a write tag means "writable, but there is decoded code in this frame".
struct TLBEntry {
    var readTag: UInt32 = .max
    var writeTag: UInt32 = .max
    /// Host address of the page's first byte.
    var page: UnsafeMutableRawPointer

    static let count = 512
    static let codeBit: UInt32 = 1
}

/// One guest page directory and the translations cached from it.
struct AddressSpace {
    /// Page directory address; `none` for a free slot, `unpaged` for the identity mapping while CR0.PG is clear.
    var directory: UInt32 = AddressSpace.none
    var lastUse: UInt64 = 0
    /// Changes whenever a translation of a page with code may have changed; see `CPU.retag`.
    var generation: UInt64 = 0
    /// `count` entries for rings 0–2, then `count` for ring 3.
    let entries: UnsafeMutablePointer<TLBEntry>
    /// A Bloom filter (by page number) of the pages that code ran from, so that remapping data keeps chained code.
    let codePages: UnsafeMutablePointer<UInt64>

    static let none: UInt32 = 1
    static let unpaged: UInt32 = 2
    static let filterBits = 4096

    init() {
        entries = .allocate(capacity: 2 * TLBEntry.count)
        let nowhere = UnsafeMutableRawPointer(bitPattern: 4096).unsafelyUnwrapped
        entries.initialize(repeating: TLBEntry(page: nowhere), count: 2 * TLBEntry.count)
        codePages = .allocate(capacity: Self.filterBits / 64)
        codePages.initialize(repeating: 0, count: Self.filterBits / 64)
    }

    func deallocate() {
        entries.deallocate()
        codePages.deallocate()
    }

    func noteCodePage(_ linear: UInt32) {
        codePages[Int(linear >> 18) & 63] |= 1 << UInt64((linear >> 12) & 63)
    }
    func mayHoldCode(_ linear: UInt32) -> Bool {
        codePages[Int(linear >> 18) & 63] & (1 << UInt64((linear >> 12) & 63)) != 0
    }

    /// Forgets what one slot knows of a page.
    func drop(_ slot: Int, _ linear: UInt32) {
        guard entries[slot].readTag == linear else { return }
        entries[slot].readTag = .max
        entries[slot].writeTag = .max
    }
    /// Forgets every translation of pages for which `matches` is true.
    func drop(where matches: (UInt32) -> Bool) {
        for i in 0..<2 * TLBEntry.count {
            let e = entries + i
            if e.pointee.readTag != .max, matches(e.pointee.readTag) {
                e.pointee.readTag = .max
                e.pointee.writeTag = .max
            }
        }
    }
    func dropEverything() {
        for i in 0..<2 * TLBEntry.count {
            entries[i].readTag = .max
            entries[i].writeTag = .max
        }
        for i in 0..<Self.filterBits / 64 { codePages[i] = 0 }
    }
}

/// How much `CPU.flushTLB` forgets.
public enum TLBScope: Sendable, Equatable {
    /// The current address space below an address (the kernel's share stays).
    case user(below: GuestVirtual)
    /// All cached address spaces.
    case everything
}

extension CPU {
    /// Switches to another page directory and turns paging on. The last eight directories stay warm: returning to one
    /// starts with the translations it had, minus those invalidated since.
    public func loadPageDirectory(_ cr3: GuestPhysical) {
        state.pointee.cr3 = cr3.rawValue & 0xffff_f000
        state.pointee.cr0 |= 0x8000_0000
        selectSpace()
    }

    /// Forgets the translation of one page. nil: in every cached space.
    public func invalidate(page: GuestVirtual, in cr3: GuestPhysical?) {
        let linear = page.rawValue & 0xffff_f000
        let index = Int(linear >> 12) & (TLBEntry.count - 1)
        forEachSpace(cr3) { space in
            space.drop(index, linear)
            space.drop(TLBEntry.count + index, linear)
            return space.mayHoldCode(linear)
        }
    }

    /// Forgets the 4 MiB that one directory entry maps.
    public func invalidate(directoryIndex: Int, in cr3: GuestPhysical?) {
        guard (0..<1024).contains(directoryIndex) else { return }
        let top = UInt32(directoryIndex) << 22
        forEachSpace(cr3) { space in
            space.drop { $0 & 0xffc0_0000 == top }
            return true
        }
    }

    /// Forgets translations wholesale.
    public func flushTLB(_ scope: TLBScope) {
        switch scope {
        case .user(let limit):
            spaces[core.pointee.space].drop { $0 < limit.rawValue }
            renew(core.pointee.space)
        case .everything:
            for i in 0..<Self.spaceCount where spaces[i].directory != AddressSpace.none {
                spaces[i].dropEverything()
                renew(i)
            }
        }
        retag()
    }

    /// Forgets an address space altogether: its directory page is about to become something else.
    public func dropAddressSpace(_ cr3: GuestPhysical) {
        forEachSpace(cr3) { space in
            space.dropEverything()
            return true
        }
        for i in 0..<Self.spaceCount
        where i != core.pointee.space && spaces[i].directory == cr3.rawValue & 0xffff_f000 {
            spaces[i].directory = AddressSpace.none
        }
    }

    private func forEachSpace(_ cr3: GuestPhysical?, _ body: (AddressSpace) -> Bool) {
        for i in 0..<Self.spaceCount where spaces[i].directory != AddressSpace.none {
            if let cr3, spaces[i].directory != cr3.rawValue & 0xffff_f000 { continue }
            if body(spaces[i]) { renew(i) }
        }
        retag()
    }

    /// Gives a space a new name, so that no chained jump made under the old one is followed again.
    func renew(_ index: Int) {
        spaces[index].generation = core.pointee.nextGeneration
        core.pointee.nextGeneration &+= 1
    }

    /// Makes the address space that cr0 and cr3 name the current one, taking the least recently used slot if it is new.
    func selectSpace() {
        let paged = state.pointee.cr0 & 0x8000_0000 != 0
        let directory = paged ? state.pointee.cr3 & 0xffff_f000 : AddressSpace.unpaged
        core.pointee.clock &+= 1
        var chosen = core.pointee.space
        if spaces[chosen].directory != directory {
            chosen = 0
            for i in 0..<Self.spaceCount {
                if spaces[i].directory == directory {
                    chosen = i
                    break
                }
                if spaces[i].lastUse < spaces[chosen].lastUse { chosen = i }
            }
            if spaces[chosen].directory != directory {
                spaces[chosen].directory = directory
                spaces[chosen].dropEverything()
                renew(chosen)
            }
        }
        spaces[chosen].lastUse = core.pointee.clock
        core.pointee.space = chosen
        retag()
    }

    /// Recomputes what depends on address space, privilege and mode together.
    func retag() {
        let user = state.pointee.cpl == 3
        let space = spaces + core.pointee.space
        core.pointee.tlb = space.pointee.entries + (user ? TLBEntry.count : 0)
        core.pointee.tag = space.pointee.generation << 8 | UInt64(core.pointee.mode) | (user ? 0x80 : 0)
    }
}
