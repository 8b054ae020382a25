// The instructions themselves. Most are the guest's own, with other registers and a checked address; what is not worth
// the trouble is handed to the interpreter's `execute` without leaving the trace.

extension Translator {
    /// Whether an item becomes host code rather than a call of `CPU.execute`.
    func isNative(_ item: TraceItem) -> Bool {
        let op = item.op.pointee
        let hasMemory = !op.traits.isDisjoint(with: .memory)
        if hasMemory, item.operation != .esc, !op.isReachable {
            return item.operation == .nop || item.operation == .jumpIf
        }
        let wide = op.size == 4
        switch item.operation {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test, .mov, .not, .neg, .inc, .dec, .nop: return true
        case .jumpIf, .loop, .jumpIfCXZero, .call, .ret, .callIndirect, .jumpIndirect: return true
        case .int, .int3, .into: return true
        case .iret, .pushSegment, .popSegment: return wide
        case .movToSegment, .movFromSegment, .cld, .std: return true
        case .movs, .stos, .lods, .scas: return isNativeString(op)
        case .xadd, .cmpxchg: return wide && hasMemory
        case .bsf, .bsr: return wide
        case .movzx8, .movsx8:
            // There is no REX prefix beside ah.
            return hasMemory || op.src & 3 == 0 || host(op.dst) < 8
        case .movzx16, .movsx16, .xchg, .cmovcc, .cbw, .cwd, .setcc: return true
        case .lea: return !op.traits.contains(.address16)
        case .bswap, .imulTwo, .imulThree, .mul, .imul, .div, .idiv, .leave: return wide
        case .push: return wide
        case .pop: return wide && !hasMemory
        case .shl, .sal, .shr, .sar, .rol, .ror:
            if op.traits.contains(.srcImmediate) { return op.imm & 31 != 0 && op.imm & 31 < 8 * UInt32(op.size) }
            return wide
        case .sahf: return true
        case .esc: return x87Form(op) != nil
        case .bt, .bts, .btr, .btc: return wide
        default: return false
        }
    }

    func emitItem(_ next: TraceItem) {
        item = next
        let op = next.op.pointee
        guard isNative(next) else { return callOut() }
        switch next.operation {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test: emitArithmetic(op)
        case .inc, .dec: emitIncrement(op)
        case .neg, .not: emitNegation(op)
        case .shl, .sal, .shr, .sar, .rol, .ror: emitShift(op)
        case .imulTwo, .imulThree, .mul, .imul: emitMultiply(op)
        case .div, .idiv: emitDivide(op)
        case .bt, .bts, .btr, .btc:
            let isString = op.traits.contains(.dstMemory) && !op.traits.contains(.srcImmediate)
            if isString { emitBitString(op) } else { emitBitTest(op) }
        case .bsf, .bsr: emitBitScan(op)
        case .xadd, .cmpxchg: emitExchangeUnder(op)
        case .movs, .stos, .lods, .scas: emitString(op)
        case .push, .pop, .leave: emitStack(op)
        case .jumpIf, .loop, .jumpIfCXZero, .call, .ret, .callIndirect, .jumpIndirect: emitJump(op)
        case .int, .int3, .into, .iret: emitCrossing()
        case .pushSegment, .popSegment, .movToSegment, .movFromSegment: emitSegmentMove(op)
        case .cld, .std:
            perform(spoils: true) {
                a.arithmetic(
                    item.operation == .cld ? .and : .or, 4, .memory(.at(Host.state, Self.eflagsAt)),
                    immediate: item.operation == .cld ? ~Flag.df : Flag.df)
            }
        case .nop: break
        case .esc:
            guard let form = x87Form(op) else {
                a.failed = true
                return
            }
            emitX87(op, form)
        case .sahf:
            perform(defines: Flag.status & ~Flag.of, reads: item.liveAfter & Flag.of) { a.sahf() }
        default: emitMove(op)
        }
    }

    /// The interpreter does this one, from inside the trace.
    private func callOut() {
        settleX87()
        saveFlags()
        a.load64(Host.scratch, immediate: UInt64(UInt(bitPattern: item.op)))
        a.call(to: stubs.executeOp)
        let leaving = a.jump(Assembler.notEqual)
        flags = GuestFlags(memory: Flag.status)
        isX87Known = false
        distance = nil
        let leave = leavingAfterHelper()
        deferred.append { [self] in
            a.bind(leaving)
            leave()
        }
    }

    /// How to leave when the helper that was called for the current instruction says so, in r9d.
    func leavingAfterHelper() -> () -> Void {
        let behind = item.executed - accounted
        let start = item.start
        return { [self] in
            // 1: it has faulted; 2: it has run, but the trace is not to go on.
            a.heading("seldom: \(GuestVirtual(start)) has faulted, or somebody waits")
            if behind > 0 { a.lea(8, Host.budget, .at(Host.budget, Int32(-behind))) }
            a.load(Host.scratch, immediate: start)
            a.arithmetic(.cmp, 4, .register(Host.scratch2), immediate: 1)
            a.jump(Assembler.equal, to: stubs.exits[Int(TranslatedExit.fault.rawValue)])
            a.lea(8, Host.budget, .at(Host.budget, -1))
            a.jump(to: stubs.exits[Int(TranslatedExit.resume.rawValue)])
        }
    }
}
