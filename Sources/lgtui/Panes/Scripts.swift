// Waiting for guests. `wait` at the prompt is one thing that waits; a script is a list of command lines of which each is
// begun when the one before is done. All of it is bookkeeping in the workspace: the consoles are watched elsewhere, and
// what they find comes in here.

/// One `wait …` command.
package struct WaitRequest: Equatable, Sendable {
    package var guest: String
    package var pattern: Pattern
    package var seconds: Double?
    package var commands: [[String]]

    /// As messages write it.
    var limit: String {
        guard let seconds else { return "any time" }
        return Int(exactly: seconds).map { "\($0) s" } ?? "\(seconds) s"
    }

    package static let usage = "GUEST PATTERN [timeout SECONDS] [then COMMAND…]"

    package init(words: [String]) throws(CommandLineError) {
        guard words.count >= 2 else { throw CommandLineError("wait needs a guest and a pattern: wait \(Self.usage)") }
        guest = words[0]
        do { pattern = try Pattern(words[1]) } catch { throw CommandLineError("\(error)") }
        var rest = words.dropFirst(2)
        if rest.first == "timeout" {
            guard let word = rest.dropFirst().first, let value = Double(word), value > 0, value <= 1_000_000 else {
                throw CommandLineError("timeout needs a number of seconds")
            }
            seconds = value
            rest = rest.dropFirst(2)
        }
        if rest.isEmpty {
            commands = []
        } else if rest.first == "then", rest.count > 1 {
            commands = try CommandLineWords.nested(rest.dropFirst())
            try Command.check(commands)
        } else {
            throw CommandLineError("`\(rest.first ?? "")` is not understood here: wait \(Self.usage)")
        }
    }
}

package struct Scripts: Equatable, Sendable {
    /// Something on whose end a script waits.
    enum Blocker: Hashable, Sendable {
        case wait(Int)
        case sending(pane: Int)
    }

    struct Wait: Equatable, Sendable {
        var id: Int
        var pane: Int
        var request: WaitRequest
        var deadline: UInt64?
        /// The script that it is a step of.
        var script: Int?
    }

    struct Script: Equatable, Sendable {
        var id: Int
        var name: String
        var steps: [String]
        var next = 0
        var blockers: Set<Blocker> = []
    }

    fileprivate(set) var waits: [Wait] = []
    fileprivate(set) var scripts: [Script] = []
    /// The script whose step runs at this moment.
    fileprivate var running: Int?
    private var lastID = 0

    /// How many scripts have ended because something went wrong.
    package fileprivate(set) var failures = 0

    package init() {}

    package var isEmpty: Bool { waits.isEmpty && scripts.isEmpty }

    fileprivate mutating func newID() -> Int {
        lastID += 1
        return lastID
    }

    var due: UInt64? { waits.compactMap(\.deadline).min() }
}

extension Workspace {
    /// Begins a script: command lines, of which each begins when the one before is done. `name` is for messages.
    package mutating func startScript(_ steps: [String], name: String) -> [Effect] {
        guard !steps.isEmpty else { return [] }
        let id = scripts.newID()
        scripts.scripts.append(Scripts.Script(id: id, name: name, steps: steps))
        // From the very first byte on: a guest may say the word before the step that waits for it.
        return panes.indices.map { .console(pane: $0, .retain(true)) }
    }

    /// Begins to wait.
    package mutating func wait(_ request: WaitRequest) -> [Effect] {
        guard let pane = pane(request.guest) else { return [] }
        let id = scripts.newID()
        let deadline = request.seconds.map { now &+ UInt64($0 * 1e9) }
        scripts.waits.append(
            Scripts.Wait(id: id, pane: pane, request: request, deadline: deadline, script: scripts.running))
        block(.wait(id))
        return [.console(pane: pane, .expect(request.pattern, id: id, unread: scripts.running != nil))]
    }

    /// Makes the script that is running, if one is, wait for `blocker`.
    package mutating func blockScript(onSendingTo pane: Int) { block(.sending(pane: pane)) }

    private mutating func block(_ blocker: Scripts.Blocker) {
        guard let index = scripts.scripts.firstIndex(where: { $0.id == scripts.running }) else { return }
        scripts.scripts[index].blockers.insert(blocker)
    }

