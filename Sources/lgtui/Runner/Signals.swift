// Signals arrive as bytes on a descriptor, in the same poll as everything else: no handler ever runs in the middle of
// curses or of a guest.

import CLinux
import Glibc

package enum SignalEvent: Equatable, Sendable {
    case resize
    case suspend
    case resume
    /// SIGTERM, SIGHUP, SIGINT, SIGQUIT.
    case end(Int32)
}

/// A signalfd for what the program cares about. Make it before any thread is started: threads inherit the mask, so
/// that only this descriptor sees the signals.
package final class SignalSource {
    package let descriptor: Int32

    private static let signals: [Int32] = [SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT]

    package init() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in Self.signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        // A reader that went away (`lgtui run … | head`) is an errno for whoever writes, not a silent death.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit { close(descriptor) }

    /// The signals that came since the last call.
    package func take() -> [SignalEvent] {
        var events: [SignalEvent] = []
        var info = signalfd_siginfo()
        while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            switch Int32(bitPattern: info.ssi_signo) {
            case SIGWINCH: events.append(.resize)
            case SIGTSTP: events.append(.suspend)
            case SIGCONT: events.append(.resume)
            case let signal: events.append(.end(signal))
            }
        }
        return events
    }

    /// Ends the program the way `signal` would have without us, so that whoever waits for it sees the truth.
    package static func die(of signal: Int32) -> Never {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = SIG_DFL
        sigaction(signal, &action, nil)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, signal)
        raise(signal)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        // Only if somebody above us had the signal ignored.
        exit(128 &+ signal)
    }

    /// Stops this process as ^Z would, and returns when it is continued. With `group`, its whole job stops: `make run`
    /// must not sit there waiting for us while the shell wants its terminal back.
    package func stopHere(group: Bool = false) {
        if group { kill(0, SIGTSTP) }
        // SIGSTOP rather than SIGTSTP: the latter is blocked, and discarded for orphaned groups (which nobody could
        // wake up with fg, but somebody with kill).
        kill(getpid(), SIGSTOP)
        // The SIGTSTP to the group is pending for us too, and so is the SIGCONT that woke us; both are dealt with.
        _ = take()
    }
}
