// The instructions themselves. Most are the guest's own, with other registers and a checked address; what is not worth
// the trouble is handed to the interpreter's `execute` without leaving the trace.

extension Translator {
    /// Whether an item becomes host code rather than a call of `CPU.execute`.
    func isNative(_ item: TraceItem) -> Bool {
        let op = item.op.pointee
        let hasMemory = !op.traits.isDisjoint(with: .memory)
        if hasMemory, item.operation != .esc, !op.traits.contains(.flat) || op.traits.contains(.address16) {
            return item.operation == .nop || item.operation == .jumpIf
        }
        let wide = op.size == 4
        switch item.operation {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test, .mov, .not, .neg, .inc, .dec, .nop: return true
        case .jumpIf, .loop, .jumpIfCXZero, .call, .ret, .callIndirect, .jumpIndirect: return true
        case .movzx8, .movsx8:
            // There is no REX prefix beside ah.
            return hasMemory || op.src & 3 == 0 || host(op.dst) < 8
        case .movzx16, .movsx16, .xchg, .cmovcc, .cbw, .cwd, .setcc: return true
        case .lea: return !op.traits.contains(.address16)
        case .bswap, .imulTwo, .imulThree, .mul, .imul, .div, .leave: return wide
        case .push: return wide
        case .pop: return wide && !hasMemory
        case .shl, .sal, .shr, .sar, .rol, .ror:
            if op.traits.contains(.srcImmediate) { return op.imm & 31 != 0 && op.imm & 31 < 8 * UInt32(op.size) }
            return wide
        case .sahf: return true
        case .esc: return x87Form(op) != nil
        case .bt, .bts, .btr, .btc: return wide && (!hasMemory || op.traits.contains(.srcImmediate))
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
        case .div: emitDivide(op)
        case .bt, .bts, .btr, .btc: emitBitTest(op)
        case .push, .pop, .leave: emitStack(op)
        case .jumpIf, .loop, .jumpIfCXZero, .call, .ret, .callIndirect, .jumpIndirect: emitJump(op)
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
        let behind = item.executed - accounted
        let start = item.start
        deferred.append { [self] in
            // 1: it has faulted; 2: it has run, but the trace is not to go on.
            a.bind(leaving)
            if behind > 0 { a.lea(8, Host.budget, .at(Host.budget, Int32(-behind))) }
            a.load(Host.scratch, immediate: start)
            a.arithmetic(.cmp, 4, .register(Host.scratch2), immediate: 1)
            a.jump(Assembler.equal, to: stubs.exits[Int(TranslatedExit.fault.rawValue)])
            a.lea(8, Host.budget, .at(Host.budget, -1))
            a.jump(to: stubs.exits[Int(TranslatedExit.resume.rawValue)])
        }
    }

    // MARK: Arithmetic

    private func source(_ op: Op) -> FlagStep.Source {
        op.traits.contains(.srcImmediate) ? .immediate(op.imm) : .register(host(op.src, op.size))
    }
    private func apply(_ g: Group1?, _ size: UInt8, _ dst: HostOperand, _ src: FlagStep.Source) {
        switch (g, src) {
        case (let g?, .register(let r)): a.arithmetic(g, size, dst, r)
        case (let g?, .immediate(let value)): a.arithmetic(g, size, dst, immediate: value)
        case (nil, .register(let r)): a.test(size, dst, r)
        case (nil, .immediate(let value)): a.test(size, dst, immediate: value)
        }
    }

    private func emitArithmetic(_ op: Op) {
        let size = op.size
        // nil is test.
        let g = item.operation == .test ? nil : Group1(rawValue: item.operation.rawValue)
        let compares = g == nil || g == .cmp
        let reads: UInt32 = g == .adc || g == .sbb ? Flag.cf : 0
        let live = item.liveAfter != 0
        let t = Host.shadow

        if op.traits.contains(.srcMemory) {
            // Register, memory.
            let dst = host(op.dst, size)
            var step: FlagStep?
            var shadows = false
            if size == 4, live {
                switch g {
                case .cmp: (step, shadows) = (.compare(4, dst, .register(t)), true)
                case .add: (step, shadows) = (.sum(dst, .register(t)), true)
                case .sub: (step, shadows) = (.difference(dst, .register(t)), true)
                case .and, .or, .xor: step = .logic(4, dst)
                default: break
                }
            } else if size == 1, live, g == .cmp, dst < 4 {
                (step, shadows) = (.compare(1, dst, .register(t)), true)
            } else if size == 1, live, g == .and || g == .or || g == .xor {
                step = .logic(1, dst)
            }
            perform(
                modifies: compares ? 0 : bit(op.dst, size), defines: Flag.status, step, reads: reads,
                access: Access.read(address(op), size)
            ) {
                if shadows {
                    if size == 1 {
                        a.extend(4, t, .memory(checked), from: 1, signed: false)
                    } else {
                        a.move(4, t, .memory(checked))
                    }
                    apply(g, size, .register(dst), .register(t))
                } else if let g {
                    a.arithmetic(g, size, dst, memory: checked)
                } else {
                    a.test(size, .memory(checked), dst)
                }
            }
            return
        }
        let src = source(op)
        if op.traits.contains(.dstMemory) {
            var step: FlagStep?
            var shadows = false
            let highSource: Bool
            if case .register(let r) = src, size == 1, r >= 4 { highSource = true } else { highSource = false }
            if live, size == 4 || (size == 1 && !highSource) {
                switch g {
                case .cmp: (step, shadows) = (.compare(size, t, src), true)
                case nil: (step, shadows) = (.test(size, t, src), true)
                case .add where size == 4: (step, shadows) = (.sum(t, src), true)
                case .sub where size == 4: (step, shadows) = (.difference(t, src), true)
                case .and, .or, .xor: (step, shadows) = (.logic(size, t), true)
                default: break
                }
            }
            perform(
                defines: Flag.status, step, reads: reads,
                access: Access(address(op), size, write: !compares)
            ) {
                if shadows {
                    if size == 1 {
                        a.extend(4, t, .memory(checked), from: 1, signed: false)
                    } else {
                        a.move(4, t, .memory(checked))
                    }
                    apply(g, size, .register(t), src)
                    if !compares { a.store(size, checked, t) }
                } else {
                    apply(g, size, .memory(checked), src)
                }
            }
            return
        }
        let dst = host(op.dst, size)
        var same = false
        if case .register(let r) = src { same = r == dst }
        var step: FlagStep?
        var shadows = false
        switch g {
        case .cmp: step = .compare(size, dst, src)
        case nil: step = .test(size, dst, src)
        case .and, .or, .xor: step = .logic(size, dst)
        case .add where size == 4:
            step = same ? .doubled(t) : .sum(dst, src)
            shadows = same && live
        case .sub where size == 4: step = same ? .compare(4, dst, .register(dst)) : .difference(dst, src)
        default: break
        }
        perform(modifies: compares ? 0 : bit(op.dst, size), defines: Flag.status, step, reads: reads) {
            if shadows { a.move(t, dst) }
            apply(g, size, .register(dst), src)
        }
    }

    private func emitIncrement(_ op: Op) {
        let down = item.operation == .dec
        let defines = Flag.status & ~Flag.cf
        let size = op.size
        // Without a way to make the flags anew, all must be together in the host's.
        let others = item.liveAfter & Flag.cf
        if op.traits.contains(.dstMemory) {
            let shadows = size == 4
            if shadows { forgetShadow() }
            perform(
                defines: defines, shadows ? .increment(Host.shadow, down: down) : nil, reads: shadows ? 0 : others,
                access: Access.write(address(op), size)
            ) {
                if shadows {
                    a.move(4, Host.shadow, .memory(checked))
                    a.increment(4, .register(Host.shadow), down: down)
                    a.store(4, checked, Host.shadow)
                } else {
                    a.increment(size, .memory(checked), down: down)
                }
            }
            return
        }
        let dst = host(op.dst, size)
        perform(
            modifies: bit(op.dst, size), defines: defines, size == 4 ? .increment(dst, down: down) : nil,
            reads: size == 4 ? 0 : others
        ) {
            a.increment(size, .register(dst), down: down)
        }
    }

    /// The shadow register is about to be taken by an instruction that keeps older flags.
    func forgetShadow() {
        var f = flags
        f.forget(operands: 1 << UInt32(Host.shadow))
        if item.liveBefore & ~f.durable != 0 { saveFlags() }
        flags.forget(operands: 1 << UInt32(Host.shadow))
    }

    private func emitNegation(_ op: Op) {
        let n: UInt8 = item.operation == .not ? 2 : 3
        let defines = item.operation == .not ? 0 : Flag.status
        if op.traits.contains(.dstMemory) {
            perform(
                defines: defines, access: Access.write(address(op), op.size)
            ) {
                a.unary(n, op.size, .memory(checked))
            }
            return
        }
        let dst = host(op.dst, op.size)
        let step: FlagStep? = item.operation == .neg && op.size == 4 ? .negation(dst) : nil
        perform(modifies: bit(op.dst, op.size), defines: defines, step) { a.unary(n, op.size, .register(dst)) }
    }

    private func emitShift(_ op: Op) {
        guard let g = Group2(rawValue: item.operation.rawValue - Operation.rol.rawValue) else {
            a.failed = true
            return
        }
        let rotates = g == .rol || g == .ror
        let defines = rotates ? Flag.cf | Flag.of : Flag.status
        let size = op.size
        let hasMemory = op.traits.contains(.dstMemory)
        let access = hasMemory ? Access.write(address(op), size) : nil
        let target: HostOperand = hasMemory ? .memory(checked) : .register(host(op.dst, size))
        let modifies = hasMemory ? 0 : bit(op.dst, size)
        guard op.traits.contains(.srcImmediate) else {
            // A count of zero keeps all flags: they must be there.
            perform(
                modifies: modifies, defines: Flag.status, reads: item.liveAfter, access: access
            ) {
                a.shiftByCL(g, size, target)
            }
            return
        }
        let count = UInt8(truncatingIfNeeded: op.imm & 31)
        if rotates {
            let simple = size == 4 && !hasMemory
            perform(
                modifies: modifies, defines: defines, simple ? .rotation(g, host(op.dst), count) : nil,
                reads: simple ? 0 : item.liveAfter & ~defines, access: access
            ) {
                a.shift(g, size, target, by: count)
            }
            return
        }
        let shadows = size == 4 && !hasMemory && item.liveAfter != 0
        perform(
            modifies: modifies, defines: defines, shadows ? .shift(g, Host.shadow, count) : nil, access: access
        ) {
            if shadows { a.move(Host.shadow, host(op.dst)) }
            a.shift(g, size, target, by: count)
        }
    }

    private func emitMultiply(_ op: Op) {
        let one = item.operation == .mul || item.operation == .imul
        let hasMemory = one ? op.traits.contains(.dstMemory) : op.traits.contains(.srcMemory)
        let access = hasMemory ? Access.read(address(op), 4) : nil
        let operand: HostOperand =
            hasMemory ? .memory(checked) : .register(one ? host(op.dst) : host(op.src))
        let low = one ? Host.rax : host(op.dst)
        let live = item.liveAfter != 0
        perform(
            modifies: one ? bit(0) | bit(8) : bit(op.dst), defines: Flag.status,
            live ? .product(Host.shadow, low) : nil, access: access
        ) {
            if live { a.load(Host.shadow, immediate: 0) }
            switch item.operation {
            case .mul: a.unary(4, 4, operand)
            case .imul: a.unary(5, 4, operand)
            case .imulTwo: a.multiply(4, low, operand)
            default: a.multiply(4, low, operand, immediate: op.imm)
            }
            if live {
                // 0x101 when it did not fit.
                a.set(Assembler.overflow, .register(Host.shadow))
                a.encode(0x69, size: 4, reg: Host.shadow, .register(Host.shadow))
                a.word32(0x101)
            }
        }
        // Sign, zero and parity are undefined on the host; the multiplication of the shadow has spoilt the rest.
        flags.host = 0
    }

    private func emitDivide(_ op: Op) {
        let hasMemory = op.traits.contains(.dstMemory)
        let checks: () -> Void = { [self] in
            if hasMemory {
                check(address(op), bytes: 4, write: false)
                a.move(4, Host.scratch, .memory(checked))
            } else {
                a.move(Host.scratch, host(op.dst))
            }
            // A quotient that does not fit, or a zero divisor: let the interpreter raise #DE.
            a.arithmetic(.cmp, 4, .register(Host.rdx), Host.scratch)
            leaveUnless(Assembler.below)
        }
        perform(modifies: bit(0) | bit(8), spoils: true, access: .by(checks)) {
            a.unary(6, 4, .register(Host.scratch))
        }
    }

    private func emitBitTest(_ op: Op) {
        let n = 4 + (item.operation.rawValue - Operation.bt.rawValue)
        let writes = item.operation != .bt
        let hasMemory = op.traits.contains(.dstMemory)
        let bitNumber = UInt8(truncatingIfNeeded: op.imm & 31)
        perform(
            modifies: hasMemory || !writes ? 0 : bit(op.dst), defines: Flag.cf, reads: item.liveAfter & ~Flag.cf,
            access: hasMemory ? Access(address(op), 4, write: writes) : nil
        ) {
            if hasMemory {
                a.bitTest(n, 4, .memory(checked), bit: bitNumber)
            } else if op.traits.contains(.srcImmediate) {
                a.bitTest(n, 4, .register(host(op.dst)), bit: bitNumber)
            } else {
                a.bitTest(n, 4, host(op.dst), register: host(op.src))
            }
        }
    }
}
