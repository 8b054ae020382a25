// One instruction in full generality: every form, every size, every segment. The loop falls back to this for all that
// it has no short cut for, so this file and the ones it calls are the reference; the loop is only faster.

extension CPU {
    /// Executes one op. `state.eip` is its address and stays so unless the op ends its block, which sets it.
    ///
    /// - Returns: false when the block must be left and execution goes on at `state.eip`.
    @inline(never)
    func execute(_ op: OpPointer) throws(CPUFault) -> Bool {
        switch op.pointee.operation {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test: try executeArithmetic(op)
        case .not, .neg, .inc, .dec: try executeUnary(op)
        case .rol, .ror, .rcl, .rcr, .shl, .shr, .sal, .sar: try executeShift(op)
        case .shld, .shrd: try executeDoubleShift(op)
        case .mul, .imul: try executeMultiply(op)
        case .imulTwo, .imulThree: try executeMultiplyRegister(op)
        case .div, .idiv: try executeDivide(op)
        case .bt, .bts, .btr, .btc: try executeBitTest(op)
        case .bsf, .bsr: try executeBitScan(op)
        case .xadd: try executeExchangeAdd(op)
        case .cmpxchg: try executeCompareExchange(op)
        case .cmpxchg8b: try executeCompareExchange8(op)
        case .mov, .movzx8, .movzx16, .movsx8, .movsx16, .lea, .xchg, .bswap, .cbw, .cwd, .salc, .xlat, .setcc, .cmovcc:
            try executeMove(op)
        case .lahf, .sahf, .clc, .stc, .cmc, .cld, .std, .cli, .sti: try executeFlagMove(op)
        case .push, .pushAll, .pushFlags, .pushSegment: try executePush(op)
        case .pop, .popAll: try executePop(op)
        case .enter: try executeEnter(op)
        case .leave: try executeLeave(op)
        case .movs, .cmps, .stos, .lods, .scas: return try executeString(op)
        case .daa, .das, .aaa, .aas, .aam, .aad: try executeDecimal(op)
        case .bound, .arpl, .lar, .lsl, .verr, .verw, .sldt, .str, .sgdt, .sidt, .smsw, .cpuid, .rdtsc:
            try executeSystem(op)
        case .esc: try executeEscape(op)
        case .wait:
            if state.pointee.cr0 & 0xa == 0xa { throw .deviceNotAvailable }  // MP and TS
            try waitX87()
        case .nop: break

        case .jump, .jumpIf, .call, .jumpIndirect, .callIndirect, .ret, .loopNotEqual, .loopEqual, .loop, .jumpIfCXZero:
            try executeJump(op)
            return false
        case .jumpFar, .callFar, .jumpFarIndirect, .callFarIndirect:
            try executeFarJump(op)
            return false
        case .retFar:
            try executeFarReturn(op)
            return false
        case .iret:
            try executeInterruptReturn(op)
            return false
        case .int, .int3, .int1, .into:
            try executeInterrupt(op)
            return false
        case .popFlags, .popSegment:
            try executePop(op)
            state.pointee.eip = op.pointee.next
            return false
        case .movToSegment:
            let selector = UInt16(truncatingIfNeeded: try source(op))
            try loadSegmentRegister(UInt8(truncatingIfNeeded: op.pointee.aux), selector)
            state.pointee.eip = op.pointee.next
            return false
        case .loadFarPointer:
            try executeLoadFarPointer(op)
            state.pointee.eip = op.pointee.next
            return false
        case .movFromSegment:
            let selector = segment(UInt8(truncatingIfNeeded: op.pointee.aux)).pointee.selector
            if op.has(.dstMemory) { op.pointee.size = 2 }
            try setDestination(op, UInt32(selector))
        case .boundary:
            state.pointee.eip = op.pointee.next
            return false
        case .privileged: throw .generalProtection()
        case .invalid: throw .invalidOpcode
        }
        return true
    }

    /// A segment register other than cs, by an instruction. Loading ss holds back the single-step trap for one
    /// instruction, so that esp can follow (SDM 3A 6.8.3).
    func loadSegmentRegister(_ which: UInt8, _ selector: UInt16) throws(CPUFault) {
        guard let which = Segment(rawValue: which) else { throw .invalidOpcode }
        try loadSegment(which, selector: selector)
        if which == .ss { core.pointee.inhibitTrap = true }
    }
}
