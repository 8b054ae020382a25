// Where a guest stands in its life. The picture, for those who like pictures:
//
//     configured ── start ──> booting ──> running <──> halted
//                                            │
//              dead(reason) / poweredOff / aborted  ── restart ──> booting …

/// The state of one guest.
public enum GuestState: Sendable, Hashable {
    /// Not started yet.
    case configured
    /// Being loaded.
    case booting
    /// Executing instructions.
    case running
    /// Asleep in HALT until an interrupt; costs no processor time.
    case halted
    /// It died, of itself or by `kill`.
    case dead(reason: String)
    /// It switched itself off, which Linux under lguest does by crashing with the words "Power down".
    case poweredOff
    /// Its user pressed ^C three times.
    case aborted

    /// Whether it has a thread and memory.
    public var isAlive: Bool {
        switch self {
        case .booting, .running, .halted: true
        case .configured, .dead, .poweredOff, .aborted: false
        }
    }

    /// Whether a life is over (and another may begin).
    public var isOver: Bool {
        switch self {
        case .dead, .poweredOff, .aborted: true
        case .configured, .booting, .running, .halted: false
        }
    }
}

extension GuestState: CustomStringConvertible {
    public var description: String {
        switch self {
        case .configured: "configured"
        case .booting: "booting"
        case .running: "running"
        case .halted: "halted"
        case .dead(let reason): "dead: \(reason)"
        case .poweredOff: "powered off"
        case .aborted: "aborted"
        }
    }
}
