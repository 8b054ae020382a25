// Everything that the interface knows, as one value: which panes there are, which has the focus, what is asked, what
// is told. Keys and commands change it and answer with effects; the session carries the effects out. Nothing here
// touches a guest, a thread or a terminal, so every sequence of keys can be played in a test.

/// What is to be done to the world outside the workspace.
package enum Effect: Equatable, Sendable {
    case send(pane: Int, bytes: [UInt8])
    case restart(pane: Int)
    case kill(pane: Int)
    /// Starts a capture of the pane's packets, or ends the one that goes on.
    case capture(pane: Int)
    case reloadSettings
    case theme(String)
    /// Forgets the pane's scrollback.
    case clearHistory(pane: Int)
    /// Writes a new file, or replaces one.
    case save(file: String, bytes: [UInt8])
    /// Hands text to the clipboard of the user's terminal.
    case clipboard([UInt8])
    /// Records, watches or types at a console.
    case console(pane: Int, ConsoleOrder)
    case suspend
    case redraw
    case quit
}

/// Where a guest is in its life, as far as its pane cares.
package enum PanePhase: Equatable, Sendable {
    case waiting
    case booting
    case running
    case poweredOff
    case aborted
    /// Killed from here.
    case killed
    /// It died of itself, with the reason.
    case dead(String)
    /// It could not be started, with the reason.
    case failed(String)

    package var isAlive: Bool {
        switch self {
        case .booting, .running: true
        case .waiting, .poweredOff, .aborted, .killed, .dead, .failed: false
        }
    }

    /// Whether the user should worry.
    package var isBad: Bool {
        switch self {
        case .dead, .failed: true
        default: false
        }
    }

    /// One or two words for the title.
    package var label: String {
        switch self {
        case .waiting: "waiting"
        case .booting: "booting"
        case .running: "running"
        case .poweredOff: "powered off"
        case .aborted: "aborted"
        case .killed: "killed"
        case .dead: "dead"
        case .failed: "not started"
        }
    }
}

/// One line for the user, which goes away by itself.
package struct Message: Equatable, Sendable {
    package enum Kind: Sendable { case notice, error }
    package var text: String
    package var kind: Kind
    /// Nanoseconds of the session's clock.
    package var expires: UInt64
}

/// A question that holds the keyboard until it is answered.
package struct Question: Equatable, Sendable {
    package var text: String
    /// The same for screens that have no room for it.
    package var short: String
    package var onYes: Effect
}

