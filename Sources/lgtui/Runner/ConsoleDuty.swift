// What both kinds of session do for the workspace, with a screen and without: carry out what concerns guests, and bring
// it the news from their consoles.

import GuestHost

extension Workspace {
    /// Carries out what concerns a guest; false when the effect is about the program or its terminal.
    @MainActor
    mutating func carryOut(_ effect: Effect, on guests: [Pane]) -> Bool {
        switch effect {
        case .send(let pane, let bytes):
            guard guests.indices.contains(pane) else { return true }
            if panes[pane].badges.isReadOnly {
                // However it came here: a paste, a click.
                tell("\(guests[pane].name) is read-only".onOneLine, .error)
                return true
            }
            if guests[pane].type(bytes) { return true }
            let (name, phase) = (guests[pane].name, guests[pane].phase)
            if bytes == [3], !phase.isAlive {
                // The last of those that aborted it, most likely; the banner says the rest.
            } else if phase.isAlive {
                tell("\(name) does not read its console: a megabyte of input waits", .error)
            } else {
                tell("\(name) is \(phase.label): \(keys.prefixName) r starts it again")
            }
        case .restart(let pane):
            guard guests.indices.contains(pane) else { return true }
            tell("restarting \(guests[pane].name)")
            guests[pane].start()
        case .kill(let pane):
            guard guests.indices.contains(pane) else { return true }
            tell("killed \(guests[pane].name)")
            guests[pane].guest.kill()
        case .capture(let pane): if guests.indices.contains(pane) { guests[pane].toggleCapture() }
        case .console(let pane, let order): if guests.indices.contains(pane) { guests[pane].console.carryOut(order) }
        default: return false
        }
        return true
    }

    /// Takes in what was found on the consoles, and what time has brought; the effects are what follows from it.
    @MainActor
    mutating func takeConsoleNews(from guests: [Pane]) -> [Effect] {
        var effects: [Effect] = []
        for (index, guest) in guests.enumerated() where panes.indices.contains(index) {
            panes[index].phase = guest.phase
            panes[index].badges.recording = guest.console.recording
            panes[index].badges.sending = guest.console.sending
            for news in guest.console.takeNews() {
                switch news {
                case .found(.expected(let id, _)): effects += waitIsOver(id)
                case .found(.watched(_, let line)): effects += matched(line, in: index)
                case .sendingEnded(let isComplete): effects += sendingEnded(at: index, isComplete: isComplete)
                }
            }
            if let monitors = monitors[index] {
                let bells = monitors.bell ? guest.screen.glance().bells : 0
                effects += look(at: index, printed: guest.tap.printed, bells: bells)
            }
        }
        return effects + advanceScripts()
    }

    /// What the settings and a lab ask for before the guests start.
    mutating func prepare(_ lab: Lab) -> [Effect] {
        var effects: [Effect] = []
        for (index, plan) in lab.consoles.enumerated() where panes.indices.contains(index) {
            panes[index].badges.isReadOnly = plan.isReadOnly
            if let request = plan.recording { effects.append(.console(pane: index, .record(request))) }
            for request in plan.monitors { effects += monitor(request, at: index) }
        }
        effects += startScript(settings.startup, name: "startup")
        return effects + startScript(lab.script, name: "the lab's script")
    }
}
