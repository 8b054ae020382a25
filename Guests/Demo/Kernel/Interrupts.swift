// Interrupts: who handles which, and the flag that holds them off. The host raises them only between our
// instructions and only while `irq_enabled` says so; there are no real ones.

enum Interrupts {
    static let timer = 0
    static let count = 32

    /// What runs when interrupt n arrives. Handlers run with interrupts off, so they never nest; they must not
    /// allocate, because the code they interrupted may be inside the allocator.
    nonisolated(unsafe) private static var handlers: [(() -> Void)?] = []
    nonisolated(unsafe) private(set) static var delivered: [UInt32] = []

    static func start() {
        handlers = [(() -> Void)?](repeating: nil, count: count)
        delivered = [UInt32](repeating: 0, count: count)
    }

    static func handle(_ irq: Int, by handler: @escaping () -> Void) {
        off {
            handlers[irq] = handler
            LguestData.blockedInterrupts.store(LguestData.blockedInterrupts.load() & ~(1 << UInt32(irq)))
        }
    }

    static func arrived(_ irq: Int) {
        delivered[irq] &+= 1
        handlers[irq]?()
    }

    static var areOn: Bool { LguestData.irqEnabled.load() != 0 }

    static func on() { LguestData.irqEnabled.store(0x200) }

    // G:340 Turning interrupts off costs one store, not a hypercall: the flag is a word that the host reads.
    /// Runs `body` with interrupts held off.
    static func off<Result>(_ body: () -> Result) -> Result {
        let before = LguestData.irqEnabled.load()
        LguestData.irqEnabled.store(0)
        let result = body()
        LguestData.irqEnabled.store(before)
        return result
    }

    // G:350 And this is how a guest that has nothing to do costs nothing.
    /// Sleeps until an interrupt, unless there is a reason to stay awake. The check and the sleep are one step
    /// as far as interrupts can tell: they are off until the host itself turns them on to wake us. Otherwise the one
    /// that we wait for could slip in between, and we would sleep through it.
    static func sleep(unless reasonToStayAwake: () -> Bool) {
        LguestData.irqEnabled.store(0)
        if !reasonToStayAwake() { Hypercall.call(.halt) }
        on()
    }
}
