// The page on which guest and hypervisor leave each other notes. The guest flips its interrupt flag there with a plain
// store, so reading it must be as cheap: the page is checked once, at LGUEST_INIT, and addressed directly ever after.

import I386

// H:320
/// `struct lguest_data`, in guest memory.
struct LguestData {
    /// Its fields, by offset.
    enum Offset {
        static let irqEnabled = 0
        static let blockedInterrupts = 4
        static let cr2 = 8
        static let time = 12
        static let hypercallStatus = 20
        static let hypercalls = 84
        static let reserveMemory = 1108
        static let guestID = 1112
        static let tscKHz = 1116
        static let noInterruptsStart = 1120
        static let noInterruptsEnd = 1124
    }
    static let size = 1128
    static let ringSize = 64

    private let memory: GuestMemory
    private let address: GuestPhysical
    private let base: UnsafeMutableRawPointer
    /// While eip is in here, no interrupt may be delivered. Read once, as the original does.
    let noInterrupts: Range<UInt32>

    /// - Returns: nil when the page does not lie in guest memory below `limit`.
    init?(at address: GuestPhysical, in memory: GuestMemory, limit: UInt64) {
        guard UInt64(address.rawValue) + UInt64(Self.size) <= limit,
            let base = memory.bytes(at: address, count: Self.size)?.baseAddress
        else { return nil }
        self.memory = memory
        self.address = address
        self.base = base
        let start = base.loadUnaligned(fromByteOffset: Offset.noInterruptsStart, as: UInt32.self)
        let end = base.loadUnaligned(fromByteOffset: Offset.noInterruptsEnd, as: UInt32.self)
        noInterrupts = start..<max(start, end)
    }

    // SAFETY of the loads: every offset is below `size`, which was checked against memory that outlives this value.
    @inline(__always)
    private func load(_ offset: Int) -> UInt32 { base.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }

    /// Stores go through memory, in case a guest keeps code next to its notes.
    private func store(_ value: UInt32, _ offset: Int) {
        _ = memory.store32(value, at: GuestPhysical(address.rawValue &+ UInt32(offset)))
    }

    /// The guest's own interrupt flag: the bit 0x200, or nothing.
    var irqEnabled: UInt32 {
        get { load(Offset.irqEnabled) }
        nonmutating set { store(newValue, Offset.irqEnabled) }
    }
    var blockedInterrupts: UInt32 { load(Offset.blockedInterrupts) }

    func setCR2(_ address: UInt32) { store(address, Offset.cr2) }

    func setTime(_ time: (seconds: UInt32, nanoseconds: UInt32)) {
        store(time.seconds, Offset.time)
        store(time.nanoseconds, Offset.time + 4)
    }

    /// What the guest learns at LGUEST_INIT.
    func introduce(reservedBytes: UInt32, guestID: UInt16, tscKHz: UInt32) {
        store(reservedBytes, Offset.reserveMemory)
        _ = memory.store16(guestID, at: GuestPhysical(address.rawValue &+ UInt32(Offset.guestID)))
        store(tscKHz, Offset.tscKHz)
    }

    // MARK: The ring

    /// Whether a call waits in this slot; `slot` is below `ringSize`.
    @inline(__always)
    func isPending(_ slot: Int) -> Bool {
        base.loadUnaligned(fromByteOffset: Offset.hypercallStatus + slot, as: UInt8.self) != 0xff
    }

    func call(in slot: Int) -> HypercallArguments {
        let offset = Offset.hypercalls + slot * 16
        return HypercallArguments(
            number: load(offset), edx: load(offset + 4), ebx: load(offset + 8), ecx: load(offset + 12))
    }

    func markDone(_ slot: Int) {
        _ = memory.store8(0xff, at: GuestPhysical(address.rawValue &+ UInt32(Offset.hypercallStatus + slot)))
    }
}
