// A guest asks for what it may not do itself with `int $0x1f`: a number in eax, arguments in edx, ebx and ecx. Only the
// guest kernel can ask, so a nonsensical request is not answered with an error: the guest dies, with a reason.

import I386

/// The calls by number (`LHCALL_*`).
package enum Hypercall {
    package static let flushAsync: UInt32 = 0
    package static let lguestInit: UInt32 = 1
    package static let crash: UInt32 = 2
    package static let loadGDT: UInt32 = 3
    package static let newPageTable: UInt32 = 4
    package static let flushTLB: UInt32 = 5
    package static let loadIDTEntry: UInt32 = 6
    package static let setStack: UInt32 = 7
    package static let ts: UInt32 = 8
    package static let setClockEvent: UInt32 = 9
    package static let halt: UInt32 = 10
    package static let bindDMA: UInt32 = 12
    package static let sendDMA: UInt32 = 13
    package static let setPTE: UInt32 = 14
    package static let setPMD: UInt32 = 15
    package static let loadTLS: UInt32 = 16
    /// One more than the highest number.
    package static let count: UInt32 = 17

    /// The vector that makes one (`LGUEST_TRAP_ENTRY`).
    package static let vector: UInt8 = 0x1f
    /// The longest message of CRASH, in bytes.
    static let longestMessage = 127
}

/// One request, from registers or from the ring.
struct HypercallArguments {
    var number: UInt32
    var edx: UInt32
    var ebx: UInt32
    var ecx: UInt32
}

extension EmbeddedLguest {
    // H:300
    /// Does what the guest asked for since it last ran: first everything in the ring, then the call that its registers
    /// hold. Stops when DMA waits for the launcher; what is left is done when the launcher runs the guest again.
    func serveHypercalls() throws(GuestDeath) {
        guard let data else {
            if hypercallWaiting {
                hypercallWaiting = false
                try meetGuest(registerArguments())
            }
            return
        }
        try drainRing(data)
        guard hypercallWaiting, sentDMA == nil else { return }
        hypercallWaiting = false
        if let result = try perform(registerArguments()) { cpu.state.pointee.eax = result }
    }

    private func registerArguments() -> HypercallArguments {
        let state = cpu.state
        return HypercallArguments(
            number: state.pointee.eax, edx: state.pointee.edx, ebx: state.pointee.ebx, ecx: state.pointee.ecx)
    }

    // H:305
    /// The guest's first call, which has to be LGUEST_INIT: from here on both sides have a page for notes.
    private func meetGuest(_ call: HypercallArguments) throws(GuestDeath) {
        bank.hypercalls.bump(Int(call.number))
        guard call.number == Hypercall.lguestInit else { throw .hypercallBeforeInit(call.number) }
        guard let data = LguestData(at: GuestPhysical(call.edx), in: memory, limit: limit) else {
            throw .badGuestPage(call.edx)
        }
        data.introduce(reservedBytes: Self.reservedBytes, guestID: guestID, tscKHz: tscKHz)
        data.setTime(HostTime.wallClock())
        self.data = data
        try flushEverything()
    }

    // H:310
    /// Performs one call. - Returns: what goes to eax, for the one call that answers.
    func perform(_ call: HypercallArguments) throws(GuestDeath) -> UInt32? {
        bank.hypercalls.bump(Int(call.number))
        switch call.number {
        case Hypercall.flushAsync:
            break  // Being here was the point: the ring is empty now.
        case Hypercall.lguestInit: throw .secondInit(call.edx)
        case Hypercall.crash: throw .crash(try message(at: GuestPhysical(call.edx)))
        case Hypercall.loadGDT: try loadGDT(from: GuestPhysical(call.edx), count: call.ebx)
        case Hypercall.newPageTable: switchPageTable(to: GuestPhysical(call.edx))
        case Hypercall.flushTLB:
            if call.edx == 0 { flushUserMappings() } else { try flushEverything() }
        case Hypercall.loadIDTEntry: try loadGate(vector: call.edx, low: call.ebx, high: call.ecx)
        case Hypercall.setStack: try setStack(segment: call.edx, esp: GuestVirtual(call.ebx), pages: call.ecx)
        case Hypercall.ts: setTaskSwitched(call.edx != 0)
        case Hypercall.setClockEvent: clock.arm(in: call.edx)
        case Hypercall.halt: isHalted = true
        case Hypercall.bindDMA:
            return try bindDMA(
                key: DMAKey(call.edx), array: GuestPhysical(call.ebx),
                count: UInt16(truncatingIfNeeded: call.ecx >> 8), irq: IRQ(call.ecx & 0xff))
        case Hypercall.sendDMA: try sendDMA(key: DMAKey(call.edx), list: GuestPhysical(call.ebx))
        case Hypercall.setPTE:
            try setPTE(directory: GuestPhysical(call.edx), address: GuestVirtual(call.ebx), entry: call.ecx)
        case Hypercall.setPMD: setPMD(directory: GuestPhysical(call.edx), index: call.ebx)
        case Hypercall.loadTLS: try loadTLS(from: GuestPhysical(call.edx))
        default: throw .unknownHypercall(call.number)
        }
        return nil
    }

    /// The last words of a guest: up to 127 bytes, up to a NUL, up to the end of memory, whatever comes first.
    private func message(at address: GuestPhysical) throws(GuestDeath) -> String {
        guard UInt64(address.rawValue) < limit else {
            throw .badRead(address: address.rawValue, count: Hypercall.longestMessage + 1)
        }
        let room = Int(min(UInt64(Hypercall.longestMessage), limit - UInt64(address.rawValue)))
        let bytes = try guestBytes(at: address, count: room)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The host's view of bytes that a hypercall names by their physical address.
    func guestBytes(at address: GuestPhysical, count: Int) throws(GuestDeath) -> UnsafeMutableRawBufferPointer {
        guard count >= 0, UInt64(address.rawValue) + UInt64(count) <= limit,
            let bytes = memory.bytes(at: address, count: count)
        else { throw .badRead(address: address.rawValue, count: count) }
        return bytes
    }
}
