// The guest writes its own descriptor table, and the processor must never believe all of it. A few entries are ours and
// stay ours; the rest are trimmed so that nothing in them reaches ring 0.

import I386

extension EmbeddedLguest {
    static let descriptorCount = 32
    /// Entries that a guest cannot change: the hypervisor's code and data, the task state, the double fault's.
    private static func isReserved(_ index: Int) -> Bool {
        index == 10 || index == 11 || index == 16 || index == 31
    }
    private static let threadLocal = 6...8

    // H:500
    /// The table at the first instruction: flat code and data for ring 1, and what a hypervisor keeps for itself.
    func installInitialDescriptors() {
        for index in 0..<Self.descriptorCount { cpu.setDescriptor(index, 0) }
        cpu.setDescriptor(10, 0x00cf_9b00_0000_ffff)
        cpu.setDescriptor(11, 0x00cf_9300_0000_ffff)
        cpu.setDescriptor(12, 0x00cf_bb00_0000_ffff)
        cpu.setDescriptor(13, 0x00cf_b300_0000_ffff)
        cpu.setDescriptor(16, 0x0000_8b00_0000_0067)
    }

    /// LOAD_GDT: replaces the table with `count` entries from guest memory.
    func loadGDT(from table: GuestPhysical, count: UInt32) throws(GuestDeath) {
        guard count <= UInt32(Self.descriptorCount) else { throw .tooManyDescriptors(count) }
        try loadDescriptors(0..<Int(count), from: table)
    }

    /// LOAD_TLS: the three entries that change at every context switch.
    func loadTLS(from table: GuestPhysical) throws(GuestDeath) {
        try loadDescriptors(Self.threadLocal.lowerBound..<Self.threadLocal.upperBound + 1, from: table)
    }

    // H:510
    private func loadDescriptors(_ indexes: Range<Int>, from table: GuestPhysical) throws(GuestDeath) {
        let bytes = try guestBytes(at: table, count: indexes.count * 8)
        for (place, index) in indexes.enumerated() where !Self.isReserved(index) {
            // SAFETY: `place` is below the count of entries that the bytes were checked for.
            cpu.setDescriptor(index, Self.trimmed(bytes.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self)))
        }
        try reloadSegments()
    }

    /// Ring 0 becomes ring 1, and the accessed bit is set at once: the guest's table is not there to be written back to.
    /// In a gate or a task state that bit changes the type, which disarms it.
    static func trimmed(_ descriptor: UInt64) -> UInt64 {
        var trimmed = descriptor
        if trimmed & 0x6000_0000_0000 == 0 { trimmed |= 0x2000_0000_0000 }
        return trimmed | 0x0100_0000_0000
    }

    // H:515
    /// Reloads the segment registers from the changed table, as every entry into a real guest does. A guest must not
    /// pull a descriptor away from under a register in use: on the original its switcher tripped over that, which is
    /// how the impossible trap 256 got into the vocabulary.
    private func reloadSegments() throws(GuestDeath) {
        let state = cpu.state
        let before = (state.pointee.ds, state.pointee.es, state.pointee.fs, state.pointee.gs)
        cpu.refreshSegments()
        let after = (state.pointee.ds, state.pointee.es, state.pointee.fs, state.pointee.gs)
        func lost(_ old: SegmentRegister, _ new: SegmentRegister) -> Bool { old.selector != new.selector }
        let cpl = state.pointee.cpl
        guard !lost(before.0, after.0), !lost(before.1, after.1), !lost(before.2, after.2), !lost(before.3, after.3),
            isUsable(state.pointee.cs.selector, access: 0x98, cpl: cpl),
            isUsable(state.pointee.ss.selector, access: 0x92, cpl: cpl)
        else { throw .unhandledTrap(vector: 256, eip: state.pointee.eip, detail: 0) }
    }

    /// Whether a selector still names a present segment of the current privilege, with these access bits.
    private func isUsable(_ selector: UInt16, access: UInt8, cpl: UInt8) -> Bool {
        let found = UInt8(truncatingIfNeeded: cpu.descriptor(Int(selector >> 3)) >> 40)
        // For data, the type must not say code; for code, the same bit is part of `access`.
        return found & (access | 0x18) == access && found >> 5 & 3 == cpl
    }
}
