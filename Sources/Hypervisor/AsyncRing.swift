// A hypercall costs a trip out of the guest, and many need no answer. The guest may therefore leave them in a ring on
// its page of notes: they are done at the next trip, whatever caused it, in the order in which they were left.

extension EmbeddedLguest {
    // H:315
    /// Performs the calls that wait in the ring, once around at most.
    ///
    /// Stops at a SEND_DMA to the launcher: that must be served before the next call, which may well reuse the buffer.
    /// Answers are dropped.
    @inline(__always)
    func drainRing(_ data: LguestData) throws(GuestDeath) {
        guard data.isPending(nextRingSlot) else { return }
        try drainWaiting(data)
    }

    @inline(never)
    private func drainWaiting(_ data: LguestData) throws(GuestDeath) {
        for _ in 0..<LguestData.ringSize {
            let slot = nextRingSlot
            guard data.isPending(slot) else { return }
            nextRingSlot = (slot + 1) % LguestData.ringSize
            bank.asynchronousHypercalls.bump()
            _ = try perform(data.call(in: slot))
            data.markDone(slot)
            guard sentDMA == nil else { return }
        }
    }
}
