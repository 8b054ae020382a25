// Near control transfers. Each leaves `eip` at its target and the block at its end; before this, `eip` is the jump's
// own address, so a target beyond the code segment faults there.

extension CPU {
    private func jump(to target: UInt32) throws(CPUFault) {
        guard target <= state.pointee.cs.limit else { throw .generalProtection() }
        state.pointee.eip = target
    }

    func executeJump(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        let next = op.pointee.next
        switch op.pointee.operation {
        case .jump: try jump(to: op.pointee.imm)
        case .jumpIf: try jump(to: state.condition(op.pointee.opcode & 0xf) ? op.pointee.imm : next)
        case .jumpIndirect: try jump(to: try destination(op))
        case .call, .callIndirect:
            let target = op.pointee.operation == .call ? op.pointee.imm : try destination(op)
            guard target <= state.pointee.cs.limit else { throw .generalProtection() }
            try push(next, size)
            state.pointee.eip = target
        case .ret:
            try jump(to: try loadAbove(0, size))
            setStackPointer(state.pointee.esp &+ UInt32(size) &+ op.pointee.imm)
        case .jumpIfCXZero:
            let count = register(4, op.has(.address16) ? 2 : 4)
            try jump(to: count == 0 ? op.pointee.imm : next)
        default:  // loop, loope, loopne
            let width: UInt8 = op.has(.address16) ? 2 : 4
            let count = (register(4, width) &- 1) & Self.mask(width)
            let again: Bool
            switch op.pointee.operation {
            case .loopEqual: again = count != 0 && state.zf
            case .loopNotEqual: again = count != 0 && !state.zf
            default: again = count != 0
            }
            try jump(to: again ? op.pointee.imm : next)
            setRegister(4, width, count)
        }
    }
}
