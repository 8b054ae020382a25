// `int n` and `iret` as the last instructions of traces: a helper does them, and generated code goes on where they lead, in another
// ring or not, by the table that returns and indirect jumps use. Its entries compare the address and the TLB's idea of the page;
// the TLB is the new ring's by then.

extension Operation {
    /// Leads elsewhere by way of a gate or a stack frame, mostly without a change of mode.
    var isCrossing: Bool {
        switch self {
        case .int, .int3, .into, .iret: true
        default: false
        }
    }
}

extension Translator {
    func emitCrossing() {
        settleX87()
        saveFlags()
        a.load64(Host.scratch, immediate: UInt64(UInt(bitPattern: item.op)))
        a.call(to: stubs.cross)
        let leaving = a.jump(Assembler.notEqual)
        let leave = leavingAfterHelper()
        deferred.append { [self] in
            a.bind(leaving)
            leave()
        }
        emitIndirectJump()
    }
}

/// Executes an `int` or `iret` in full. 0: go on at `eip`; 1: it has faulted; 2: leave, `eip` is set.
let crossHelper: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt32 = { state, op in
    // SAFETY: generated code passes the state of the CPU that runs it, which is alive while it runs; ops live as long as the
    // translations of their blocks.
    guard let raw = state.assumingMemoryBound(to: CPUState.self).frame.pointee.cpu else { return 1 }
    return Unmanaged<CPU>.fromOpaque(raw)._withUnsafeGuaranteedRef { $0.cross(op.assumingMemoryBound(to: Op.self)) }
}

extension CPU {
    fileprivate func cross(_ op: OpPointer) -> UInt32 {
        let isQuick: Bool
        switch op.pointee.operation {
        case .iret: isQuick = returnQuickly()
        case .int: isQuick = enterQuickly(UInt8(truncatingIfNeeded: op.pointee.imm), next: op.pointee.next)
        default: isQuick = false
        }
        if isQuick {
            state.frame.pointee.tlb = core.pointee.tlb
            return 0
        }
        return crossSlowly(op)
    }

    @inline(never)
    private func crossSlowly(_ op: OpPointer) -> UInt32 {
        state.unpackFlags()
        state.pointee.eip = op.pointee.start
        let deaths = code.deaths
        let cpl = state.pointee.cpl
        do throws(CPUFault) {
            _ = try execute(op)
        } catch {
            state.packFlags()
            core.pointee.fault = error
            return 1
        }
        state.packFlags()
        noteCrossing(from: cpl)
        state.frame.pointee.tlb = core.pointee.tlb
        // An exit, a single step, another mode, code that its frame has overwritten, or somebody who waits: all for Swift.
        let goesOn =
            !core.pointee.exitPending && state.pointee.eflags & Flag.tf == 0 && core.pointee.mode == Self.flatMode
            && code.deaths == deaths && !isWanted
        return goesOn ? 0 : 2
    }
}
