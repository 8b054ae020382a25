// Control transfers that load cs: far jumps and calls inside a privilege level, far returns and IRET to the same or an
// outer one (SDM 2, JMP, CALL, RET, IRET). Call gates, task gates and task switches do not exist here: a selector that
// names one is #GP like any other that is not a code segment.

extension CPU {
    /// What cs becomes by a far jump or call to `selector`.
    private func farTarget(_ selector: UInt16, _ offset: UInt32) throws(CPUFault) -> SegmentRegister {
        let code = UInt32(selector & 0xfffc)
        let cpl = state.pointee.cpl
        guard code != 0 else { throw .generalProtection() }
        guard let d = lookUp(selector), d.isCode else { throw .generalProtection(code) }
        let allowed = d.isConforming ? d.dpl <= cpl : d.dpl == cpl && UInt8(selector & 3) <= cpl
        guard allowed else { throw .generalProtection(code) }
        guard d.isPresent else { throw .segmentNotPresent(code) }
        guard offset <= d.limit else { throw .generalProtection() }
        return cache(d, selector & 0xfffc | UInt16(cpl))
    }

    func executeFarJump(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let target: UInt32
        let selector: UInt16
        switch op.pointee.operation {
        case .jumpFar, .callFar:
            target = op.pointee.imm
            selector = UInt16(truncatingIfNeeded: op.pointee.aux)
        default:
            (target, selector) = try farPointer(op)
        }
        let cs = try farTarget(selector, target)
        if op.pointee.operation == .callFar || op.pointee.operation == .callFarIndirect {
            try storeBelow(UInt32(size), UInt32(state.pointee.cs.selector), size)
            try storeBelow(2 * UInt32(size), op.pointee.next, size)
            setStackPointer(state.pointee.esp &- 2 * UInt32(size))
        }
        state.pointee.cs = cs
        state.pointee.eip = target
        updateMode()
    }

    /// Offset and selector in memory.
    func farPointer(_ op: OpPointer) throws(CPUFault) -> (UInt32, UInt16) {
        let size = op.pointee.size
        let at = try address(op, UInt32(size) + 2, write: false)
        let offset = try read(at, size)
        return (offset, try read16(at &+ UInt32(size)))
    }

    func executeLoadFarPointer(_ op: OpPointer) throws(CPUFault) {
        let (offset, selector) = try farPointer(op)
        try loadSegmentRegister(UInt8(truncatingIfNeeded: op.pointee.aux), selector)
        setRegister(op.pointee.src, op.pointee.size, offset)
    }

    func executeFarReturn(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let step = UInt32(size)
        let selector = UInt16(truncatingIfNeeded: try loadAbove(step, size))
        let eip = try loadAbove(0, size)
        try returnFar(eip, selector, size, popped: 2 &* step, released: op.pointee.imm, flags: nil)
    }

    func executeInterruptReturn(_ op: OpPointer) throws(CPUFault) {
        // With NT set this would be a return to the previous task, and there is none: its back link is no TSS.
        guard state.pointee.eflags & Flag.nt == 0 else { throw CPUFault(vector: 10, errorCode: 0) }
        let size = op.pointee.size
        let step = UInt32(size)
        // The far end of the frame comes first, here and in returnFar: it shows when the frame straddles a page.
        let flags = try loadAbove(2 &* step, size)
        let selector = UInt16(truncatingIfNeeded: try loadAbove(step, size))
        let eip = try loadAbove(0, size)
        try returnFar(eip, selector, size, popped: 3 &* step, released: 0, flags: flags)
    }

    /// - Parameters:
    ///   - popped: bytes of the frame so far. - released: bytes of parameters to drop on both stacks.
    private func returnFar(
        _ eip: UInt32, _ selector: UInt16, _ size: UInt8, popped: UInt32, released: UInt32, flags: UInt32?
    ) throws(CPUFault) {
        let code = UInt32(selector & 0xfffc)
        let cpl = state.pointee.cpl
        let rpl = UInt8(selector & 3)
        // The outer stack pointer is fetched before anything is checked: real processors prefer its page fault.
        var outer: (esp: UInt32, ss: UInt16) = (0, 0)
        if rpl != cpl {
            outer.ss = UInt16(truncatingIfNeeded: try loadAbove(popped &+ released &+ UInt32(size), size))
            outer.esp = try loadAbove(popped &+ released, size)
        }
        guard code != 0 else { throw .generalProtection() }
        guard let d = lookUp(selector), d.isCode, rpl >= cpl, d.isConforming ? d.dpl <= rpl : d.dpl == rpl else {
            throw .generalProtection(code)
        }
        guard d.isPresent else { throw .segmentNotPresent(code) }

        if rpl == cpl {
            guard eip <= d.limit else { throw .generalProtection() }
            if let flags { writeFlags(flags, size) }
            setStackPointer(state.pointee.esp &+ popped &+ released)
            state.pointee.cs = cache(d, selector)
            state.pointee.eip = eip
            updateMode()
            return
        }
        let ss = try checkedStack(outer.ss, cpl: rpl)
        guard eip <= d.limit else { throw .generalProtection() }
        // The old privilege decides which flags may change.
        if let flags { writeFlags(flags, size) }
        state.pointee.cs = cache(d, selector)
        state.pointee.ss = ss
        state.pointee.eip = eip
        if size == 4, ss.is32Bit {
            state.pointee.esp = outer.esp &+ released
        } else {
            setStackPointer(outer.esp &+ released)
        }
        // Nothing that the outer level could not have loaded stays loaded.
        for which in [Segment.es, .ds, .fs, .gs] {
            let register = segment(which.rawValue)
            let access = register.pointee.attributes
            let isConformingCode = access & 0x1c == 0x1c
            if access & 0x10 != 0, !isConformingCode, register.pointee.dpl < rpl {
                register.pointee = SegmentRegister()
            }
        }
        updateMode()
    }
}
