// Panes that call when something happens in them. Which monitors are set, what they have seen, and what follows from it;
// the looking itself is done by the session (bytes, bells) and by a LineWatcher (lines).

/// One `monitor …` command.
package enum MonitorRequest: Equatable, Sendable {
    case activity
    case bell
    case silence(seconds: Int)
    /// Every line with the pattern; then the commands run, with that pane as the target.
    case match(Pattern, then: [[String]])
    case off

    package static let usage = "activity | bell | silence SECONDS | match REGEX [COMMAND…] | off"

    package init(words: [String]) throws(CommandLineError) {
        func only(_ count: Int) throws(CommandLineError) {
            if words.count > count { throw CommandLineError("monitor \(words[0]) takes nothing more") }
        }
        switch words.first {
        case "activity":
            try only(1)
            self = .activity
        case "bell":
            try only(1)
            self = .bell
        case "off":
            try only(1)
            self = .off
        case "silence":
            try only(2)
            guard words.count == 2, let seconds = Int(words[1]), (1...1_000_000).contains(seconds) else {
                throw CommandLineError("monitor silence needs a number of seconds")
            }
            self = .silence(seconds: seconds)
        case "match":
            guard words.count > 1 else { throw CommandLineError("monitor match needs a pattern") }
            let pattern: Pattern
            do { pattern = try Pattern(words[1]) } catch { throw CommandLineError("\(error)") }
            let commands = try CommandLineWords.nested(words.dropFirst(2))
            try Command.check(commands)
            self = .match(pattern, then: commands)
        case let word:
            let wrong = word.map { "unknown monitor \($0)" } ?? "monitor needs a word"
            throw CommandLineError("\(wrong): \(Self.usage)")
        }
    }
}

/// What is watched in one pane.
package struct PaneMonitors: Equatable, Sendable {
    package var activity = false
    package var bell = false
    /// Nanoseconds.
    package var silence: UInt64?
    package var match: Pattern?
    package var commands: [[String]] = []

    /// As of the last look.
    private var printed: UInt64 = 0
    private var lastOutput: UInt64 = 0
    private var isSilenceTold = true
    private var bells = 0
    /// When the commands ran last, and whether they are to run again.
    private var lastRun: UInt64?
    private var isRunDue = false

    /// Commands that make the guest print what they wait for would otherwise go round and round as fast as they can.
    package static let pause: UInt64 = 1_000_000_000

    package init() {}

    package mutating func set(_ request: MonitorRequest) {
        switch request {
        case .activity: activity = true
        case .bell: bell = true
        case .silence(let seconds):
            silence = UInt64(seconds) * 1_000_000_000
            isSilenceTold = lastOutput == 0
        case .match(let pattern, let commands):
            match = pattern
            self.commands = commands
        case .off:
            (activity, bell, silence, match, commands, isRunDue) = (false, false, nil, nil, [], false)
        }
    }

    package var description: String {
        var words: [String] = []
        if activity { words.append("activity") }
        if bell { words.append("bell") }
        if let silence { words.append("silence \(silence / 1_000_000_000)") }
        if let match { words.append("match \(match.source)") }
        return words.isEmpty ? "nothing" : words.joined(separator: ", ")
    }

    /// Takes a look at how much was printed and how often the bell rang, and says what is worth a call.
    package mutating func look(printed: UInt64, bells: Int, at now: UInt64) -> PaneAlert? {
        var alert: PaneAlert?
        if printed != self.printed {
            self.printed = printed
            lastOutput = now
            isSilenceTold = false
            if activity { alert = .activity }
        } else if let silence, !isSilenceTold, now &- lastOutput >= silence {
            isSilenceTold = true
            alert = .silence
        }
        if bells != self.bells {
            self.bells = bells
            if bell { alert = PaneAlert.bell.combined(with: alert) }
        }
        return alert
    }

    /// When silence will be worth a call.
    package var due: UInt64? {
        var due: UInt64?
        if let silence, !isSilenceTold { due = lastOutput &+ silence }
        if isRunDue, let lastRun { due = min(due ?? .max, lastRun &+ Self.pause) }
        return due
    }

    /// A line matched: the commands are to run, soon.
    package mutating func matched() { if !commands.isEmpty { isRunDue = true } }

    /// The commands to run now, if there are any.
    package mutating func takeCommands(at now: UInt64) -> [[String]] {
        guard isRunDue, now >= lastRun.map({ $0 &+ Self.pause }) ?? 0 else { return [] }
        isRunDue = false
        lastRun = now
        return commands
    }
}

extension Workspace {
    /// Sets or ends monitors of a pane.
    package mutating func monitor(_ request: MonitorRequest, at pane: Int) -> [Effect] {
        guard panes.indices.contains(pane) else { return [] }
        monitors[pane, default: PaneMonitors()].set(request)
        switch request {
        case .match(let pattern, _): return [.console(pane: pane, .watch(pattern))]
        case .off:
            monitors[pane] = nil
            panes[pane].badges.alert = nil
            return [.console(pane: pane, .watch(nil))]
        case .activity, .bell, .silence: return []
        }
    }

    /// Takes a look at a pane that has monitors.
    package mutating func look(at pane: Int, printed: UInt64, bells: Int) -> [Effect] {
        guard panes.indices.contains(pane), let alert = monitors[pane]?.look(printed: printed, bells: bells, at: now)
        else { return runMonitorCommands(of: pane) }
        // Who looks at a pane sees what happens in it, but not what does not.
        if pane != focus || alert == .silence { call(alert, from: pane) }
        return runMonitorCommands(of: pane)
    }

    /// A line of the pane matched.
    package mutating func matched(_ line: String, in pane: Int) -> [Effect] {
        guard panes.indices.contains(pane), monitors[pane]?.match != nil else { return [] }
        monitors[pane]?.matched()
        call(.match(line), from: pane)
        return runMonitorCommands(of: pane)
    }

    private mutating func runMonitorCommands(of pane: Int) -> [Effect] {
        let commands = monitors[pane]?.takeCommands(at: now) ?? []
        return commands.isEmpty ? [] : run(commands, at: pane)
    }

    private mutating func call(_ alert: PaneAlert, from pane: Int) {
        if pane != focus { panes[pane].badges.alert = alert.combined(with: panes[pane].badges.alert) }
        mark(pane, alert.mark)
        let name = panes[pane].name
        switch alert {
        // Its mark says enough; a busy guest would otherwise fill the message line for ever.
        case .activity: break
        case .bell: if pane != focus { tell("\(name) rings".onOneLine) }
        case .silence: tell("\(name) has been silent for \((monitors[pane]?.silence ?? 0) / 1_000_000_000) s".onOneLine)
        case .match(let line): tell("\(name): \(line)".onOneLine)
        }
    }

    /// When monitors want to look again, even if nothing happens.
    var monitorsDue: UInt64? { monitors.values.compactMap(\.due).min() }

    /// Who calls, for the bar: `!2 kitten bell, !3 duckling match`.
    package var alerts: String {
        panes.enumerated().compactMap { index, pane in
            pane.badges.alert.map { "!\(index + 1) \(pane.name) \($0.word)".onOneLine }
        }.joined(separator: ", ")
    }
}
