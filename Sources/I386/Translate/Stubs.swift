// The doors between Swift and generated code: in, out, and the two call-outs on the way. Made once per CPU at the start
// of its code memory.

/// Why generated code came back. The value that goes with each is an eip unless it says otherwise.
enum TranslatedExit: UInt32 {
    /// A jump that is not linked yet; the value is the number of its `TraceExit`.
    case link
    /// What lies at this address has to be found by way of the tables.
    case lookUp
    /// The same after an indirect jump.
    case indirect
    /// One instruction for the interpreter: it faults, or is beyond us.
    case interpret
    /// Something happened in a helper; `eip` has been set already.
    case resume
    /// The instruction has faulted in a helper, which has kept the fault.
    case fault
    /// The trace ends at an instruction that is never translated, the last of its block.
    case untranslated
}

struct Stubs {
    /// Swift's way in: `(state, code)`.
    var enter = 0
    /// Ways out; r8d holds the value.
    var exits = [Int](repeating: 0, count: reasons)
    private static let reasons = Int(TranslatedExit.untranslated.rawValue) + 1
    /// Where an indirect jump lands whose target is unknown: r8d holds the eip.
    var unknownTarget: Int { exits[Int(TranslatedExit.indirect.rawValue)] }
    /// ebp: address, r8d: bytes, bit 16 for a write, bit 17 for a window. Returns the host address in rbp, or 0.
    var slowAccess = 0
    /// r8: an op. Returns with ZF clear when the block must be left.
    var executeOp = 0
    /// r8: an `int` or `iret`. Returns with ZF clear when generated code must be left, else r8d is the eip to go on at, and r12 the TLB
    /// of the ring there.
    var cross = 0
    /// r8: a repeated `movs` or `stos`. Returns with ZF set when the interpreter has to go on with it.
    var repeatString = 0
    /// r8d: a selector, for es, ds, fs or gs. Returns with ZF clear when the interpreter has to look at it. Uses r9 and rbp.
    var loadSegment = [Int](repeating: 0, count: Segment.allCases.count)
    /// Makes the guest's x87 registers current in the host. Returns with ZF set when that must not be.
    var loadX87 = 0

    static let registers: [(HostRegister, Int32)] = [
        (Host.rax, 0), (Host.rcx, 4), (Host.rdx, 8), (Host.rbx, 12), (Host.esp, 16), (Host.ebp, 20), (Host.rsi, 24),
        (Host.rdi, 28),
    ]
    /// What Swift may clobber in a call, as far as it holds something of ours.
    private static let volatile = [Host.rax, Host.rcx, Host.rdx, Host.rsi, Host.rdi, Host.shadow, Host.budget]
    private static let inStrings = [Host.rax, Host.rcx, Host.rsi, Host.rdi]
    private static let preserved: [HostRegister] = [5, Host.rbx, 12, 13, 14, 15]

