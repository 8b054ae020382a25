// The software TLB: what makes a guest memory access three host instructions. Each address space that the CPU keeps
// warm has one table per privilege, so neither a system call nor a context switch starts cold.

/// One cached translation. A tag is the page's linear address when the access is allowed without further thought; all
/// ones never match, and bit 0 in a write tag means "writable, but there is decoded code in this frame".
struct TLBEntry {
    var readTag: UInt32 = .max
    var writeTag: UInt32 = .max
    /// Host address of the page's first byte, less its linear one: the host address of a byte is one addition away.
    var addend: Int = 0

    /// Eight megabytes' worth, so that a walk through four of them does not miss. What is not used costs nothing: no memory,
    /// and no time when it is forgotten.
    static let count = 2048
    static let codeBit: UInt32 = 1

    /// The host address of a linear one in this page.
    @inline(__always) func host(_ linear: UInt32) -> UnsafeMutableRawPointer {
        // SAFETY: entries whose tags can match are made by `translate`, from pages inside guest memory.
        UnsafeMutableRawPointer(bitPattern: addend &+ Int(linear)).unsafelyUnwrapped
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
        core.pointee.tlbDrops &+= 1
        forEachSpace(cr3) { space in
            space.drop(page: linear)
        } affectsCode: { filter in
            filter.mayHold(page: linear)
        }
    }

    /// Forgets the 4 MiB that one directory entry maps.
    public func invalidate(directoryIndex: Int, in cr3: GuestPhysical?) {
        guard (0..<1024).contains(directoryIndex) else { return }
        let top = UInt32(directoryIndex) << 22
        core.pointee.tlbDrops &+= 1
        forEachSpace(cr3) { space in
            space.drop { $0 & 0xffc0_0000 == top }
        } affectsCode: { filter in
            filter.holds(directory: directoryIndex)
        }
    }

    /// Forgets translations wholesale.
    public func flushTLB(_ scope: TLBScope) {
        core.pointee.tlbFlushes &+= 1
        switch scope {
        case .user(let limit):
            let last = Int(limit.rawValue >> 22)
            forEachSpace(GuestPhysical(spaces[core.pointee.space].directory)) { space in
                space.drop(below: limit.rawValue)
            } affectsCode: { filter in
                filter.holds(directoriesUpTo: last)
            }
        case .everything:
            forEachSpace(nil) { space in
                space.dropEverything()
            } affectsCode: { _ in
                true
            }
        }
    }

    /// Forgets an address space altogether: its directory page is about to become something else.
    public func dropAddressSpace(_ cr3: GuestPhysical) {
        forEachSpace(cr3) { space in
            space.dropEverything()
        } affectsCode: { _ in
            true
        }
        for i in 0..<Self.spaceCount
        where i != core.pointee.space && spaces[i].directory == cr3.rawValue & 0xffff_f000 {
            spaces[i].directory = AddressSpace.none
        }
    }

    /// Drops translations in one space or in all, and the chained jumps of each privilege that had code among them.
    private func forEachSpace(
        _ cr3: GuestPhysical?, drop: (AddressSpace) -> Void, affectsCode: (CodeFilter) -> Bool
    ) {
        for i in 0..<Self.spaceCount where spaces[i].directory != AddressSpace.none {
            if let cr3, spaces[i].directory != cr3.rawValue & 0xffff_f000, spaces[i].directory != cr3.rawValue {
                continue
            }
            drop(spaces[i])
            for user in [false, true] where affectsCode(spaces[i].codeFilter(user: user)) {
                renew(i, user: user)
                core.pointee.chainsDropped &+= 1
            }
        }
        retag()
    }

    /// Gives a privilege of a space a new name, so that no chained jump made under the old one is followed again.
    func renew(_ index: Int, user: Bool) {
        if user {
            spaces[index].userGeneration = core.pointee.nextGeneration
        } else {
            spaces[index].kernelGeneration = core.pointee.nextGeneration
        }
        core.pointee.nextGeneration &+= 1
        // What ran under the old name is noted again when it is looked up under the new one.
        spaces[index].codeFilter(user: user).clear()
    }

    /// Makes the address space that cr0 and cr3 name the current one, taking the least recently used slot if it is new.
    func selectSpace() {
        let paged = state.pointee.cr0 & 0x8000_0000 != 0
        let directory = paged ? state.pointee.cr3 & 0xffff_f000 : AddressSpace.unpaged
        core.pointee.clock &+= 1
        var chosen = core.pointee.space
        if spaces[chosen].directory != directory {
            core.pointee.spaceSwitches &+= 1
            chosen = 0
            for i in 0..<Self.spaceCount {
                if spaces[i].directory == directory {
                    chosen = i
                    break
                }
                if spaces[i].lastUse < spaces[chosen].lastUse { chosen = i }
            }
            if spaces[chosen].directory != directory {
                spaces[chosen].claim(directory)
                core.pointee.spacesForgotten &+= 1
                renew(chosen, user: false)
                renew(chosen, user: true)
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
        let generation = user ? space.pointee.userGeneration : space.pointee.kernelGeneration
        core.pointee.tag = generation << 8 | UInt64(core.pointee.mode)
    }
}
