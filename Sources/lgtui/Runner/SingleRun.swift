// `lgtui run` with one guest: this terminal is the guest's console, raw, as under the original launcher. No panes, no
// keys of ours – only three ^C in a row, which end the guest.

import Glibc
import GuestHost
import Synchronization

/// Exit statuses of the program.
package enum ExitStatus {
    package static let success: Int32 = 0
    package static let failure: Int32 = 1
    package static let aborted: Int32 = 2
    package static let usage: Int32 = 64
}

/// The console of a guest that writes straight to standard output.
private final class StandardOutput: ConsoleSink {
    private struct State {
        var isBroken = false
        var endsInLine = false
    }

    private let state = Mutex(State())
    private let onBroken: @Sendable () -> Void

    init(onBroken: @escaping @Sendable () -> Void) { self.onBroken = onBroken }

    var isBroken: Bool { state.withLock { $0.isBroken } }
    /// Whether the last line was left open.
    var endsInLine: Bool { state.withLock { $0.endsInLine } }

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard let last = bytes.last, !isBroken else { return }
        let isWritten = writeAll(1, bytes)
        state.withLock {
            $0.endsInLine = last != 0x0a
            $0.isBroken = !isWritten
        }
        if !isWritten { onBroken() }
    }
}

package struct SingleRun {
    package let configuration: GuestConfiguration
    package let statistics: Statistics.Format?
    package let recording: RecordingRequest?
    package let profiler: Profiler?

    package init(
        configuration: GuestConfiguration, statistics: Statistics.Format?, recording: RecordingRequest? = nil,
        profiler: Profiler? = nil
    ) {
        self.configuration = configuration
        self.statistics = statistics
        self.recording = recording
        self.profiler = profiler
    }

    /// How large the terminal is, as far as anybody knows.
    private var size: Size {
        var window = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// Runs the guest to its end and returns the exit status.
    package func run() -> Int32 {
        let signals = SignalSource()
        let wakeup = Wakeup()
        let output = StandardOutput { wakeup.ring() }
        let name = configuration.name
        let tap = ConsoleTap(output, size: size)
        var recorder: Recorder?
        if let recording {
            do throws(CommandLineError) {
                recorder = try Recorder(recording, guest: name, size: size, tail: []) {
                    StandardError.say("lgtui: \(name): \($0)".onOneLine)
                }
            } catch {
                StandardError.say("lgtui: \(error)")
                return ExitStatus.failure
            }
        }
        if let recorder { tap.add(recorder) }
        let guest = Guest(
            configuration, console: tap, input: 0,
            hooks: Guest.Hooks(
                log: { StandardError.say("\(name): \($0)".onOneLine) }, onStateChange: { _ in wakeup.ring() }))

        let raw = TerminalMode.atStart.map(TerminalMode.raw)
        if let raw {
            CrashGuard.arm(restoring: [])
            TerminalMode.set(raw)
        }
        func restore() {
            if let mode = TerminalMode.atStart { TerminalMode.set(mode) }
        }
        func line(_ text: String) {
            // A guest that was cut off in the middle of a line must not have our words appended to it.
            if output.endsInLine && isatty(1) == 1 { writeAll(1, [0x0a]) }
            StandardError.say("lgtui: " + text)
        }

        do {
            try guest.start()
        } catch {
            restore()
            StandardError.say("lgtui: \(error)")
            return error.kind == .usage ? ExitStatus.usage : ExitStatus.failure
        }
        profiler?.start()
        var ending: Int32?
        while guest.state.isAlive, ending == nil, !output.isBroken {
            var waiting = [
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waiting, nfds_t(waiting.count), -1)
            wakeup.clear()
            for event in signals.take() {
                switch event {
                case .end(let signal): ending = signal
                case .suspend:
                    restore()
                    signals.stopHere()
                    if let raw { TerminalMode.set(raw) }
                case .resume:
                    // SIGSTOP cannot be seen coming: the shell may have changed the mode meanwhile.
                    if let raw { TerminalMode.set(raw) }
                case .resize: tap.resize(to: size)
                }
            }
        }
        guest.kill()
        guest.waitUntilStopped(within: .seconds(5))
        let isRecorded = recorder?.finish(within: .seconds(5)) ?? true
        restore()
        CrashGuard.disarm()
        for text in profiler?.finish() ?? [] { line(text) }
        let figures = guest.counters
        defer { statistics?.report([(name, figures)]) }
        if let ending {
            statistics?.report([(name, figures)])
            SignalSource.die(of: ending)
        }
        if !isRecorded, let recorder {
            line("the disk has not taken all of the recording to \(recorder.file)".onOneLine)
        }
        if output.isBroken {
            line("\(name): standard output is closed, so nobody reads the console any more")
            return ExitStatus.failure
        }
        switch guest.state {
        case .poweredOff: return ExitStatus.success
        case .aborted:
            line("\(name): aborted by ^C^C^C".onOneLine)
            return ExitStatus.aborted
        case .dead(let reason):
            line("\(name): \(reason)".onOneLine)
            return ExitStatus.failure
        case .configured, .booting, .running, .halted:
            line("\(name): still busy after five seconds; left behind".onOneLine)
            return ExitStatus.failure
        }
    }
}