    init(_ a: Assembler) {
        func loadRegisters() {
            for (host, offset) in Self.registers { a.move(4, host, .memory(.at(Host.state, offset))) }
            a.move(8, Host.tlb, .memory(.at(Host.state, TranslationFrame.tlbAt)))
            a.move(8, Host.budget, .memory(.at(Host.state, TranslationFrame.leftAt)))
        }
        func storeRegisters() {
            for (host, offset) in Self.registers { a.store(4, .at(Host.state, offset), host) }
            a.store(8, .at(Host.state, TranslationFrame.leftAt), Host.budget)
        }
        func saveX87() {
            a.arithmetic(.cmp, 1, .memory(.at(Host.state, TranslationFrame.x87LoadedAt)), immediate: 0)
            let isNot = a.jump(Assembler.equal)
            // FNSAVE leaves the x87 empty and masked, as C code wants it.
            a.escape(0xdd, 6, .at(Host.state, TranslationFrame.x87ImageAt))
            a.move(8, Host.rdi, .register(Host.state))
            a.call(through: .at(Host.state, TranslationFrame.storeX87At))
            a.bind(isNot)
        }

        // Six pushes and eight bytes keep the stack aligned for calls.
        enter = a.position
        for r in Self.preserved { a.push(r) }
        a.arithmetic(.sub, 8, .register(Host.rsp), immediate: 8)
        a.move(8, Host.state, .register(Host.rdi))
        a.move(8, Host.scratch, .register(Host.rsi))
        loadRegisters()
        a.jump(throughRegister: Host.scratch)

        let leave = a.position
        a.store(4, .at(Host.state, TranslationFrame.reasonAt), Host.scratch2)
        a.store(4, .at(Host.state, TranslationFrame.valueAt), Host.scratch)
        storeRegisters()
        saveX87()
        a.arithmetic(.add, 8, .register(Host.rsp), immediate: 8)
        for r in Self.preserved.reversed() { a.pop(r) }
        a.plain("ret", 0xc3)
        for reason in 0..<Self.reasons {
            exits[reason] = a.position
            a.load(Host.scratch2, immediate: UInt32(reason))
            a.jump(to: leave)
        }

        // The return address and seven pushes: aligned.
        slowAccess = a.position
        for r in Self.volatile { a.push(r) }
        a.move(8, Host.rdi, .register(Host.state))
        a.move(4, Host.rsi, .register(Host.address))
        a.move(4, Host.rdx, .register(Host.scratch))
        a.call(through: .at(Host.state, TranslationFrame.slowAccessAt))
        a.move(8, Host.address, .register(Host.rax))
        for r in Self.volatile.reversed() { a.pop(r) }
        a.plain("ret", 0xc3)

        executeOp = a.position
        storeRegisters()
        a.push(Host.scratch)
        saveX87()
        a.pop(Host.rsi)
        a.move(8, Host.rdi, .register(Host.state))
        a.arithmetic(.sub, 8, .register(Host.rsp), immediate: 8)
        a.call(through: .at(Host.state, TranslationFrame.executeOpAt))
        a.arithmetic(.add, 8, .register(Host.rsp), immediate: 8)
        a.move(4, Host.scratch2, .register(Host.rax))
        loadRegisters()
        a.test(4, .register(Host.scratch2), Host.scratch2)
        a.plain("ret", 0xc3)

        cross = a.position
        a.store(4, .at(Host.state, 16), Host.esp)
        for r in Self.volatile { a.push(r) }
        // Its pointers name the code segment that is about to change.
        a.push(Host.scratch)
        a.arithmetic(.sub, 8, .register(Host.rsp), immediate: 8)
        saveX87()
        a.arithmetic(.add, 8, .register(Host.rsp), immediate: 8)
        a.pop(Host.rsi)
        a.move(8, Host.rdi, .register(Host.state))
        a.call(through: .at(Host.state, TranslationFrame.crossAt))
        a.move(4, Host.scratch2, .register(Host.rax))
        for r in Self.volatile.reversed() { a.pop(r) }
        a.move(4, Host.esp, .memory(.at(Host.state, 16)))
        a.move(8, Host.tlb, .memory(.at(Host.state, TranslationFrame.tlbAt)))
        a.move(4, Host.scratch, .memory(.at(Host.state, 36)))
        a.test(4, .register(Host.scratch2), Host.scratch2)
        a.plain("ret", 0xc3)

        repeatString = a.position
        for (host, offset) in Self.registers where Self.inStrings.contains(host) {
            a.store(4, .at(Host.state, offset), host)
        }
        for r in Self.volatile { a.push(r) }
        a.move(8, Host.rdi, .register(Host.state))
        a.move(8, Host.rsi, .register(Host.scratch))
        a.call(through: .at(Host.state, TranslationFrame.repeatStringAt))
        a.move(4, Host.scratch2, .register(Host.rax))
        for r in Self.volatile.reversed() { a.pop(r) }
        for (host, offset) in Self.registers where Self.inStrings.contains(host) {
            a.move(4, host, .memory(.at(Host.state, offset)))
        }
        a.test(4, .register(Host.scratch2), Host.scratch2)
        a.plain("ret", 0xc3)

        for segment in [Segment.es, .ds, .fs, .gs] {
            loadSegment[Int(segment.rawValue)] = a.position
            Self.emitLoad(of: segment, a)
        }

        loadX87 = a.position
        for r in Self.volatile { a.push(r) }
        a.move(8, Host.rdi, .register(Host.state))
        a.call(through: .at(Host.state, TranslationFrame.loadX87At))
        a.move(4, Host.scratch, .register(Host.rax))
        a.test(4, .register(Host.scratch), Host.scratch)
        let refused = a.jump(Assembler.equal)
        a.escape(0xdd, 4, .at(Host.state, TranslationFrame.x87ImageAt))
        a.bind(refused)
        for r in Self.volatile.reversed() { a.pop(r) }
        a.test(4, .register(Host.scratch), Host.scratch)
        a.plain("ret", 0xc3)
    }
}
