// Which of the two engines runs a CPU's code.

/// How instructions are executed.
public enum Engine: String, Sendable, CaseIterable {
    /// One at a time: slower, and the same on every host.
    case interpreter
    /// Hot code as host code, the rest by the interpreter. Only on x86-64.
    case translator
    /// Both, one behind the other, compared after every stretch: slow, for hunting differences.
    case lockstep
    /// The translator where there is one, else the interpreter.
    case auto
}

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
