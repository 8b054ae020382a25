// The panes' main loop: input, signals, news from guests and the frame clock meet in one poll on the main thread. It
// sleeps when nothing happens, draws at once when something does after a quiet time, and at most thirty times a
// second when much does.

import CLinux
import Glibc
import GuestHost

@MainActor
package final class Session {
    let lab: Lab
    let environment: ProgramEnvironment
    /// The theme that the command line asks for, whatever the files say.
    let themeOption: String?
    let memory: SessionMemory
    let panes: [Pane]
    let signals: SignalSource
    let wakeup: Wakeup
    /// What work in the background has to say.
    let news: NewsBox
    let screen: CursesScreen
    var painter: Painter
    var workspace: Workspace
    var decoder = InputDecoder()
    var rates: [RateMeter]
    var sum = RateMeter()
    var bells: [Int]
    var outputs: [OutputWatch]
    var nextSample: UInt64 = 0
    var lastFrame: UInt64 = 0
    /// The key whose answer is awaited.
    var echo = EchoWatch()
    var needsFrame = true
    /// When an escape that may still become a sequence is taken for a key.
    var escapeDue: UInt64?
    var ending: Ending?
    /// The pane whose guest was last told that it has the keyboard.
    var reportedFocus = 0
    /// When to look at the consoles again; not more often than anybody could tell.
    var nextAttention: UInt64?

    enum Ending {
        case quit
        case signal(Int32)
    }

    static let frameTime: UInt64 = 1_000_000_000 / 30
    static let escapeTime: UInt64 = 25_000_000
    /// A paste whose end has not come after so long a pause has none.
    static let pasteTime: UInt64 = 2_000_000_000
    static let attentionTime: UInt64 = 5_000_000

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
    func takeMouse() {
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
    func turn() {
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
    var frameDue: UInt64 { max(lastFrame &+ Self.frameTime, echo.lastFrame &+ EchoWatch.frameTime) }

    var focusedScreen: PaneScreen? {
        panes.indices.contains(workspace.focus) ? panes[workspace.focus].screen : nil
    }

    // MARK: Signals

    func takeSignals() {
        for event in signals.take() {
            switch event {
            case .resize: resize()
            case .suspend: suspend(group: false)
            case .resume: repaint()
            case .end(let signal): ending = ending ?? .signal(signal)
            }
        }
    }

    func suspend(group: Bool) {
        screen.suspend()
        signals.stopHere(group: group)
        screen.resume()
        resize()
        repaint()
    }

    func repaint() {
        screen.repaint()
        painter.forget()
        needsFrame = true
    }

    func resize() {
        var window = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &window) == 0 else { return }
        screen.resize(to: Size(columns: Int(window.ws_col), rows: Int(window.ws_row)))
        workspace.size = screen.size
        // A terminal that shrank and grew back before we looked has its old size and has lost its text.
        repaint()
        needsFrame = true
    }
}
