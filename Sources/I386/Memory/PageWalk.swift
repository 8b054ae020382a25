// The slow half of address translation: walking the guest's own two-level page tables (SDM 3A 4.3), with the accessed
// and dirty bits, write protection, and the rules that the hypervisor adds. Page tables are hostile input: every frame
// number is checked before it is used.

import Synchronization

extension CPU {
    /// The host address of a linear one, entering it into the TLB. The caller stays inside the page.
    ///
    /// - Parameter user: whose rights count; also selects the table to fill.
    func translate(_ linear: UInt32, write: Bool, user: Bool) throws(CPUFault) -> UnsafeMutableRawPointer {
        let space = spaces + core.pointee.space
        let table = space.pointee.entries + (user ? TLBEntry.count : 0)
        let entry = table + (Int(linear >> 12) & (TLBEntry.count - 1))
        let pageAddress = linear & 0xffff_f000
        if core.pointee.isRecording { return try translateForLockstep(linear, write: write, user: user) }
        if write {
            if entry.pointee.writeTag == pageAddress { return entry.pointee.host(linear) }
            if entry.pointee.writeTag == pageAddress | TLBEntry.codeBit {
                let frame = (entry.pointee.host(pageAddress) - memory.base) >> 12
                if memory.frameHasCode[frame].load(ordering: .relaxed) == 0 {
                    // The code that was here is gone: stores may be fast again.
                    entry.pointee.writeTag = pageAddress
                    code.writeMapped[frame] = 1
                }
                return entry.pointee.host(linear)
            }
        } else if entry.pointee.readTag == pageAddress {
            return entry.pointee.host(linear)
        }

        let walked = try walk(linear, write: write, user: user)
        // SAFETY: the walk has checked that the frame lies inside memory.
        let page = memory.base + Int(walked.frame) << 12
        guard !AddressSpace.isMarginal(linear) else { return page + Int(linear & 0xfff) }
        entry.pointee.addend = Int(bitPattern: page) &- Int(pageAddress)
        entry.pointee.readTag = pageAddress
        space.pointee.noteUse(entry)
        if walked.writable && walked.dirty {
            if memory.frameHasCode[Int(walked.frame)].load(ordering: .relaxed) != 0 {
                entry.pointee.writeTag = pageAddress | TLBEntry.codeBit
            } else {
                entry.pointee.writeTag = pageAddress
                code.writeMapped[Int(walked.frame)] = 1
            }
        } else {
            entry.pointee.writeTag = .max
        }
        return page + Int(linear & 0xfff)
    }

    /// The same without short cuts, so that every page is noted before it is written to.
    private func translateForLockstep(
        _ linear: UInt32, write: Bool, user: Bool
    ) throws(CPUFault) -> UnsafeMutableRawPointer {
        let space = spaces + core.pointee.space
        let table = space.pointee.entries + (user ? TLBEntry.count : 0)
        let entry = table + (Int(linear >> 12) & (TLBEntry.count - 1))
        let pageAddress = linear & 0xffff_f000
        if !write, entry.pointee.readTag == pageAddress { return entry.pointee.host(linear) }
        let walked = try walk(linear, write: write, user: user)
        let page = memory.base + Int(walked.frame) << 12
        if write { noteForLockstep(frame: Int(walked.frame)) }
        guard !AddressSpace.isMarginal(linear) else { return page + Int(linear & 0xfff) }
        entry.pointee.addend = Int(bitPattern: page) &- Int(pageAddress)
        entry.pointee.readTag = pageAddress
        entry.pointee.writeTag = .max
        space.pointee.noteUse(entry)
        if write {
            if memory.frameHasCode[Int(walked.frame)].load(ordering: .relaxed) != 0 {
                entry.pointee.writeTag = pageAddress | TLBEntry.codeBit
            } else {
                entry.pointee.writeTag = pageAddress
                code.writeMapped[Int(walked.frame)] = 1
            }
        }
        return page + Int(linear & 0xfff)
    }

    struct Walked {
        var frame: UInt32
        var writable: Bool
        var dirty: Bool
    }

    private func walk(_ linear: UInt32, write: Bool, user: Bool) throws(CPUFault) -> Walked {
        core.pointee.walks &+= 1
        let code: UInt32 = (write ? 2 : 0) | (user ? 4 : 0)
        if let top = core.pointee.policy.reservedFrom, linear >= top.rawValue {
            throw .pageFault(linear, errorCode: code)
        }
        guard state.pointee.cr0 & 0x8000_0000 != 0 else {
            guard frameExists(linear >> 12) else {
                throw .illegalTranslation(entry: linear & 0xffff_f000, address: linear, isDirectory: false)
            }
            return Walked(frame: linear >> 12, writable: true, dirty: true)
        }

        let directory = state.pointee.cr3 & 0xffff_f000
        guard frameExists(directory >> 12) else {
            throw .illegalTranslation(entry: directory, address: linear, isDirectory: true)
        }
        let directoryAt = directory + (linear >> 22) << 2
        let pde = physical32(directoryAt)
        guard pde & 1 != 0 else { throw .pageFault(linear, errorCode: code) }
        guard pde & core.pointee.policy.illegalDirectoryBits == 0, frameExists(pde >> 12) else {
            throw .illegalTranslation(entry: pde, address: linear, isDirectory: true)
        }
        let tableAt = pde & 0xffff_f000 + ((linear >> 12) & 0x3ff) << 2
        let pte = physical32(tableAt)
        guard pte & 1 != 0 else { throw .pageFault(linear, errorCode: code) }

        let both = pde & pte
        let mayWrite = both & 2 != 0 || (!user && state.pointee.cr0 & 0x10000 == 0)
        if (user && both & 4 == 0) || (write && !mayWrite) { throw .pageFault(linear, errorCode: code | 1) }
        guard pte & core.pointee.policy.illegalTableBits == 0, frameExists(pte >> 12) else {
            throw .illegalTranslation(entry: pte, address: linear, isDirectory: false)
        }
        if pde & 0x20 == 0 { setPhysical32(directoryAt, pde | 0x20) }
        let marked = pte | 0x20 | (write ? 0x40 : 0)
        if marked != pte { setPhysical32(tableAt, marked) }
        return Walked(frame: pte >> 12, writable: mayWrite, dirty: marked & 0x40 != 0)
    }

    private func frameExists(_ frame: UInt32) -> Bool {
        frame < core.pointee.policy.frameLimit.rawValue && UInt64(frame) < memory.size >> 12
    }
    private func physical32(_ at: UInt32) -> UInt32 {
        // SAFETY: `at` is four-byte aligned inside a frame that exists.
        memory.base.load(fromByteOffset: Int(at), as: UInt32.self)
    }
    private func setPhysical32(_ at: UInt32, _ value: UInt32) {
        if core.pointee.isRecording { noteForLockstep(frame: Int(at >> 12)) }
        // SAFETY: as above. A guest that runs code out of its page tables gets what it asked for, but correctly.
        memory.base.storeBytes(of: value, toByteOffset: Int(at), as: UInt32.self)
        noteWrite(physical: Int(at), count: 4)
    }
}
