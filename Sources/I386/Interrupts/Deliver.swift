// Entering a handler: the stack switch from ring 3 to ring 1 and the frame (SDM 3A 6.12). Everything is checked before
// anything is written or changed, so a fault on the way leaves the interrupted instruction restartable.

extension CPU {
    /// Enters a handler by hand, the way the hypervisor injects traps and interrupts.
    ///
    /// - Parameters:
    ///   - codeSelector: its RPL is ignored; the target privilege is the DPL of a non-conforming segment.
    ///   - errorCode: pushed last when given. - flagsToPush: the eflags image of the frame.
    /// - Throws: what the CPU would raise; nothing has changed then.
    public func deliver(
        vector: UInt8, handler: UInt32, codeSelector: UInt16, errorCode: UInt32?, flagsToPush: UInt32
    ) throws(CPUFault) {
        resynchronise()
        try enter(
            handler: handler, selector: codeSelector, errorCode: errorCode, flagsToPush: flagsToPush,
            maskInterrupts: false)
    }

    func enter(
        handler: UInt32, selector: UInt16, errorCode: UInt32?, flagsToPush: UInt32, maskInterrupts: Bool
    ) throws(CPUFault) {
        let before = state.pointee.cpl
        if core.pointee.mode == Self.flatMode,
            enterQuickly(
                handler, selector, errorCode: errorCode, from: state.pointee.eip, flags: flagsToPush,
                masks: maskInterrupts)
        {
            return
        }
        defer { noteCrossing(from: before) }
        let code = UInt32(selector & 0xfffc)
        guard code != 0, let d = lookUp(selector), d.isCode else { throw .generalProtection(code) }
        let cpl = state.pointee.cpl
        guard d.dpl <= cpl else { throw .generalProtection(code) }
        guard d.isPresent else { throw .segmentNotPresent(code) }
        let newCPL = d.isConforming ? cpl : d.dpl
        guard handler <= d.limit else { throw .generalProtection() }

        var stack = state.pointee.ss
        var top = state.pointee.esp
        var words: (Int, [6 of UInt32]) = (0, .init(repeating: 0))
        func add(_ value: UInt32) {
            words.1[words.0] = value
            words.0 += 1
        }
        if newCPL != cpl {
            let ss = core.pointee.innerSS
            let bad = UInt32(ss & 0xfffc)
            // A bad stack in the TSS is #TS, not #GP.
            guard bad != 0, let sd = lookUp(ss), ss & 3 == UInt16(newCPL), sd.isWritableData, sd.dpl == newCPL else {
                throw CPUFault(vector: 10, errorCode: bad)
            }
            guard sd.isPresent else { throw .stackFault(bad) }
            stack = cache(sd, ss)
            top = core.pointee.innerESP
            add(UInt32(state.pointee.ss.selector))
            add(state.pointee.esp)
        }
        add(flagsToPush)
        add(UInt32(state.pointee.cs.selector))
        add(state.pointee.eip)
        if let errorCode { add(errorCode) }

        let pushed = try push(words.1, count: words.0, stack: stack, top: top, user: newCPL == 3)
        state.pointee.ss = stack
        state.pointee.esp = pushed
        let newCode = cache(d, selector & 0xfffc | UInt16(newCPL))
        state.pointee.cs = newCode
        state.pointee.eip = handler
        // TF, NT, RF, VM; and IF for interrupt gates.
        state.pointee.eflags &= ~(0x100 | 0x4000 | 0x10000 | 0x20000 | (maskInterrupts ? 0x200 : 0))
        updateMode()
    }

    /// Pushes dwords on a stack that need not be the current one; returns the new esp.
    private func push(
        _ words: [6 of UInt32], count: Int, stack: SegmentRegister, top: UInt32, user: Bool
    ) throws(CPUFault) -> UInt32 {
        let mask: UInt32 = stack.is32Bit ? .max : 0xffff
        var sp = top
        for _ in 0..<count {
            sp = sp &- 4
            let offset = sp & mask
            guard stack.allows(offset, 4) else { throw .stackFault() }
            try probeWrite(stack.base &+ offset, 4, user: user)
        }
        sp = top
        for i in 0..<count {
            sp = sp &- 4
            try store(stack.base &+ (sp & mask), words[i], user: user)
        }
        return top & ~mask | sp & mask
    }
}

extension SegmentRegister {
    /// Whether `count` bytes at `offset` lie inside the limit (SDM 3A 5.3), both kinds of segment.
    func allows(_ offset: UInt32, _ count: UInt32) -> Bool {
        let last = offset.addingReportingOverflow(count - 1)
        if attributes & 0x1c == 0x14 {  // expand-down data
            let top: UInt32 = is32Bit ? .max : 0xffff
            return offset > limit && !last.overflow && last.partialValue <= top
        }
        // A 4 GiB segment has no end to run over: the address wraps.
        return limit == .max || (!last.overflow && last.partialValue <= limit)
    }
}
