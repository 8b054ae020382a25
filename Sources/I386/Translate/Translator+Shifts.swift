// Shifts, rotations, products, quotients and single bits: instructions whose flags are partly kept, partly undefined.

extension Translator {
    func emitShift(_ op: Op) {
        guard let g = Group2(rawValue: item.operation.rawValue - Operation.rol.rawValue) else {
            a.failed = true
            return
        }
        let rotates = g == .rol || g == .ror
        let defines = rotates ? Flag.cf | Flag.of : Flag.status
        let size = op.size
        let hasMemory = op.traits.contains(.dstMemory)
        let access = hasMemory ? Access.write(address(op), size) : nil
        var target: HostOperand { hasMemory ? .memory(checked) : .register(host(op.dst, size)) }
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

    func emitMultiply(_ op: Op) {
        let one = item.operation == .mul || item.operation == .imul
        let hasMemory = one ? op.traits.contains(.dstMemory) : op.traits.contains(.srcMemory)
        let access = hasMemory ? Access.read(address(op), 4) : nil
        var operand: HostOperand { hasMemory ? .memory(checked) : .register(one ? host(op.dst) : host(op.src)) }
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

    func emitDivide(_ op: Op) {
        let hasMemory = op.traits.contains(.dstMemory)
        let checks: () -> Void = { [self] in
            if hasMemory {
                check(address(op), bytes: 4, write: false)
                a.move(4, Host.scratch, .memory(checked))
            } else {
                a.move(Host.scratch, host(op.dst))
            }
            if item.operation == .div {
                // A quotient that does not fit, or a zero divisor: let the interpreter raise #DE.
                a.arithmetic(.cmp, 4, .register(Host.rdx), Host.scratch)
                leaveUnless(Assembler.below)
                return
            }
            // For us is what compilers write: a dividend of 32 bits that was extended, and no divisor of 0 or -1.
            distance = nil
            a.move(Host.scratch2, Host.rax)
            a.shift(.sar, 4, .register(Host.scratch2), by: 31)
            a.arithmetic(.cmp, 4, .register(Host.scratch2), Host.rdx)
            leaveUnless(Assembler.equal)
            a.lea(4, Host.scratch2, .at(Host.scratch, 1))
            a.arithmetic(.cmp, 4, .register(Host.scratch2), immediate: 1)
            leaveUnless(Assembler.above)
        }
        perform(modifies: bit(0) | bit(8), spoils: true, access: .by(checks)) {
            a.unary(item.operation == .div ? 6 : 7, 4, .register(Host.scratch))
        }
    }

    func emitBitTest(_ op: Op) {
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
