// Floating point by floating point: the host's x87 is the guest's, bit for bit, as long as all exceptions are masked. The
// guest's registers are brought into it by the first instruction that wants them and taken out on the way back to
// Swift. What differs between processors (transcendentals, partial remainders) or is rare stays with the interpreter.

/// How an x87 instruction is made native.
enum X87Form {
    case register
    case load(UInt8)
    case store(UInt8)
    case loadControl
    case compareFlags
    case conditionalMove(UInt32)
    case statusToAX
}

extension Translator {
    /// nil: for the interpreter.
    func x87Form(_ op: Op) -> X87Form? {
        let row = op.modrm >> 3 & 7
        guard op.modrm < 0xc0 else { return registerForm(op.opcode, op.modrm, row) }
        guard op.isReachable else { return nil }
        switch (op.opcode, row) {
        case (0xd8, _), (0xda, _): return .load(4)
        case (0xdc, _): return .load(8)
        case (0xde, _): return .load(2)
        case (0xd9, 0), (0xdb, 0): return .load(4)
        case (0xdd, 0), (0xdf, 5): return .load(8)
        case (0xdf, 0): return .load(2)
        case (0xdb, 5): return .load(10)
        case (0xd9, 2), (0xd9, 3), (0xdb, 2), (0xdb, 3): return .store(4)
        case (0xdd, 2), (0xdd, 3), (0xdf, 7): return .store(8)
        case (0xdf, 2), (0xdf, 3): return .store(2)
        case (0xdb, 7): return .store(10)
        case (0xd9, 5): return .loadControl
        case (0xd9, 7), (0xdd, 7): return .store(2)
        default: return nil
        }
    }

    private func registerForm(_ opcode: UInt8, _ modrm: UInt8, _ row: UInt8) -> X87Form? {
        switch opcode {
        case 0xd8: return .register
        case 0xd9:
            switch modrm {
            case 0xc0...0xd0, 0xe0, 0xe1, 0xe4, 0xe5, 0xe8...0xee, 0xf6, 0xf7, 0xfa, 0xfc: return .register
            default: return nil
            }
        case 0xdc: return row == 2 || row == 3 ? nil : .register
        case 0xde: return row == 2 || (row == 3 && modrm != 0xd9) ? nil : .register
        case 0xdd: return row == 0 || row == 2 || row == 3 || row == 4 || row == 5 ? .register : nil
        case 0xda:
            if row < 4 { return .conditionalMove([Flag.cf, Flag.zf, Flag.cf | Flag.zf, Flag.pf][Int(row)]) }
            return modrm == 0xe9 ? .register : nil
        case 0xdb:
            if row < 4 { return .conditionalMove([Flag.cf, Flag.zf, Flag.cf | Flag.zf, Flag.pf][Int(row)]) }
            return row == 5 || row == 6 ? .compareFlags : modrm == 0xe2 ? .register : nil
        default:
            return row == 5 || row == 6 ? .compareFlags : modrm == 0xe0 ? .statusToAX : nil
        }
    }

    func emitX87(_ op: Op, _ form: X87Form) {
        let isRegister = op.modrm >= 0xc0
        let emit: () -> Void = { [a] in
            if isRegister {
                a.plain("x87", op.opcode, op.modrm)
            } else {
                a.escape(op.opcode, op.modrm >> 3 & 7, self.checked)
            }
        }
        switch form {
        case .register: perform(access: .by({ self.needX87() }), emit)
        case .load(let bytes):
            perform(
                access: .by({
                    self.needX87()
                    self.check(self.address(op), bytes: bytes, write: false)
                }), emit)
        case .store(let bytes):
            perform(
                access: .by({
                    self.needX87()
                    self.check(self.address(op), bytes: bytes, write: true)
                }), emit)
        case .loadControl:
            perform(
                access: .by({
                    self.needX87()
                    self.check(self.address(op), bytes: 2, write: false)
                    // Exceptions that are not masked must never reach the host.
                    self.a.extend(4, Host.scratch, .memory(self.checked), from: 2, signed: false)
                    self.a.unary(2, 4, .register(Host.scratch))
                    self.a.test(4, .register(Host.scratch), immediate: 0x3f)
                    self.leaveUnless(Assembler.equal)
                }), emit)
        case .compareFlags: perform(defines: Flag.status, access: .by({ self.needX87() }), emit)
        case .conditionalMove(let reads): perform(reads: reads, access: .by({ self.needX87() }), emit)
        case .statusToAX: perform(modifies: bit(0), access: .by({ self.needX87() }), emit)
        }
        guard !X87Encoding.isControl(opcode: op.opcode, modrm: op.modrm) else { return }
        if !isRegister {
            // The data pointer; the registers in the address have not changed.
            a.lea(4, Host.scratch, address(op))
            a.store(4, .at(Host.state, TranslationFrame.x87DataAt), Host.scratch)
            x87Segment = op.segment
        }
        x87Pending = (item.start, UInt16(op.opcode & 7) << 8 | UInt16(op.modrm))
    }

    /// Sees to it that the guest's x87 registers are in the host's, or leaves the trace before the instruction.
    private func needX87() {
        guard !isX87Known else { return }
        isX87Known = true
        distance = nil
        a.arithmetic(.cmp, 1, .memory(.at(Host.state, TranslationFrame.x87LoadedAt)), immediate: 0)
        let missing = a.jump(Assembler.equal)
        let back = a.position
        flags.host = 0
        let leave = leaving()
        deferred.append { [self] in
            a.heading("seldom: the x87 registers are not loaded")
            a.bind(missing)
            a.call(to: stubs.loadX87)
            a.jump(Assembler.notEqual, to: back)
            leave()
        }
    }

    /// Leaves the trace before the instruction when a condition does not hold.
    func leaveUnless(_ condition: UInt8) {
        let out = a.jump(condition ^ 1)
        flags.host = 0
        let leave = leaving()
        deferred.append { [self] in
            a.heading("seldom: the interpreter raises what this raises")
            a.bind(out)
            leave()
        }
    }

    /// What it takes to leave the trace at the start of the current instruction, for later: to the interpreter.
    func leaving() -> () -> Void {
        leaving { [self] start in
            a.load(Host.scratch, immediate: start)
            a.jump(to: stubs.exits[Int(TranslatedExit.interpret.rawValue)])
        }
    }

    /// The same by the way that `exit` writes, given the address.
    func leaving(by exit: @escaping (UInt32) -> Void) -> () -> Void {
        let then = flags
        let start = item.start
        let behind = item.executed - accounted
        let pending = (x87Pending, x87Segment)
        return { [self] in
            flags = then
            (x87Pending, x87Segment) = pending
            settleX87()
            saveFlags()
            if behind > 0 { a.lea(8, Host.budget, .at(Host.budget, Int32(-behind))) }
            exit(start)
        }
    }

    /// Writes down where the last x87 instruction was; flags stay.
    func settleX87() {
        if let last = x87Pending {
            a.store(4, .at(Host.state, TranslationFrame.x87PointerAt), immediate: last.pointer)
            a.store(2, .at(Host.state, TranslationFrame.x87OpcodeAt), immediate: UInt32(last.opcode))
        }
        if let segment = x87Segment {
            a.store(1, .at(Host.state, TranslationFrame.x87SegmentAt), immediate: UInt32(segment))
        }
        x87Pending = nil
        x87Segment = nil
    }
}
