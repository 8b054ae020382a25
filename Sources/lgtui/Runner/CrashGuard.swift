// If a bug of ours traps, the user must not be left with a terminal that neither echoes nor breaks lines. Swift cannot
// catch a trap, but the signal behind it can run a few async-signal-safe calls before the program dies as it should.

import Glibc

/// Restores the terminal when the program crashes.
package enum CrashGuard {
    /// Everything that the handler needs, in memory that no allocator will move. Written before the handlers are
    /// installed, read only by them.
    private struct Kept {
        var termios = Glibc.termios()
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
    }

    // SAFETY: written by the main thread before `sigaction` publishes the handlers (and after it takes them away);
    // otherwise only read, by whichever thread crashes.
    nonisolated(unsafe) private static var kept: UnsafeMutablePointer<Kept>?

    private static let signals: [Int32] = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGSYS]

    /// Remembers how the terminal is to be left: the mode it has now unless `mode` is given, and `bytes` for the screen.
    package static func arm(restoring bytes: [UInt8], mode: termios? = nil) {
        disarm()
        let memory = UnsafeMutablePointer<Kept>.allocate(capacity: 1)
        memory.initialize(to: Kept())
        if let mode = mode ?? TerminalMode.atStart {
            memory.pointee.termios = mode
        } else {
            tcgetattr(0, &memory.pointee.termios)
        }
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
        for (i, byte) in bytes.enumerated() { copy[i] = byte }
        memory.pointee.bytes = copy
        memory.pointee.count = bytes.count
        kept = memory
        useAlternateStack()
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { CrashGuard.handle($0) }
            // One shot: the second time around the default action ends the program.
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_ONSTACK | SA_NODEFER
            sigaction(signal, &action, nil)
        }
    }

    package static func disarm() {
        guard let memory = kept else { return }
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = SIG_DFL
            sigaction(signal, &action, nil)
        }
        kept = nil
        memory.pointee.bytes?.deallocate()
        memory.deallocate()
    }

    /// A stack overflow leaves no stack to handle it on; 64 KiB set aside is enough for a write and a tcsetattr.
    private static func useAlternateStack() {
        var stack = stack_t()
        let size = 64 << 10
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        stack.ss_size = size
        sigaltstack(&stack, nil)
    }

    /// Async-signal-safe: write, tcsetattr, raise, and nothing else (signal-safety(7)).
    private static func handle(_ signal: Int32) {
        if let memory = kept {
            if let bytes = memory.pointee.bytes { _ = write(1, bytes, memory.pointee.count) }
            tcsetattr(0, TCSANOW, &memory.pointee.termios)
        }
        // SA_RESETHAND has put the default back. A fault would come again by itself, a `kill` would not.
        raise(signal)
    }
}
