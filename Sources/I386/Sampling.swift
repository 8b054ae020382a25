// Where a guest is, for those who ask from outside: the address, and by way of frame pointers the addresses that will be
// returned to. Asked by another thread, answered by the CPU's own at the next block edge.

import Synchronization

/// Where a guest was when somebody asked.
public struct ExecutionSample: Sendable, Equatable {
    public var eip: GuestVirtual
    /// In ring 3.
    public var isUser: Bool
    /// Counts samples of this CPU, from 1; wraps.
    public var number: UInt16

    /// Both halves of an atomic word.
    var packed: UInt64 { UInt64(eip.rawValue) | (isUser ? 1 << 32 : 0) | UInt64(number) << 40 | 1 << 60 }
    init(eip: GuestVirtual, isUser: Bool, number: UInt16) {
        (self.eip, self.isUser, self.number) = (eip, isUser, number)
    }
    init?(packed: UInt64) {
        guard packed != 0 else { return nil }
        eip = GuestVirtual(UInt32(truncatingIfNeeded: packed))
        isUser = packed >> 32 & 1 != 0
        number = UInt16(truncatingIfNeeded: packed >> 40)
    }
}

/// A sample with its callers.
public struct StackSample: Sendable, Hashable {
    /// In ring 3; then there are no callers.
    public var isUser: Bool
    /// The instruction, then the return addresses, innermost first.
    public var addresses: [UInt32]

    public init(isUser: Bool, addresses: [UInt32]) {
        self.isUser = isUser
        self.addresses = addresses
    }
}

extension CPU {
    /// Callers that are looked for.
    private static var maximumFrames: Int { 48 }
    /// No kernel stack is larger than this.
    private static var stackReach: UInt32 { 16 << 10 }

    /// Asks for a sample of what the guest is doing: `lastSample` changes within a millisecond while it runs. Any thread.
    public nonisolated func requestSample() {
        _ = memory.attention.pointee.bitwiseOr(GuestMemory.sampleRequested, ordering: .releasing)
    }

    /// Takes the request back, if it has not been answered yet.
    public nonisolated func withdrawSample() {
        _ = memory.attention.pointee.bitwiseAnd(~GuestMemory.sampleRequested, ordering: .relaxed)
    }

    /// The answer to the last `requestSample` that was answered. Any thread.
    public nonisolated var lastSample: ExecutionSample? { ExecutionSample(packed: sample.load(ordering: .acquiring)) }

    /// Between two blocks, somebody has asked.
    @inline(never)
    func takeSample() {
        let last = ExecutionSample(packed: sample.load(ordering: .relaxed))
        let next = ExecutionSample(
            eip: GuestVirtual(state.pointee.eip), isUser: isUser, number: (last?.number ?? 0) &+ 1)
        sample.store(next.packed, ordering: .releasing)
        watch?.note(isDecoded: isDecoded)
        onSample?(StackSample(isUser: next.isUser, addresses: [state.pointee.eip] + (next.isUser ? [] : callers())))
    }

    /// Follows the chain of frame pointers. Whether the guest keeps one nobody knows: it ends where a frame is not above the
    /// last one, or where what should be a return address is not behind a call.
    private func callers() -> [UInt32] {
        var found: [UInt32] = []
        let bottom = state.pointee.esp
        var frame = state.pointee.ebp
        var lowest = bottom
        while found.count < Self.maximumFrames, frame >= lowest, frame & 3 == 0, frame &- bottom < Self.stackReach,
            let caller = peek(frame), let address = peek(frame &+ 4), followsCall(address)
        {
            found.append(address)
            lowest = frame &+ 8
            frame = caller
        }
        return found
    }

    /// Whether the bytes before `address` may be a call: E8, or FF /2 in one of its lengths.
    private func followsCall(_ address: UInt32) -> Bool {
        guard let before = peekBytes(address &- 7, 7) else { return false }
        if before[2] == 0xe8 { return true }
        for length in [2, 3, 4, 6, 7] where before[7 - length] == 0xff && before[8 - length] & 0x38 == 0x10 {
            return true
        }
        return false
    }

    /// A word of the guest's memory, without leaving any trace in its page tables or the TLB.
    private func peek(_ linear: UInt32) -> UInt32? {
        guard let bytes = peekBytes(linear, 4) else { return nil }
        return (0..<4).reduce(0) { $0 | UInt32(bytes[$1]) << UInt32(8 * $1) }
    }

    private func peekBytes(_ linear: UInt32, _ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        for i in 0..<UInt32(count) {
            guard let at = physicalAddress(of: linear &+ i), let byte = memory.load8(at: at) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// Where a linear address lies now, for the kernel's rights; marks nothing as accessed.
    func physicalAddress(of linear: UInt32) -> GuestPhysical? {
        guard state.pointee.cr0 & 0x8000_0000 != 0 else { return GuestPhysical(linear) }
        let directory = state.pointee.cr3 & 0xffff_f000
        guard let pde = memory.load32(at: GuestPhysical(directory | (linear >> 22) << 2)), pde & 1 != 0,
            pde & core.pointee.policy.illegalDirectoryBits == 0,
            let pte = memory.load32(at: GuestPhysical(pde & 0xffff_f000 | ((linear >> 12) & 0x3ff) << 2)), pte & 1 != 0,
            pte & core.pointee.policy.illegalTableBits == 0
        else { return nil }
        return GuestPhysical(pte & 0xffff_f000 | linear & 0xfff)
    }
}
