// Data movement: everything that changes no flags and is not a stack or string instruction.

extension CPU {
    func executeMove(_ op: OpPointer) throws(CPUFault) {
        let size = op.pointee.size
        switch op.pointee.operation {
        case .mov: try setDestination(op, try source(op))
        case .movzx8: setRegister(op.pointee.dst, size, try source(op, size: 1))
        case .movzx16: setRegister(op.pointee.dst, size, try source(op, size: 2))
        case .movsx8: setRegister(op.pointee.dst, size, UInt32(bitPattern: Self.signExtend(try source(op, size: 1), 1)))
        case .movsx16:
            setRegister(op.pointee.dst, size, UInt32(bitPattern: Self.signExtend(try source(op, size: 2), 2)))
        case .lea: setRegister(op.pointee.src, size, offset(op))
        case .xchg:
            let mine = register(op.pointee.src, size)
            var theirs: UInt32 = 0
            try modify(op) {
                theirs = $0
                return mine
            }
            setRegister(op.pointee.src, size, theirs)
        case .bswap:
            // With a 16-bit operand the result is undefined; processors clear the register.
            setRegister(op.pointee.dst, size, size == 4 ? register32(op.pointee.dst).byteSwapped : 0)
        case .setcc: try setDestination(op, state.condition(op.pointee.opcode & 0xf) ? 1 : 0)
        case .cmovcc:
            // The source is read, and may fault, whatever the condition.
            let value = try source(op)
            if state.condition(op.pointee.opcode & 0xf) { setRegister(op.pointee.dst, size, value) }
        case .cbw:
            let half = size / 2
            setRegister(0, size, UInt32(bitPattern: Self.signExtend(register(0, half), half)))
        case .cwd:
            setRegister(8, size, Self.signExtend(register(0, size), size) < 0 ? .max : 0)
        case .xlat:
            var at = state.pointee.ebx &+ register(0, 1)
            if op.has(.address16) { at &= 0xffff }
            if !op.has(.flat) { at = try linear(op.pointee.segment, at, 1, write: false) }
            setRegister(0, 1, UInt32(try read8(at)))
        default:  // salc, the undocumented "al = carry ? 0xff : 0"
            setRegister(0, 1, state.cf ? 0xff : 0)
        }
    }

    func executeFlagMove(_ op: OpPointer) throws(CPUFault) {
        switch op.pointee.operation {
        case .lahf: setRegister(1, 1, state.statusFlags & 0xd5 | 2)
        case .sahf: state.setStatusFlags(register(1, 1), mask: 0xd5)
        case .clc: state.setStatusFlags(0, mask: Flag.cf)
        case .stc: state.setStatusFlags(Flag.cf, mask: Flag.cf)
        case .cmc: state.setStatusFlags(state.cf ? 0 : Flag.cf, mask: Flag.cf)
        case .cld: state.pointee.eflags &= ~Flag.df
        case .std: state.pointee.eflags |= Flag.df
        default:  // cli, sti: with I/O privilege only
            guard state.pointee.cpl <= UInt8(truncatingIfNeeded: state.pointee.eflags >> 12) & 3 else {
                throw .generalProtection()
            }
            if op.pointee.operation == .sti {
                state.pointee.eflags |= Flag.if
            } else {
                state.pointee.eflags &= ~Flag.if
            }
        }
    }
}
