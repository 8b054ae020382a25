// `--plain`: the same guests, the same commands, no screen. Lines of the guests go to standard output, our own words to
// standard error, and standard input holds commands, one a line.

import Glibc
import GuestHost

@MainActor
package final class PlainSession {
    private let panes: [Pane]
    private let lines: [PlainLines]
    private let output: PlainOutput
    private let signals: SignalSource
    private let wakeup: Wakeup
    private var workspace: Workspace
    private var reader = LineReader()
    private var isInputOpen = true
    private var ending: Ending?
    /// The end of a guest is told once a life.
    private var told: [PanePhase]
    private var hasDied = false

    private enum Ending {
        case over
        case signal(Int32)
    }

    package init(lab: Lab, settings: Settings, environment: ProgramEnvironment) {
        // Before any thread is made, so that all inherit the blocked signals.
        signals = SignalSource()
        let wakeup = Wakeup()
        self.wakeup = wakeup
        output = PlainOutput(
            descriptor: 1, isColored: isatty(1) == 1 && !environment.forbidsColor, onBroken: { wakeup.ring() })
        let size = Size(columns: 80, rows: 24)
        workspace = Workspace(panes: lab.guests.map(\.name), size: size)
        workspace.settings = settings
        panes = lab.guests.map { Pane($0, size: size, wakeup: wakeup, scrollback: settings.scrollback) }
        lines = [PlainLines].init(panes: panes, output: output) { wakeup.ring() }
        workspace.screens = panes.map(\.screen)
        told = panes.map { _ in .waiting }
        for (pane, lines) in zip(panes, lines) { pane.tap.add(lines) }
        for effect in workspace.prepare(lab) { carryOut(effect) }
    }

    /// Runs until all guests have ended, or it is told to.
    /// - Returns: 0 when every guest powered off (or was ended by a command), 1 when one died, could not be started or
    ///   kept a script waiting in vain.
    package func run() -> (status: Int32, signal: Int32?, figures: [(name: String, counters: GuestCounters)]) {
        for pane in panes { pane.start() }
        while ending == nil { turn() }
        for pane in panes { pane.guest.kill() }
        for pane in panes { pane.guest.waitUntilStopped(within: .seconds(5)) }
        for pane in panes { pane.console.finish() }
        for line in lines { line.guestEnded() }
        takeNews()
        var signal: Int32?
        if case .signal(let number) = ending { signal = number }
        if output.isBroken {
            StandardError.say("lgtui: standard output is closed, so nobody reads the consoles any more")
        }
        let isFine = !hasDied && workspace.scripts.failures == 0 && !output.isBroken
        let figures = panes.map { ($0.name, $0.guest.counters) }
        return (isFine ? ExitStatus.success : ExitStatus.failure, signal, figures)
    }

    private func turn() {
        var now = steadyNanoseconds()
        var due = workspace.tick(now: now)
        for line in lines {
            if let next = line.showPrompt(at: now) { due = min(due ?? .max, next) }
        }
        let timeout = due.map { Int32(clamping: ($0 > now ? $0 - now : 0) / 1_000_000 + 1) } ?? -1
        var waiting = [
            pollfd(fd: isInputOpen ? 0 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        poll(&waiting, nfds_t(waiting.count), timeout)
        wakeup.clear()
        now = steadyNanoseconds()
        _ = workspace.tick(now: now)
        if waiting[1].revents != 0 { takeSignals() }
        takeNews()
        if waiting[0].revents != 0 { readCommands() }
        // Whoever plays a script without a screen wants its outcome, not a guest that waits for the next line for ever.
        if workspace.scripts.failures > 0 { ending = ending ?? .over }
        if output.isBroken || workspace.panes.allSatisfy({ $0.phase.isOver }) { ending = ending ?? .over }
    }

    private func takeSignals() {
        for event in signals.take() {
            switch event {
            case .end(let signal): ending = ending ?? .signal(signal)
            case .suspend: signals.stopHere()
            case .resize, .resume: break
            }
        }
    }

    // MARK: Commands

    private func readCommands() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(0, &bytes, bytes.count)
        if count > 0 {
            for line in reader.feed(bytes[..<count]) where ending == nil { run(line) }
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            // The end of the commands is not the end of the guests: `lgtui --plain lab.toml < /dev/null` is a log.
            isInputOpen = false
            if let line = reader.finish() { run(line) }
        }
    }

    private func run(_ line: String) {
        if line.trimmedWords == ["help"] {
            for command in Command.table { StandardError.say(command.synopsis) }
            return
        }
        for effect in workspace.run(line) { carryOut(effect) }
        settle()
    }

    /// Nobody is there to be asked, and whoever writes `quit` into a pipe means it.
    private func settle() {
        if let question = workspace.question {
            workspace.question = nil
            carryOut(question.onYes)
        }
        workspace.closeOverlays()
        say()
    }

    private func carryOut(_ effect: Effect) {
        if workspace.carryOut(effect, on: panes) { return }
        switch effect {
        case .quit: ending = ending ?? .over
        default: workspace.tell("that needs a screen, which --plain has not", .error)
        }
    }

    /// Messages are for the user, not for whoever reads the guests' lines.
    private func say() {
        if let message = workspace.message { StandardError.say("lgtui: \(message.text.onOneLine)") }
        workspace.clearMessage()
    }

    // MARK: Guests

    private func takeNews() {
        for pane in panes {
            for news in pane.takeNews().lines { StandardError.say("lgtui: \(pane.name): \(news.text)".onOneLine) }
        }
        for effect in workspace.takeConsoleNews(from: panes) {
            carryOut(effect)
            say()
        }
        settle()
        for (index, pane) in panes.enumerated() {
            let phase = workspace.panes[index].phase
            if phase == told[index] { continue }
            told[index] = phase
            guard phase.isOver else { continue }
            lines[index].guestEnded()
            if phase.isBad || phase == .aborted { hasDied = true }
            let reason: String
            switch phase {
            case .dead(let text), .failed(let text): reason = "\(phase.label): \(text)"
            default: reason = phase.label
            }
            StandardError.say("lgtui: \(pane.name): \(reason)".onOneLine)
        }
    }
}

extension [PlainLines] {
    fileprivate init(panes: [Pane], output: PlainOutput, onOpen: @escaping @Sendable () -> Void) {
        self = panes.enumerated().map { PlainLines(output, name: $1.name, number: $0, onOpen: onOpen) }
    }
}

extension String {
    fileprivate var trimmedWords: [String] { (try? CommandLineWords.commands(in: self))?.first ?? [] }
}

extension Command {
    /// `focus-pane NUMBER – focus a pane by its number`
    fileprivate var synopsis: String { (arguments.isEmpty ? name : "\(name) \(arguments)") + " – \(summary)" }
}
