// Traps come in three kinds. Those that only concern the guest go straight to its handler, delivered by the processor.
// Some the hypervisor has to see first: page faults, for the address; protection faults, for port accesses; the lazy
// FPU trap. And one is no trap at all but a hypercall. What the guest has no handler for, it dies of.

import I386

/// One gate as the guest set it, reduced to what we believe of it.
struct GuestGate {
    var handler: UInt32 = 0
    /// 0xE interrupt gate, 0xF trap gate, 0 not present.
    var type: UInt8 = 0
    /// Who may call it by `int n`.
    var dpl: UInt8 = 0

    var isPresent: Bool { type != 0 }
    var disablesInterrupts: Bool { type == Self.interrupt }
    static let interrupt: UInt8 = 0xe
    static let trap: UInt8 = 0xf
}

extension EmbeddedLguest {
    /// Gates of the guest: 32 traps, 32 lines, and the system call in the last place.
    static let gateCount = 65
    static let systemCallVector: UInt32 = 0x80
    /// Handlers run in the guest kernel's code segment, whatever the gate says.
    static let kernelCode: UInt16 = 0x61
    static let kernelData: UInt16 = 0x69

    /// Where the gate of a vector is kept; nil for vectors that no guest has.
    static func gateIndex(_ vector: UInt32) -> Int? {
        vector < 64 ? Int(vector) : vector == systemCallVector ? 64 : nil
    }

    // H:410
    /// LOAD_IDT_ENTRY: sets one gate. Gates that are none of the guest's business are ignored.
    func loadGate(vector: UInt32, low: UInt32, high: UInt32) throws(GuestDeath) {
        // Not for guests: NMI, double fault, the reserved 15, and the hypercall itself.
        if vector == 2 || vector == 8 || vector == 15 || vector == UInt32(Hypercall.vector) { return }
        guard let index = Self.gateIndex(vector) else { return }

        var gate = GuestGate()
        if high & 0x8000 != 0 {
            let type = UInt8(truncatingIfNeeded: high >> 8) & 0xf
            guard type == GuestGate.interrupt || type == GuestGate.trap else {
                throw .badGateType(UInt32(type), vector: vector)
            }
            gate.handler = low & 0xffff | high & 0xffff_0000
            gate.type = type
            gate.dpl = UInt8(truncatingIfNeeded: high >> 13) & 3
        }
        gates[index] = gate
        installGate(gate, vector: vector)
    }

    // H:415
    /// Tells the processor about a gate: deliver by yourself, or come out and ask.
    ///
    /// It may deliver only through trap gates: an interrupt gate has to clear the guest's flag, which is in memory and
    /// none of the processor's business. Lines are not in the processor's table at all, so `int n` cannot fake one.
    private func installGate(_ gate: GuestGate, vector: UInt32) {
        guard let number = UInt8(exactly: vector), vector < 32 || vector == Self.systemCallVector else { return }
        guard gate.isPresent else { return cpu.setGate(number, nil) }
        let mustSee = number == 7 || number == 13 || number == 14
        cpu.setGate(
            number,
            Gate(
                offset: gate.handler, selector: Self.kernelCode, kind: gate.disablesInterrupts ? .interrupt : .trap,
                dpl: gate.dpl, disposition: gate.disablesInterrupts || mustSee ? .exit : .deliver))
    }

    /// The table before the guest has said anything: every trap comes out, and the kernel may make hypercalls.
    func installDefaultGates() {
        for vector in UInt8.min...UInt8.max { cpu.setGate(vector, nil) }
        cpu.setGate(
            Hypercall.vector,
            Gate(offset: 0, selector: Self.kernelCode, kind: .trap, dpl: 1, disposition: .exit))
    }

    // H:420
    /// Looks at what made the processor stop, and either settles it here or hands it to the guest.
    func handleTrap(vector: UInt8, errorCode: UInt32?, kind: TrapKind) throws(GuestDeath) {
        switch vector {
        case Hypercall.vector:
            bank.count(.hypercall)
            hypercallWaiting = true
            return
        case 13:
            bank.count(.protectionFault)
            if errorCode == 0, emulatePortAccess() { return }
        case 14:
            bank.count(.pageFault)
            try refuseReservedMemory(GuestVirtual(cpu.state.pointee.cr2))
            data?.setCR2(cpu.state.pointee.cr2)
        case 7:
            bank.count(.deviceNotAvailable)
            guard taskSwitched else {
                // The guest never asked for this one, so it must not see it.
                setTaskSwitched(false)
                return
            }
        default:
            bank.count(.otherTrap)
        }
        try reflect(vector: vector, errorCode: errorCode, kind: kind)
    }

    // H:430
    /// Hands a trap to the guest's handler; without one the guest dies, and the reason says of what.
    private func reflect(vector: UInt8, errorCode: UInt32?, kind: TrapKind) throws(GuestDeath) {
        let state = cpu.state
        let detail = vector == 14 ? state.pointee.cr2 : errorCode ?? 0
        traceTrap(vector: vector, errorCode: errorCode ?? 0)
        guard let index = Self.gateIndex(UInt32(vector)), gates[index].isPresent else {
            throw .unhandledTrap(vector: UInt32(vector), eip: state.pointee.eip, detail: detail)
        }
        // `int 13` pushes no error code, however much it looks like a protection fault.
        let code = kind != .software && Self.pushesErrorCode(vector) ? errorCode ?? 0 : nil
        try call(gates[index], vector: UInt32(vector), errorCode: code)
        bank.trapsDelivered.bump()
        if vector == 14 { bank.pageFaults.bump() }
    }

    static func pushesErrorCode(_ vector: UInt8) -> Bool {
        vector == 8 || (10...14).contains(vector) || vector == 17
    }

    // H:440
    /// Makes the processor call a handler, as the hardware would: on the kernel's stack, with the old flags pushed.
    ///
    /// The real interrupt flag is always on; the one in the pushed flags is the guest's own, so that its iret finds
    /// what it expects.
    func call(_ gate: GuestGate, vector: UInt32, errorCode: UInt32?) throws(GuestDeath) {
        let state = cpu.state
        var flags = state.pointee.eflags | Self.interruptFlag
        if let data, data.irqEnabled & Self.interruptFlag == 0 { flags &= ~Self.interruptFlag }
        do {
            try cpu.deliver(
                vector: UInt8(truncatingIfNeeded: vector), handler: gate.handler, codeSelector: Self.kernelCode,
                errorCode: errorCode, flagsToPush: flags)
        } catch {
            if let death = illegalTranslation(error) { throw death }
            let esp = state.pointee.cpl == 3 ? cpu.innerStack.esp : state.pointee.esp
            throw .noStack(esp: esp, vector: vector, eip: state.pointee.eip)
        }
        if gate.disablesInterrupts { data?.irqEnabled = 0 }
    }

    // MARK: Lazy FPU

    /// TS: with it set, the next FPU instruction traps, and the guest kernel swaps the FPU's registers then and not at
    /// every context switch.
    func setTaskSwitched(_ on: Bool) {
        taskSwitched = on
        if on { cpu.state.pointee.cr0 |= 8 } else { cpu.state.pointee.cr0 &= ~8 }
    }
}