package struct Workspace: Sendable {
    package struct PaneInfo: Equatable, Sendable {
        package var name: String
        package var phase: PanePhase
        /// Its packets go to a file.
        package var isCapturing = false
        /// What else is special about it.
        package var badges = PaneBadges()

        package init(name: String, phase: PanePhase) {
            self.name = name
            self.phase = phase
        }
    }

    package var panes: [PaneInfo]
    package var size: Size {
        didSet {
            pages.resize(to: ScreenPlan.room(on: size))
            replan()
        }
    }
    /// Which pane is on which page and how it lies there; see Workspace+Pages for what commands do to it.
    package var pages: Pages {
        didSet {
            replan()
            // Who looks has seen why it called.
            if panes.indices.contains(focus), panes[focus].badges.alert != nil { panes[focus].badges.alert = nil }
        }
    }
    /// One a page: also what is not shown has a size.
    package private(set) var plans: [ScreenPlan] = []
    /// What each pane did since it was last seen.
    package var marks: [PaneMarks]
    /// What the mouse holds.
    package var grip: MouseGrip?
    /// What lines can be drawn with; some texts are shorter or longer with it.
    package var borders = BorderSet.heavy
    /// The cables between panes, and what moves on them.
    package var links = LinkActivity()
    /// The prefix was pressed at this time, and its key has not come yet.
    package private(set) var prefixSince: UInt64?
    package var question: Question?
    package internal(set) var message: Message?
    /// What lies over the panes; the last has the keyboard.
    package private(set) var overlays: [any Overlay] = []
    package var settings = Settings()
    /// What was typed at the prompt.
    package var history = PromptHistory()
    /// The themes that have a name, for completion.
    package var themeNames: [String] = []
    package var keys: KeyMap {
        get { settings.keys }
        set { settings.keys = newValue }
    }
    package var copying = Copying()
    package var stamps = StampDisplay()
    /// The guests' screens, one a pane, for whatever reads or copies their text.
    package var screens: [PaneScreen] = []
    package var broadcast = BroadcastSet()
    /// What is watched, by pane.
    package var monitors: [Int: PaneMonitors] = [:]
    package internal(set) var scripts = Scripts()
    /// The pane that the command at hand is about, when it is not the focused one; see `target`.
    var targetOverride: Int?
    /// The session's clock in nanoseconds; kept by the session, read by everything that times out.
    package var now: UInt64 = 0

    package static let messageTime: UInt64 = 4_000_000_000
    /// How long the prefix waits before the keys that may follow are shown, in nanoseconds.
    package var hintDelay: UInt64 { UInt64(settings.hintDelay) * 1_000_000 }

    package init(panes: [String], size: Size) {
        self.panes = panes.map { PaneInfo(name: $0, phase: .waiting) }
        self.size = size
        pages = Pages(count: panes.count, in: ScreenPlan.room(on: size))
        marks = Array(repeating: [], count: panes.count)
        replan()
    }

    private mutating func replan() {
        plans = pages.all.map { ScreenPlan(size: size, page: $0, hasTabs: pages.all.count > 1) }
    }

    package var plan: ScreenPlan { plans[pages.current] }
    package var focus: Int { pages.focus }
    package var lastFocus: Int { pages.lastFocus }
    package var isZoomed: Bool { pages.page.isZoomed }

    // MARK: What commands do

    package mutating func tell(_ text: String, _ kind: Message.Kind = .notice, for time: UInt64 = messageTime) {
        message = Message(text: text, kind: kind, expires: now &+ time)
    }

    package mutating func clearMessage() { message = nil }

    // MARK: Overlays

    package mutating func open(_ overlay: some Overlay) { overlays.append(overlay) }
    package mutating func closeOverlays() { overlays.removeAll() }

    /// Draws what lies over the panes, and remembers what it found out while drawing.
    package mutating func paintOverlays(_ stage: Stage, on canvas: inout Canvas) {
        for index in overlays.indices {
            // Taken out, so that an overlay with much in it is changed in place rather than copied.
            var overlay = overlays.remove(at: index)
            overlay.paint(self, stage, on: &canvas)
            overlays.insert(overlay, at: index)
        }
    }

    /// The overlay that has the keyboard: the topmost that wants it.
    private var keyOverlay: Int? { overlays.lastIndex { $0.takesKeys(in: self) } }

    /// Where the cursor of the terminal belongs: nil when no overlay has the keyboard, `.some(nil)` when it hides it.
    package var overlayCursor: (column: Int, row: Int)?? { keyOverlay.map { overlays[$0].cursor } }

    private mutating func withKeyOverlay(
        _ body: (inout any Overlay, inout Workspace) -> OverlayAnswer
    ) -> [Effect] {
        with(overlay: keyOverlay, body)
    }

    /// The overlay that gets what the mouse does.
    var mouseOverlay: Int? { overlays.lastIndex(where: \.takesMouse) }

    mutating func with(
        overlay place: Int?, _ body: (inout any Overlay, inout Workspace) -> OverlayAnswer
    ) -> [Effect] {
        guard let place else { return [] }
        var overlay = overlays.remove(at: place)
        let answer = body(&overlay, &self)
        // Below whatever it has opened itself.
        if !answer.closes { overlays.insert(overlay, at: min(place, overlays.count)) }
        return answer.effects
    }

    private mutating func overlayTakes(_ key: Key) -> [Effect] { withKeyOverlay { $0.handle(key, in: &$1) } }

    /// Changes the topmost overlay of a kind that `isMeant`; nil when there is none. It is closed when `body` says so.
    package mutating func update<Kind: Overlay>(
        _ kind: Kind.Type, where isMeant: (Kind) -> Bool, _ body: (inout Kind, inout Workspace) -> OverlayAnswer
    ) -> [Effect]? {
        let place = overlays.lastIndex { ($0 as? Kind).map(isMeant) ?? false }
        guard let place, var overlay = overlays[place] as? Kind else { return nil }
        overlays.remove(at: place)
        let answer = body(&overlay, &self)
        if !answer.closes { overlays.insert(overlay, at: min(place, overlays.count)) }
        return answer.effects
    }

    // MARK: Keys

    /// Whether the next byte of input belongs to the guest or to us.
    package var inputTarget: InputDecoder.Target {
        prefixSince != nil || question != nil || keyOverlay != nil ? .keys : .guest
    }

    /// Takes one piece of input.
    package mutating func handle(_ piece: InputDecoder.Piece) -> [Effect] {
        switch piece {
        case .guest(let bytes):
            return type(bytes)
        case .mouse(let event): return handle(event)
        case .prefix:
            prefixSince = now
            message = nil
            return []
        case .paste(let text):
            prefixSince = nil
            if question != nil { return [] }
            return keyOverlay == nil ? paste(text) : withKeyOverlay { $0.paste(text, in: &$1) }
        case .key(let key):
            if question != nil { return answer(key) }
            if prefixSince == nil, keyOverlay != nil {
                // The prefix works everywhere, or a forgotten page would lock everything up.
                if key != keys.prefixKey { return overlayTakes(key) }
                prefixSince = now
                return []
            }
            prefixSince = nil
            guard let command = keys.command(for: key) else {
                tell("no command on \(key.name): \(keys.prefixName) ? shows them all", .error)
                return []
            }
            return run(command)
        }
    }

    /// Runs a command line such as `focus-pane 2; zoom`: from a key, the prompt, a file. A line that cannot be read does
    /// nothing at all.
    package mutating func run(_ line: String) -> [Effect] {
        do { return run(try CommandLineWords.commands(in: line)) } catch {
            tell("\(error)", .error)
            return []
        }
    }

    /// Runs commands, each given as its words; the first that is unknown ends it.
    package mutating func run(_ commands: [[String]]) -> [Effect] {
        var effects: [Effect] = []
        for words in commands {
            guard let name = words.first else { continue }
            guard let command = Command.table.first(where: { $0.name == name }) else {
                do { try Command.check([words]) } catch { tell("\(error)", .error) }
                return effects
            }
            effects += command.run(&self, Array(words.dropFirst()))
        }
        return effects
    }

    private mutating func answer(_ key: Key) -> [Effect] {
        guard let question else { return [] }
        switch key {
        case .character("y"), .character("Y"):
            self.question = nil
            prefixSince = nil
            return [question.onYes]
        case .character("n"), .character("N"), .escape, .control("c"), .character("q"):
            self.question = nil
            prefixSince = nil
        default: break
        }
        return []
    }

    /// Lets time pass: drops a message whose time is over. Returns when to look again.
    package mutating func tick(now: UInt64) -> UInt64? {
        self.now = now
        if let message, message.expires <= now { self.message = nil }
        var next = [message?.expires, scripts.due, monitorsDue].compactMap(\.self).min()
        if let prefixSince, prefixSince &+ hintDelay > now {
            next = min(next ?? .max, prefixSince &+ hintDelay)
        }
        return next
    }
}
