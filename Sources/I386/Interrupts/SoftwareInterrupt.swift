// `int n` and its relatives: the only way a program asks for a gate by name, and therefore checked against its DPL.

extension CPU {
    func executeInterrupt(_ op: OpPointer) throws(CPUFault) {
        let next = op.pointee.next
        switch op.pointee.operation {
        case .int: try interrupt(UInt8(truncatingIfNeeded: op.pointee.imm), next: next, checked: true, software: true)
        case .int3: try interrupt(3, next: next, checked: true, software: false)
        case .int1: try interrupt(1, next: next, checked: false, software: false)
        default:
            if state.of {
                try interrupt(4, next: next, checked: true, software: false)
            } else {
                state.pointee.eip = next
            }
        }
    }

    private func interrupt(_ vector: UInt8, next: UInt32, checked: Bool, software: Bool) throws(CPUFault) {
        let gate = gates[Int(vector)]
        if checked, gate.dpl < state.pointee.cpl { throw .generalProtection(UInt32(vector) * 8 + 2) }
        let start = state.pointee.eip
        state.pointee.eip = next
        guard gate.delivers else {
            core.pointee.exitPending = true
            core.pointee.exitVector = vector
            core.pointee.exitIsSoftware = software
            return
        }
        do throws(CPUFault) {
            try enter(
                handler: gate.offset, selector: gate.selector, errorCode: nil, flagsToPush: state.currentFlags,
                maskInterrupts: gate.isInterrupt)
        } catch {
            state.pointee.eip = start
            throw error
        }
    }
}
