// A device raises a line; the guest sees it when it is ready. It is ready when the line is not blocked, when it has
// interrupts enabled on its page of notes, and when it is not in the few instructions of its iret path in which they
// only look enabled. A halted guest is always ready, for being woken is all that it waits for.

import I386

extension EmbeddedLguest {
    /// The interrupt flag in eflags, and the value of "on" in `irq_enabled`.
    static let interruptFlag: UInt32 = 0x200

    // H:400
    /// Makes the guest run the handler of its lowest pending line, if it may be interrupted now.
    /// - Returns: how many instructions it may run before we should ask again, if a line is left that has to wait.
    func deliverInterrupt() throws(GuestDeath) -> Int {
        let pending = mailbox.pendingLines
        guard pending != 0, let data else { return .max }
        let candidates = pending & ~data.blockedInterrupts
        guard candidates != 0 else { return Pace.patient }
        guard !data.noInterrupts.contains(cpu.state.pointee.eip) else { return Pace.prompt }

        if isHalted {
            // It went to sleep with interrupts off or on; it wakes with them on.
            data.irqEnabled = Self.interruptFlag
            isHalted = false
        } else if data.irqEnabled == 0 {
            return Pace.prompt
        }

        let irq = IRQ(UInt32(candidates.trailingZeroBitCount))
        let gate = gates[Int(irq.vector)]
        if gate.isPresent {
            mailbox.clear(irq)
            try call(gate, vector: irq.vector, errorCode: nil)
            bank.interruptsDelivered.bump()
        }
        data.setTime(HostTime.wallClock())
        return mailbox.pendingLines == 0 ? .max : Pace.prompt
    }
}
