// String instructions. One element is a load, a store or a comparison like any other, after a look at the direction flag. A repetition
// is done by a helper as far as the TLB knows the pages, which is mostly all of it; what is left is the interpreter's.

extension Translator {
    /// Upwards in flat segments. Comparisons of two operands and repeated searches are rare or long enough to be called out.
    func isNativeString(_ op: Op) -> Bool {
        guard op.traits.contains(.flat) else { return false }
        switch op.operation {
        case .movs, .stos: return true
        case .lods, .scas: return !op.repeats
        default: return false
        }
    }

    func emitString(_ op: Op) {
        if op.repeats { return emitRepetition() }
        let size = op.size
        let (esi, edi) = (Host.rsi, Host.rdi)
        let (source, target) = (HostMemory.at(esi), HostMemory.at(edi))
        func advance(_ r: HostRegister) { a.lea(4, r, .at(r, Int32(size))) }
        switch item.operation {
        case .lods:
            perform(modifies: bit(0) | bit(24), access: .by({ self.checkUpwards(source, size, write: false) })) {
                a.move(size, Host.rax, .memory(checked))
                advance(esi)
            }
        case .stos:
            perform(modifies: bit(28), access: .by({ self.checkUpwards(target, size, write: true) })) {
                a.store(size, checked, Host.rax)
                advance(edi)
            }
        case .scas:
            perform(
                modifies: bit(28), defines: Flag.status,
                access: .by({ self.checkUpwards(target, size, write: false) })
            ) {
                a.arithmetic(.cmp, size, Host.rax, memory: checked)
                advance(edi)
            }
        default:  // movs
            // Both addresses are checked before anything is stored; the element waits in the shadow register.
            forgetShadow()
            perform(
                modifies: bit(24) | bit(28), usesShadow: true,
                access: .by({ [self] in
                    checkUpwards(source, size, write: false)
                    if size == 4 {
                        a.move(4, Host.shadow, .memory(checked))
                    } else {
                        a.extend(4, Host.shadow, .memory(checked), from: size, signed: false)
                    }
                    check(target, bytes: size, write: true)
                })
            ) {
                a.store(size, checked, Host.shadow)
                advance(esi)
                advance(edi)
            }
        }
    }

    private func checkUpwards(_ m: HostMemory, _ size: UInt8, write: Bool) {
        a.test(4, .memory(.at(Host.state, Self.eflagsAt)), immediate: Flag.df)
        leaveUnless(Assembler.equal)
        check(m, bytes: size, write: write)
    }

    private func emitRepetition() {
        settleX87()
        saveFlags()
        a.test(4, .register(Host.rcx), Host.rcx)
        let nothing = a.jump(Assembler.equal)
        let op = UInt64(UInt(bitPattern: item.op))
        a.load64(Host.scratch, immediate: op)
        a.call(to: stubs.repeatString)
        let unfinished = a.jump(Assembler.equal)
        a.bind(nothing)
        let back = a.position
        flags = GuestFlags(memory: Flag.status)
        (isX87Known, distance) = (false, nil)
        let leave = leavingAfterHelper()
        let start = item.start
        deferred.append { [self] in
            a.heading("seldom: the interpreter goes on with \(GuestVirtual(start))")
            a.bind(unfinished)
            a.load64(Host.scratch, immediate: op)
            a.call(to: stubs.executeOp)
            a.jump(Assembler.equal, to: back)
            leave()
        }
    }

    static var eflagsAt: Int32 { 40 }
}

extension Op {
    var repeats: Bool { !traits.isDisjoint(with: [.rep, .repne]) }
}

/// Moves or stores what `ecx` says. 1: done; 0: the registers say what is left.
let repeatStringHelper: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> UInt32 = { state, op in
    // SAFETY: generated code passes the state of the CPU that runs it, which is alive while it runs, and an op of its trace.
    guard let raw = state.assumingMemoryBound(to: CPUState.self).frame.pointee.cpu else { return 0 }
    return Unmanaged<CPU>.fromOpaque(raw)._withUnsafeGuaranteedRef {
        $0.repeatQuickly(op.assumingMemoryBound(to: Op.self)) ? 1 : 0
    }
}
