// Flags on the move: from the host's into memory, from memory and steps into the host's. See GuestFlags for what is known of them.

extension Translator {
    private var flagSlot: HostMemory { .at(Host.state, TranslationFrame.flagsAt) }

    /// Brings all flags that anybody may still see into memory. Uses r8.
    func saveFlags() {
        guard flags.memory != Flag.status else { return }
        if flags.durable & ~flags.host != 0 {
            // What only the host has would be lost on the way.
            if flags.host & ~flags.durable != 0 { return mergeFlags() }
            needInHost(flags.durable)
        }
        a.move(Host.scratch, Host.rax)
        a.lahf()
        a.set(Assembler.overflow, .register(Host.rax))
        a.store(2, flagSlot, Host.rax)
        a.move(Host.rax, Host.scratch)
        // What nobody may see counts as saved, or it would be saved again and again.
        flags.memory = Flag.status
        flags.steps = []
    }

    /// Brings flags into the host's. Uses r8 and r9.
    func needInHost(_ wanted: UInt32) {
        guard wanted & ~flags.host != 0 else { return }
        let made = flags.made
        let fromMemory = wanted & ~made
        if fromMemory & ~flags.memory != 0 {
            a.failed = true
            return
        }
        var loaded: UInt32 = 0
        if fromMemory == Flag.cf {
            a.note("bt word [flags], 8")
            a.encode(0x0fba, size: 4, reg: 4, .memory(flagSlot))
            a.byte(8)
            loaded = Flag.cf
        } else if fromMemory != 0 {
            a.move(Host.scratch, Host.rax)
            a.extend(4, Host.rax, .memory(flagSlot), from: 2, signed: false)
            a.arithmetic(.add, 1, .register(Host.rax), immediate: 0x7f)
            a.sahf()
            a.move(Host.rax, Host.scratch)
            // Those that steps make are stale in memory.
            loaded = flags.memory
        }
        if wanted & made != 0 {
            for step in flags.steps { emit(step) }
            loaded |= made
        }
        flags.host = loaded
    }

    private func emit(_ step: FlagStep) {
        let t = Host.scratch
        func apply(_ op: Group1, _ size: UInt8, _ r: HostRegister, _ s: FlagStep.Source) {
            switch s {
            case .register(let other): a.arithmetic(op, size, .register(r), other)
            case .immediate(let value): a.arithmetic(op, size, .register(r), immediate: value)
            }
        }
        switch step {
        case .compare(let size, let r, let s): apply(.cmp, size, r, s)
        case .test(let size, let r, let s):
            switch s {
            case .register(let other): a.test(size, .register(r), other)
            case .immediate(let value): a.test(size, .register(r), immediate: value)
            }
        case .sum(let r, let s):
            a.move(t, r)
            apply(.sub, 4, t, s)
            apply(.add, 4, t, s)
        case .difference(let r, let s):
            a.move(t, r)
            apply(.add, 4, t, s)
            apply(.cmp, 4, t, s)
        case .doubled(let r):
            a.move(t, r)
            a.arithmetic(.add, 4, .register(t), t)
        case .logic(let size, let r): a.test(size, .register(r), r)
        case .increment(let r, let down):
            a.lea(4, t, .at(r, down ? 1 : -1))
            a.increment(4, .register(t), down: down)
        case .negation(let r):
            a.move(t, r)
            a.unary(3, 4, .register(t))
            a.unary(3, 4, .register(t))
        case .shift(let op, let r, let count):
            a.move(t, r)
            a.shift(op, 4, .register(t), by: count)
        case .rotation(let op, let r, let count):
            a.move(t, r)
            a.shift(op == .rol ? .ror : .rol, 4, .register(t), by: count)
            a.shift(op, 4, .register(t), by: count)
        case .product(let overflow, let low):
            a.test(4, .register(low), low)
            a.move(t, Host.rax)
            a.lahf()
            a.plain("mov al, 0", 0xb0, 0)
            a.arithmetic(.or, 4, .register(Host.rax), overflow)
            a.arithmetic(.add, 1, .register(Host.rax), immediate: 0x7f)
            a.sahf()
            a.move(Host.rax, t)
        }
    }

    // Partly here and partly there: after `dec ecx` and a load over ecx, the carry is still in memory and the others are in the
    // host's flags and nowhere else.

    /// `saveFlags` where neither the host's flags nor the memory's can be had without losing some of the other's. Uses r8 and r9.
    func mergeFlags() {
        // What steps could make would spoil what the host has.
        if flags.made & ~flags.host != 0 { a.failed = true }
        let kept = flags.memory & ~flags.host
        a.move(Host.scratch, Host.rax)
        a.lahf()
        a.set(Assembler.overflow, .register(Host.rax))
        // ax ^ (ax ^ memory) & kept
        a.extend(4, Host.scratch2, .memory(flagSlot), from: 2, signed: false)
        a.arithmetic(.xor, 4, .register(Host.scratch2), Host.rax)
        a.arithmetic(.and, 4, .register(Host.scratch2), immediate: (kept & 0xd5) << 8 | kept >> 11 & 1)
        a.arithmetic(.xor, 4, .register(Host.rax), Host.scratch2)
        a.store(2, flagSlot, Host.rax)
        a.move(Host.rax, Host.scratch)
        distance = nil
        flags.memory = Flag.status
        flags.host = 0
        flags.steps = []
    }
}
