// Who may go first. When all processors are busy, a thread that wakes up has to wait until the one that computes has had
// its turn – unless it asks for shorter turns than that one. Asking costs no privilege and changes nobody's share; who asks
// for long turns merely gets them less often. So a guest that computes while nobody looks asks for long ones, and everybody
// passes it at once: the kernel's own thread that carries a key to us, the user's terminal, the thread that draws. That one,
// and the guest that is typed at, ask for short ones. (Linux from 6.12 on listens. Earlier kernels nod and do not.)

import CLinux
import Synchronization

/// How long a turn on the processor a thread asks for.
public enum Urgency: UInt64, Sendable, AtomicRepresentable {
    /// What the kernel gives to everybody: 0.7 to 2.8 ms.
    case ordinary = 0
    /// For the thread that sees keys first and draws what comes of them.
    case immediate = 400_000
    /// For the guest that somebody types at.
    case prompt = 600_000
    /// For a guest that computes and that nobody waits for.
    case patient = 20_000_000

    /// Asks for the calling thread.
    public func applyToThisThread() { apply(to: 0) }

    /// - Parameter thread: the kernel's number of a thread of this process; 0 is the calling one.
    func apply(to thread: Int32) {
        // A kernel that refuses has its reasons; then everything is as it was.
        _ = linux_set_slice(thread, rawValue)
    }
}
