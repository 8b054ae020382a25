// Additions, comparisons, logic, counting, negation: the same operations on the host, each with a step by which its flags can
// be made anew.

extension Translator {
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

    func emitArithmetic(_ op: Op) {
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

    func emitIncrement(_ op: Op) {
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

    func emitNegation(_ op: Op) {
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
}
