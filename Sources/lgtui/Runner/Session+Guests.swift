// News from the guests, and how they get onto the screen.

import GuestHost

extension Session {
    /// Whatever waits for words, silence or time.
    func attend(at now: UInt64) {
        let effects = workspace.takeConsoleNews(from: panes)
        for effect in effects { carryOut(effect) }
        // A step of a script may have been done by those.
        nextAttention = effects.isEmpty ? nil : now + Self.attentionTime
        if !effects.isEmpty { needsFrame = true }
    }

    func takeNews() {
        for line in news.take() { workspace.tell(line.text, line.isBad ? .error : .notice) }
        for (index, pane) in panes.enumerated() {
            let news = pane.takeNews()
            for line in news.lines { workspace.tell("\(pane.name): \(line.text)", line.isBad ? .error : .notice) }
            if let count = news.interrupts { tellInterrupts(count, of: index) }
        }
    }

    /// Three ^C abort: each one is said to be heard, so that nobody loses a guest by surprise.
    func tellInterrupts(_ count: Int, of pane: Int) {
        switch count {
        case 1: workspace.tell("^C sent to \(panes[pane].name) (1 of 3 that abort it)")
        case 2: workspace.tell("^C^C: one more within a second aborts \(panes[pane].name) (2 of 3)", .error)
        case 3...: workspace.tell("^C^C^C: \(panes[pane].name) aborted (3 of 3)", .error)
        default: break
        }
    }

    func sample(at now: UInt64) {
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

    func noteOutput(of pane: Int) {
        if outputs[pane].isNews(panes[pane].screen.glance().writes) { workspace.mark(pane, .activity) }
    }

    // MARK: Drawing

    /// The answer to a key, and nothing else if that can be; the rest follows with the next whole frame.
    func drawEcho(at now: UInt64) {
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

    func draw(at now: UInt64) {
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
    func cursorPosition() -> (column: Int, row: Int)? {
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

    func ringBells() {
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
