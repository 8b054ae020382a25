// The panes' main loop: input, signals, news from guests and the frame clock meet in one poll on the main thread. It
// sleeps when nothing happens, draws at once when something does after a quiet time, and at most thirty times a
// second when much does.

import CLinux
import Glibc
import GuestHost

@MainActor
package final class Session {
    private let lab: Lab
    private let environment: ProgramEnvironment
    /// The theme that the command line asks for, whatever the files say.
    private let themeOption: String?
    private let memory: SessionMemory
    private let panes: [Pane]
    private let signals: SignalSource
    private let wakeup: Wakeup
    /// What work in the background has to say.
    private let news: NewsBox
    private let screen: CursesScreen
    private var painter: Painter
    private var workspace: Workspace
    private var decoder = InputDecoder()
    private var rates: [RateMeter]
    private var sum = RateMeter()
    private var bells: [Int]
    private var outputs: [OutputWatch]
    private var nextSample: UInt64 = 0
    private var lastFrame: UInt64 = 0
    /// The key whose answer is awaited.
    private var echo = EchoWatch()
    private var needsFrame = true
    /// When an escape that may still become a sequence is taken for a key.
    private var escapeDue: UInt64?
    private var ending: Ending?
    /// The pane whose guest was last told that it has the keyboard.
    private var reportedFocus = 0
    /// When to look at the consoles again; not more often than anybody could tell.
    private var nextAttention: UInt64?

    private enum Ending {
        case quit
        case signal(Int32)
    }

    private static let frameTime: UInt64 = 1_000_000_000 / 30
    private static let escapeTime: UInt64 = 25_000_000
    /// A paste whose end has not come after so long a pause has none.
    private static let pasteTime: UInt64 = 2_000_000_000
    private static let attentionTime: UInt64 = 5_000_000

    /// Opens the screen; the guests are not started yet.
    package init(
        lab: Lab, settings: Settings, theme: Theme, themeOption: String?, environment: ProgramEnvironment
    ) throws(ScreenError) {
        self.lab = lab
        self.themeOption = themeOption
        self.environment = environment
        // Before any thread is made, so that all inherit the blocked signals.
        signals = SignalSource()
        wakeup = Wakeup()
        news = NewsBox(wakeup: wakeup)
        screen = try CursesScreen(environment: environment)
        let size = screen.size
        workspace = Workspace(panes: lab.guests.map(\.name), size: size)
        workspace.settings = settings
        decoder.prefix = settings.keys.prefix
        workspace.themeNames = ThemeCatalogue(environment: environment).names
        memory = SessionMemory(environment)
        workspace.history = memory.history
        if memory.isFirstRun {
            _ = workspace.tick(now: steadyNanoseconds())
            workspace.tell(
                "Welcome. You type at the guest in the heavy frame; \(settings.keys.prefixName) ? shows the keys.",
                for: 20_000_000_000)
        }
        let borders = screen.drawsHeavyLines ? theme.borders ?? .heavy : .ascii
        painter = Painter(theme: theme, borders: borders, size: size)
        workspace.borders = borders
        workspace.links = LinkActivity(
            lab.guests.enumerated().map { pane, guest in guest.networks.map { $0.segment(of: pane) } })
        if let style = LayoutStyle(rawValue: settings.layout) { workspace.pages.follow(style) }
        let workspace = workspace
        let wakeup = wakeup
        panes = lab.guests.enumerated().map { index, configuration in
            // A pane that is not shown yet has the size that programs expect.
            let size = workspace.frame(of: index)?.content.size ?? Size(columns: 80, rows: 24)
            return Pane(configuration, size: size, wakeup: wakeup, scrollback: settings.scrollback)
        }
        self.workspace.screens = panes.map(\.screen)
        self.workspace.stamps.wallOffset = wallClockOffset()
        rates = Array(repeating: RateMeter(), count: panes.count)
        bells = Array(repeating: 0, count: panes.count)
        outputs = Array(repeating: OutputWatch(), count: panes.count)
        takeMouse()
        for effect in self.workspace.prepare(lab) { carryOut(effect) }
        nextAttention = 0
    }

    /// Asks the terminal for the mouse, or not, as the settings say.
    private func takeMouse() {
        let wanted = workspace.settings.mouse && screen.canReportMouse
        screen.setMouse(wanted)
        decoder.hasMouse = wanted
    }

    /// Runs until the user quits, and gives the terminal back. Figures of all guests are in the result.
    package func run() -> (status: Int32, signal: Int32?, figures: [(name: String, counters: GuestCounters)]) {
        Urgency.immediate.applyToThisThread()
        for pane in panes { pane.start() }
        while ending == nil { turn() }
        screen.close()
        memory.keep(workspace.history)
        for pane in panes { pane.guest.kill() }
        for pane in panes { pane.guest.waitUntilStopped(within: .seconds(5)) }
        for pane in panes {
            _ = pane.takeNews()
            pane.console.finish()
            // What a disk did not want at the very end has no message line any more.
            for news in pane.takeNews().lines where news.isBad {
                StandardError.say("lgtui: \(pane.name): \(news.text)")
            }
        }
        var signal: Int32?
        if case .signal(let number) = ending { signal = number }
        return (ExitStatus.success, signal, panes.map { ($0.name, $0.guest.counters) })
    }

    /// One round: draw if it is time, wait, take in what came.
    private func turn() {
        var now = steadyNanoseconds()
        let messageDue = workspace.tick(now: now)
        if now >= nextSample { sample(at: now) }
        var echoDue = echo.isAwaited(at: now) && focusedScreen?.isDamaged ?? false ? echo.nextFrame : nil
        if let due = echoDue, due <= now {
            drawEcho(at: now)
            echoDue = nil
        } else if needsFrame && now >= frameDue {
            draw(at: now)
        }

        var due = nextSample
        if needsFrame { due = min(due, frameDue) }
        if let echoDue { due = min(due, echoDue) }
        if let messageDue { due = min(due, messageDue) }
        if let escapeDue { due = min(due, escapeDue) }
        if let nextAttention { due = min(due, nextAttention) }
        now = steadyNanoseconds()
        if echo.isAtHand(at: now) {
            due = now
            // Whoever shall answer may be waiting for this very processor.
            sched_yield()
        }
        let wait = due > now ? due - now : 0
        var limit = timespec(tv_sec: Int(wait / 1_000_000_000), tv_nsec: Int(wait % 1_000_000_000))
        var waiting = [
            pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = linux_ppoll(&waiting, UInt32(waiting.count), &limit)
        now = steadyNanoseconds()
        let hadMessage = workspace.message != nil
        _ = workspace.tick(now: now)
        if (hadMessage && workspace.message == nil) || messageDue.map({ $0 <= now }) ?? false {
            needsFrame = true
            nextAttention = nextAttention ?? now
        }
        if waiting[1].revents != 0 { takeSignals() }
        if waiting[0].revents != 0 { readInput(at: now) }
        if let escapeDue, escapeDue <= now {
            self.escapeDue = nil
            takePieces(isFinal: true, at: now)
        }
        if waiting[2].revents != 0 {
            wakeup.clear()
            takeNews()
            needsFrame = true
            nextAttention = nextAttention ?? now
        }
        if let nextAttention, nextAttention <= now { attend(at: now) }
    }

    /// When the next whole frame may be drawn: not in the way of an echo that has just gone out.
    private var frameDue: UInt64 { max(lastFrame &+ Self.frameTime, echo.lastFrame &+ EchoWatch.frameTime) }

    private var focusedScreen: PaneScreen? {
        panes.indices.contains(workspace.focus) ? panes[workspace.focus].screen : nil
    }

    // MARK: Input

    private func readInput(at now: UInt64) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(0, &bytes, bytes.count)
        if count > 0 {
            decoder.append(bytes[..<count])
            takePieces(isFinal: false, at: now)
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            // The terminal is gone; SIGHUP is on its way or was ignored by whoever started us.
            ending = ending ?? .signal(SIGHUP)
        }
    }

    private func takePieces(isFinal: Bool, at now: UInt64) {
        while let piece = decoder.next(for: workspace.inputTarget, isFinal: isFinal) {
            let told = workspace.message
            let isForGuest = if case .guest = piece { true } else { false }
            if isForGuest { awaitEcho(at: now) }
            for effect in workspace.handle(piece) { carryOut(effect) }
            decoder.prefix = workspace.keys.prefix
            // Nothing is to be seen of bytes for a guest until it answers, and a frame without the answer would delay it.
            if !isForGuest || workspace.message != told {
                needsFrame = true
                nextAttention = nextAttention ?? now
            }
        }
        let patience = decoder.isPasting ? Self.pasteTime : Self.escapeTime
        escapeDue = decoder.isEmpty && !decoder.isPasting ? nil : now &+ patience
    }

    /// A key goes to the guest. Its answer is drawn as soon as it comes, and for a few milliseconds the others make room.
    private func awaitEcho(at now: UInt64) {
        guard echo.begin(at: now) else { return }
        for (index, pane) in panes.enumerated() where index != workspace.focus {
            pane.guest.pause(atMost: EchoWatch.longestPause)
        }
    }

    /// On a thread of its own: a slow disk is no reason for a still screen.
    private func save(_ bytes: [UInt8], to file: String) {
        let news = news
        inBackground { news.add(writeFile(file, bytes)) }
    }

    private func carryOut(_ effect: Effect) {
        if case .restart(let pane) = effect, outputs.indices.contains(pane) { outputs[pane].startOver() }
        if workspace.carryOut(effect, on: panes) { return }
        switch effect {
        case .reloadSettings: reloadSettings()
        case .theme(let name): wear(theme: name)
        case .clearHistory(let pane):
            if panes.indices.contains(pane) { panes[pane].screen.clearHistory() }
        case .save(let file, let bytes): save(bytes, to: file)
        case .clipboard(let text): screen.setClipboard(text)
        case .suspend: suspend(group: true)
        case .redraw: repaint()
        case .quit: ending = .quit
        case .send, .restart, .kill, .capture, .console: break
        }
    }

    /// Takes over the files as they are now. A mistake in them changes nothing.
    private func reloadSettings() {
        do throws(Diagnostics) {
            let layers = try LayeredSettings(environment, theme: themeOption)
            painter.theme = try Theme.chosen(layers.settings, environment: environment)
            workspace.settings = layers.settings
            painter.forget()
            let read = layers.files.filter(\.exists).map(\.path)
            workspace.tell(read.isEmpty ? "there is no file with settings" : "read \(read.joined(separator: ", "))")
        } catch {
            let others = error.all.count > 1 ? " (and \(error.all.count - 1) more)" : ""
            workspace.tell("\(error.all.first?.description ?? "")\(others)", .error)
        }
    }

    /// Puts on another theme until the end.
    private func wear(theme name: String) {
        do throws(Diagnostics) {
            var settings = workspace.settings
            settings.theme = name
            painter.theme = try Theme.chosen(settings, environment: environment)
            painter.forget()
            workspace.settings = settings
        } catch { workspace.tell("\(error)", .error) }
    }

    /// Whom the user looks at is served first, whoever else keeps the processors busy; who does not keep them busy is as
    /// any other thread.
    private func arrangeUrgencies() {
        for (index, pane) in panes.enumerated() {
            pane.guest.urgency = index == workspace.focus ? .prompt : rates[index].isBusy ? .patient : .ordinary
        }
    }

    /// Editors in guests want to know when somebody looks at them (mode 1004).
    private func reportFocus() {
        guard workspace.focus != reportedFocus else { return }
        for (pane, hasFocus) in [(reportedFocus, false), (workspace.focus, true)] where panes.indices.contains(pane) {
            if let bytes = panes[pane].screen.focusReport(hasFocus) { _ = panes[pane].guest.type(bytes) }
        }
        reportedFocus = workspace.focus
    }

    // MARK: Signals

    private func takeSignals() {
        for event in signals.take() {
            switch event {
            case .resize: resize()
            case .suspend: suspend(group: false)
            case .resume: repaint()
            case .end(let signal): ending = ending ?? .signal(signal)
            }
        }
    }

    private func suspend(group: Bool) {
        screen.suspend()
        signals.stopHere(group: group)
        screen.resume()
        resize()
        repaint()
    }

    private func repaint() {
        screen.repaint()
        painter.forget()
        needsFrame = true
    }

    private func resize() {
        var window = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &window) == 0 else { return }
        screen.resize(to: Size(columns: Int(window.ws_col), rows: Int(window.ws_row)))
        workspace.size = screen.size
        // A terminal that shrank and grew back before we looked has its old size and has lost its text.
        repaint()
        needsFrame = true
    }

    // MARK: Guests

    /// Whatever waits for words, silence or time.
    private func attend(at now: UInt64) {
        let effects = workspace.takeConsoleNews(from: panes)
        for effect in effects { carryOut(effect) }
        // A step of a script may have been done by those.
        nextAttention = effects.isEmpty ? nil : now + Self.attentionTime
        if !effects.isEmpty { needsFrame = true }
    }

    private func takeNews() {
        for line in news.take() { workspace.tell(line.text, line.isBad ? .error : .notice) }
        for (index, pane) in panes.enumerated() {
            let news = pane.takeNews()
            for line in news.lines { workspace.tell("\(pane.name): \(line.text)", line.isBad ? .error : .notice) }
            if let count = news.interrupts { tellInterrupts(count, of: index) }
        }
    }

    /// Three ^C abort: each one is said to be heard, so that nobody loses a guest by surprise.
    private func tellInterrupts(_ count: Int, of pane: Int) {
        switch count {
        case 1: workspace.tell("^C sent to \(panes[pane].name) (1 of 3 that abort it)")
        case 2: workspace.tell("^C^C: one more within a second aborts \(panes[pane].name) (2 of 3)", .error)
        case 3...: workspace.tell("^C^C^C: \(panes[pane].name) aborted (3 of 3)", .error)
        default: break
        }
    }

    private func sample(at now: UInt64) {
        var all = Figures()
        for (index, pane) in panes.enumerated() {
            let figures = pane.figures
            workspace.panes[index].isCapturing = pane.isCapturing
            workspace.panes[index].badges.sending = pane.console.sending
            rates[index].sample(figures, at: now)
            workspace.links.sample(index, pane.packetCounts)
            noteOutput(of: index)
            all = all + figures
        }
        sum.sample(all, at: now)
        workspace.links.advance()
        nextSample = now + UInt64(workspace.settings.sampleTime) * 1_000_000
        needsFrame = true
        // A pane that is not shown does not ring for every line.
        nextAttention = nextAttention ?? now
    }

    private func noteOutput(of pane: Int) {
        if outputs[pane].isNews(panes[pane].screen.glance().writes) { workspace.mark(pane, .activity) }
    }

    // MARK: Drawing

    /// The answer to a key, and nothing else if that can be; the rest follows with the next whole frame.
    private func drawEcho(at now: UInt64) {
        if workspace.question == nil, painter.paintFocus(workspace) {
            let cursor = cursorPosition()
            painter.show { screen.draw(&$0, cursor: cursor) }
            needsFrame = true
        } else {
            draw(at: now)
        }
        echo.drawn(at: now)
        for pane in panes { pane.guest.resume() }
    }

    private func draw(at now: UInt64) {
        arrangeUrgencies()
        reportFocus()
        takeMouse()
        needsFrame = false
        lastFrame = now
        for (index, pane) in panes.enumerated() {
            workspace.panes[index].phase = pane.phase
            if let rect = workspace.frame(of: index).map({ workspace.textRect(of: $0) }) {
                pane.resize(to: rect.size)
            }
        }
        workspace.forgetMarksInView()
        painter.paint(&workspace, rates: rates, sum: sum)
        if workspace.overlays.contains(where: \.isBusy) { needsFrame = true }
        ringBells()
        let cursor = cursorPosition()
        painter.show { screen.draw(&$0, cursor: cursor) }
    }

    /// Where the focused guest's cursor is on our screen; nil when it is hidden, covered, or of no use.
    private func cursorPosition() -> (column: Int, row: Int)? {
        screen.cursorStyle = 0
        if let cursor = workspace.overlayCursor { return cursor }
        guard workspace.question == nil, panes.indices.contains(workspace.focus),
            workspace.panes[workspace.focus].phase.isAlive, let rect = workspace.textRect(of: workspace.focus)
        else { return nil }
        let glance = panes[workspace.focus].screen.glance()
        let column = rect.column + glance.cursorColumn
        let row = rect.row + glance.cursorRow
        guard glance.isCursorVisible, rect.contains(column: column, row: row) else { return nil }
        screen.cursorStyle = glance.cursorStyle
        return (column, row)
    }

    private func ringBells() {
        var rings = false
        for (index, pane) in panes.enumerated() {
            let count = pane.screen.glance().bells
            if count != bells[index] {
                bells[index] = count
                workspace.mark(index, .bell)
                rings = true
            }
        }
        if rings { screen.beep() }
    }
}
