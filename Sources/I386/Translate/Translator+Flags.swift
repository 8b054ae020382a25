// Flags that are partly here and partly there: after `dec ecx` and a load over ecx, the carry is still in memory and the others
// are in the host's flags and nowhere else.

extension Translator {
    /// `saveFlags` where neither the host's flags nor the memory's can be had without losing some of the other's. Uses r8 and r9.
    func mergeFlags() {
        // What steps could make would spoil what the host has.
        if flags.made & ~flags.host != 0 { a.failed = true }
        let slot = HostMemory.at(Host.state, TranslationFrame.flagsAt)
        let kept = flags.memory & ~flags.host
        a.move(Host.scratch, Host.rax)
        a.lahf()
        a.set(Assembler.overflow, .register(Host.rax))
        // ax ^ (ax ^ memory) & kept
        a.extend(4, Host.scratch2, .memory(slot), from: 2, signed: false)
        a.arithmetic(.xor, 4, .register(Host.scratch2), Host.rax)
        a.arithmetic(.and, 4, .register(Host.scratch2), immediate: (kept & 0xd5) << 8 | kept >> 11 & 1)
        a.arithmetic(.xor, 4, .register(Host.rax), Host.scratch2)
        a.store(2, slot, Host.rax)
        a.move(Host.rax, Host.scratch)
        distance = nil
        flags.memory = Flag.status
        flags.host = 0
        flags.steps = []
    }
}
