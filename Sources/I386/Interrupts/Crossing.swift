// The short way between rings. A guest crosses by the same few selectors all its life: what its kernel's code and stack segments
// and its programs' come to has been found out, with every check of the manual, by the long way (Deliver, FarTransfer), and holds
// until one of their descriptors changes. What is left to do is to move a frame of five words.

/// What a crossing loads, if it is the usual one: cs and ss, both flat.
struct Crossing {
    var isKnown = false
    var code = SegmentRegister()
    var stack = SegmentRegister()

    /// Depends on the descriptor with this index.
    func uses(_ index: Int) -> Bool {
        Int(code.selector >> 3) == index || Int(stack.selector >> 3) == index
    }
}

extension CPU {
    /// A descriptor has another meaning from now on; nil: perhaps all of them.
    func forgetCrossings(_ index: Int?) {
        if index.map({ core.pointee.inward.uses($0) }) ?? true { core.pointee.inward.isKnown = false }
        if index.map({ core.pointee.outward.uses($0) }) ?? true { core.pointee.outward.isKnown = false }
    }

    /// A crossing from `cpl` has gone the long way.
    func noteCrossing(from cpl: UInt8) {
        guard core.pointee.mode == Self.flatMode else { return }
        let s = state
        if cpl == 3, s.pointee.cpl != 3 {
            core.pointee.inward = Crossing(isKnown: true, code: s.pointee.cs, stack: s.pointee.ss)
        } else if cpl != 3, s.pointee.cpl == 3 {
            core.pointee.outward = Crossing(isKnown: true, code: s.pointee.cs, stack: s.pointee.ss)
        }
    }

    /// `int n` in generated code, whose status flags are in the frame and stay there.
    ///
    /// - Returns: false, with nothing done, when it has to go the long way.
    func enterQuickly(_ vector: UInt8, next: UInt32) -> Bool {
        let s = state
        let gate = gates + Int(vector)
        guard gate.pointee.delivers, gate.pointee.dpl >= s.pointee.cpl else { return false }
        return enterQuickly(
            gate.pointee.offset, gate.pointee.selector, errorCode: nil, from: next,
            flags: s.pointee.eflags & ~Flag.status | s.packedStatusFlags, masks: gate.pointee.isInterrupt)
    }

    /// What `enter` does, in flat mode, to the kernel's usual code from ring 3 or from the kernel itself.
    @inline(__always)
    func enterQuickly(
        _ handler: UInt32, _ selector: UInt16, errorCode: UInt32?, from eip: UInt32, flags: UInt32, masks: Bool
    ) -> Bool {
        let s = state
        let known = core.pointee.inward
        guard known.isKnown, (selector ^ known.code.selector) & 0xfffc == 0 else { return false }
        let crosses = s.pointee.cpl == 3
        guard crosses ? core.pointee.innerSS == known.stack.selector : s.pointee.cpl == UInt8(known.code.selector & 3)
        else { return false }
        let bytes: UInt32 = (crosses ? 20 : 12) &+ (errorCode == nil ? 0 : 4)
        let bottom = (crosses ? core.pointee.innerESP : s.pointee.esp) &- bytes
        let table = spaces[core.pointee.space].entries
        let entry = table + Int((bottom >> 12) & UInt32(TLBEntry.count - 1))
        guard bottom & 0xfff <= 4096 &- bytes else { return false }
        if entry.pointee.writeTag != bottom & 0xffff_f000 {
            guard isMapped(bottom, write: true), entry.pointee.writeTag == bottom & 0xffff_f000 else { return false }
        }

        // SAFETY: the TLB vouches for the page, and the frame lies inside it.
        var frame = entry.pointee.host(bottom)
        if let errorCode {
            frame.storeBytes(of: errorCode, as: UInt32.self)
            frame += 4
        }
        frame.storeBytes(of: eip, as: UInt32.self)
        frame.storeBytes(of: UInt32(s.pointee.cs.selector), toByteOffset: 4, as: UInt32.self)
        frame.storeBytes(of: flags, toByteOffset: 8, as: UInt32.self)
        if crosses {
            frame.storeBytes(of: s.pointee.esp, toByteOffset: 12, as: UInt32.self)
            frame.storeBytes(of: UInt32(s.pointee.ss.selector), toByteOffset: 16, as: UInt32.self)
            s.pointee.ss = known.stack
        }
        s.pointee.esp = bottom
        s.pointee.cs = known.code
        s.pointee.eip = handler
        s.pointee.eflags &= ~(Flag.tf | Flag.nt | Flag.rf | Flag.vm | (masks ? Flag.if : 0))
        retag()
        return true
    }

    /// `iret` of 32 bits from the kernel, to where programs run or inside of the kernel. As above.
    func returnQuickly() -> Bool {
        let s = state
        let cpl = s.pointee.cpl
        let esp = s.pointee.esp
        let entry = core.pointee.tlb + Int((esp >> 12) & UInt32(TLBEntry.count - 1))
        guard cpl != 3, s.pointee.eflags & Flag.nt == 0, esp & 0xfff <= 4096 - 20 else { return false }
        if entry.pointee.readTag != esp & 0xffff_f000 {
            guard isMapped(esp, write: false), entry.pointee.readTag == esp & 0xffff_f000 else { return false }
        }
        // SAFETY: as above.
        let frame = entry.pointee.host(esp)
        let eip = frame.loadUnaligned(as: UInt32.self)
        let selector = frame.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
        let flags = frame.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        // A single step is not for generated code.
        guard flags & Flag.tf == 0 else { return false }

        if UInt8(selector & 3) == cpl {
            guard core.pointee.inward.isKnown, core.pointee.inward.code.selector == selector else { return false }
            writePackedFlags(flags)
            s.pointee.cs = core.pointee.inward.code
            s.pointee.esp = esp &+ 12
            s.pointee.eip = eip
            return true
        }
        let known = core.pointee.outward
        guard known.isKnown, known.code.selector == selector,
            known.stack.selector == frame.loadUnaligned(fromByteOffset: 16, as: UInt16.self),
            s.pointee.es.staysInRing3, s.pointee.ds.staysInRing3, s.pointee.fs.staysInRing3, s.pointee.gs.staysInRing3
        else { return false }
        // The old privilege decides which flags may change.
        writePackedFlags(flags)
        s.pointee.cs = known.code
        s.pointee.ss = known.stack
        s.pointee.esp = frame.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        s.pointee.eip = eip
        retag()
        return true
    }

    /// Has a page of the kernel's looked up, so that the TLB knows it, if it may. If that faults, the long way will find out once more.
    @inline(never)
    private func isMapped(_ linear: UInt32, write: Bool) -> Bool {
        do throws(CPUFault) {
            _ = try translate(linear, write: write, user: false)
            return true
        } catch {
            return false
        }
    }

    /// `writeFlags` for generated code.
    @inline(__always)
    private func writePackedFlags(_ value: UInt32) {
        let changeable = changeableFlags(4)
        let flags = state.pointee.eflags & ~changeable | value & changeable
        state.pointee.eflags = flags | 2
        state.pack(statusFlags: flags)
    }
}

extension SegmentRegister {
    /// Null, or of a ring 3 that may keep it.
    fileprivate var staysInRing3: Bool { attributes & 0x10 == 0 || attributes & 0x70 == 0x70 }
}
