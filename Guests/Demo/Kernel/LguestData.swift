// `struct lguest_data`: the one page that guest and host both write. Every access is volatile, for the host changes
// it between any two instructions of ours.

enum LguestData {
    static let free: UInt8 = 0xFF
    static let pending: UInt8 = 0
    static let ringSize: UInt32 = 64

    private static func word(_ offset: UInt32) -> Word {
        Word(at: UInt(address_of_lguest_data() + offset))
    }

    /// 0x200 when the host may interrupt us, else 0. This word, not the processor's flag, is our interrupt flag.
    static var irqEnabled: Word { word(0) }
    /// Bit n set: interrupt n waits.
    static var blockedInterrupts: Word { word(4) }
    /// The address of the last page fault.
    static var faultAddress: Word { word(8) }
    static var seconds: Word { word(12) }
    static var nanoseconds: Word { word(16) }
    /// Top of the virtual address space that belongs to the host.
    static var reservedBytes: Word { word(1108) }
    static var guestID: UInt16 { UInt16(truncatingIfNeeded: word(1112).load()) }
    /// 0: the time stamp counter of this host cannot be trusted.
    static var tscKHz: Word { word(1116) }

    static func status(_ slot: UInt32) -> Byte {
        Byte(at: UInt(address_of_lguest_data() + 20 + slot))
    }
    /// eax, edx, ebx, ecx of a queued call.
    static func argument(_ slot: UInt32, _ index: UInt32) -> Word { word(84 + 16 * slot + 4 * index) }

    // G:120 The handshake: here is our page, and these are the instructions between which you must not interrupt.
    /// The first hypercall of every guest. Before it, nothing else is allowed.
    static func introduce() {
        for slot in 0..<ringSize { status(slot).store(free) }
        blockedInterrupts.store(.max)
        word(1120).store(address_of_noirq_start())
        word(1124).store(address_of_noirq_end())
        Hypercall.call(.initialize, Physical(linear: address_of_lguest_data()).value)
    }
}