    /// What a wait was for has come.
    package mutating func waitIsOver(_ id: Int) -> [Effect] {
        guard let index = scripts.waits.firstIndex(where: { $0.id == id }) else { return [] }
        let wait = scripts.waits.remove(at: index)
        let outer = scripts.running
        scripts.running = wait.script
        var effects: [Effect] = []
        let isFine = runChecked { workspace in
            if wait.request.commands.isEmpty {
                if wait.script == nil {
                    workspace.tell(
                        "\(workspace.panes[wait.pane].name): \(wait.request.pattern.source) has come".onOneLine)
                }
            } else {
                effects = workspace.run(wait.request.commands, at: wait.pane)
            }
        }
        scripts.running = outer
        if let script = wait.script {
            effects += takeAnswer()
            unblock(.wait(id))
            if !isFine { effects += endScript(script, "") }
        }
        return effects
    }

    /// A file has been typed, or not.
    package mutating func sendingEnded(at pane: Int, isComplete: Bool) -> [Effect] {
        let waiting = scripts.scripts.filter { $0.blockers.contains(.sending(pane: pane)) }
        unblock(.sending(pane: pane))
        return isComplete ? [] : waiting.flatMap { endScript($0.id, "the file was not sent") }
    }

    private mutating func unblock(_ blocker: Scripts.Blocker) {
        for index in scripts.scripts.indices { scripts.scripts[index].blockers.remove(blocker) }
    }

    /// Ends what has waited too long or in vain, and begins the steps that may begin.
    package mutating func advanceScripts() -> [Effect] {
        if scripts.isEmpty { return [] }
        var effects: [Effect] = []
        for wait in scripts.waits {
            let name = panes[wait.pane].name
            let what = "wait \(name) \(wait.request.pattern.source)"
            if let deadline = wait.deadline, deadline <= now {
                effects += fail(wait, "\(what): it has not come within \(wait.request.limit)")
            } else if panes[wait.pane].phase.isOver {
                effects += fail(wait, "\(what): the guest is \(panes[wait.pane].phase.label)")
            }
        }
        for id in scripts.scripts.map(\.id) {
            while let index = scripts.scripts.firstIndex(where: { $0.id == id }),
                scripts.scripts[index].blockers.isEmpty
            {
                let script = scripts.scripts[index]
                guard script.next < script.steps.count else {
                    effects += endScript(id, nil)
                    break
                }
                scripts.scripts[index].next += 1
                effects += runStep(script.steps[script.next], of: id)
            }
        }
        return effects
    }

    private mutating func runStep(_ step: String, of id: Int) -> [Effect] {
        let outer = scripts.running
        scripts.running = id
        var effects: [Effect] = []
        let isFine = runChecked { effects = $0.run(step) }
        scripts.running = outer
        effects += takeAnswer()
        if !isFine { effects += endScript(id, "") }
        return effects
    }

    /// Whoever writes `quit` into a script means it.
    private mutating func takeAnswer() -> [Effect] {
        guard let question else { return [] }
        self.question = nil
        return [question.onYes]
    }

    /// Runs `body`; false when it told of an error.
    private mutating func runChecked(_ body: (inout Workspace) -> Void) -> Bool {
        let old = message
        clearMessage()
        body(&self)
        let isFine = message?.kind != .error
        if message == nil { message = old }
        return isFine
    }

    private mutating func fail(_ wait: Scripts.Wait, _ reason: String) -> [Effect] {
        scripts.waits.removeAll { $0.id == wait.id }
        var effects: [Effect] = [.console(pane: wait.pane, .forget(id: wait.id))]
        if let script = wait.script {
            effects += endScript(script, reason)
        } else {
            tell(reason.onOneLine, .error)
        }
        return effects
    }

    /// Ends a script. `reason` says what went wrong: nil for nothing, empty when it was told already.
    private mutating func endScript(_ id: Int, _ reason: String?) -> [Effect] {
        guard let index = scripts.scripts.firstIndex(where: { $0.id == id }) else { return [] }
        let script = scripts.scripts.remove(at: index)
        var effects: [Effect] = []
        for wait in scripts.waits where wait.script == id {
            effects.append(.console(pane: wait.pane, .forget(id: wait.id)))
        }
        scripts.waits.removeAll { $0.script == id }
        if let reason {
            scripts.failures += 1
            let why = reason.isEmpty ? message?.text ?? "" : reason
            let left = script.steps.count - script.next
            let rest = left > 0 ? " (\(left) more steps are left out)" : ""
            tell("\(script.name), step \(script.next): \(why)\(rest)".onOneLine, .error)
        }
        if scripts.scripts.isEmpty { effects += panes.indices.map { .console(pane: $0, .retain(false)) } }
        return effects
    }
}

extension PanePhase {
    /// It will not say another word unless somebody starts it again.
    var isOver: Bool {
        switch self {
        case .waiting, .booting, .running: false
        case .poweredOff, .aborted, .killed, .dead, .failed: true
        }
    }
}
