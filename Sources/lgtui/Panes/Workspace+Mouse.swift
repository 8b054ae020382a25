// What the mouse does. A click focuses; a border that is dragged moves; a tab that is clicked shows its page; and a guest
// that asked for the mouse gets what happens inside its pane, unless Shift is held.

import TerminalCore

/// What a button that is down has hold of.
package enum MouseGrip: Equatable, Sendable {
    /// A border, and where the mouse was last.
    case border(LayoutTree.Divider)
    /// A guest that was told of the press, and must be told of the release wherever that happens.
    case guest(pane: Int)
    /// The inside of a pane, for whoever selects text.
    case text(pane: Int)
}

extension Workspace {
    /// Lines that one turn of the wheel scrolls.
    package static let wheelLines = 3

    /// Takes an event in cells of the whole screen.
    package mutating func handle(_ event: MouseEvent) -> [Effect] {
        if question != nil { return [] }
        if let mouseOverlay {
            return with(overlay: mouseOverlay) { overlay, workspace in overlay.handle(event, in: &workspace) }
        }
        if event.kind != .press, let grip { return follow(event, with: grip) }
        guard event.kind == .press else { return [] }
        if let row = plan.tabRow, event.row == row { return press(tab: event) }
        guard let frame = plan.frames.first(where: { $0.content.contains(column: event.column, row: event.row) }) else {
            return press(border: event)
        }
        switch event.button {
        case .wheelUp, .wheelDown: return turnWheel(event, over: frame)
        case .left, .middle, .right: break
        default: return []
        }
        focus(on: frame.pane)
        if let effects = tell(event, to: frame) {
            grip = .guest(pane: frame.pane)
            return effects
        }
        if event.button == .left { grip = .text(pane: frame.pane) }
        return selectText(event, in: frame.pane)
    }

    // MARK: Borders and tabs

    private mutating func press(tab event: MouseEvent) -> [Effect] {
        switch event.button {
        case .wheelUp: stepPage(by: -1)
        case .wheelDown: stepPage(by: 1)
        case .left:
            let bar = TabBar(self, columns: size.columns, borders: borders)
            if let page = bar.page(at: event.column) { pages.show(page) }
        default: break
        }
        return []
    }

    private mutating func press(border event: MouseEvent) -> [Effect] {
        guard event.button == .left else { return [] }
        if let divider = plan.tree?.divider(column: event.column, row: event.row, in: plan.inner) {
            grip = .border(divider)
        }
        // A title belongs to the pane below it, whether or not its line can be dragged.
        let titled = plan.frames.first {
            $0.titleRow == event.row && event.column >= $0.content.column && event.column < $0.content.endColumn
        }
        if let titled { focus(on: titled.pane) }
        return []
    }

    /// Motion or release while a button has hold of something.
    private mutating func follow(_ event: MouseEvent, with grip: MouseGrip) -> [Effect] {
        if event.kind == .release { self.grip = nil }
        switch grip {
        case .border(let divider):
            guard event.kind == .motion, let position = plan.tree?.position(of: divider, in: plan.inner) else {
                return []
            }
            let distance = (divider.axis == .horizontal ? event.column : event.row) - position
            let rect = plan.inner
            if distance != 0 { pages.arrange { $0.move(divider, by: distance, in: rect) } }
            return []
        case .guest(let pane):
            guard let frame = plan.frame(of: pane) else { return [] }
            return tell(event, to: frame) ?? []
        case .text(let pane): return selectText(event, in: pane)
        }
    }

    // MARK: Panes

    /// Tells a guest what happened in its pane; nil when it did not ask, or when Shift says that it is not meant.
    private func tell(_ event: MouseEvent, to frame: PaneFrame) -> [Effect]? {
        guard !event.modifiers.contains(.shift), screens.indices.contains(frame.pane),
            panes[frame.pane].phase.isAlive, screens[frame.pane].wantsMouse, copyMode(of: frame.pane) == nil
        else { return nil }
        let rect = textRect(of: frame)
        var inside = event
        // A drag may leave the pane; for the guest it stops at the edge.
        inside.column = min(max(0, event.column - rect.column), rect.columns - 1)
        inside.row = min(max(0, event.row - rect.row), rect.rows - 1)
        guard let bytes = screens[frame.pane].encode(inside) else { return [] }
        return [.send(pane: frame.pane, bytes: bytes)]
    }

    private mutating func turnWheel(_ event: MouseEvent, over frame: PaneFrame) -> [Effect] {
        if let effects = tell(event, to: frame) { return effects }
        return wheel(pane: frame.pane, lines: event.button == .wheelUp ? Self.wheelLines : -Self.wheelLines)
    }

    /// A button was pressed, moved or released over the text of a pane whose guest does not want to know.
    package mutating func selectText(_ event: MouseEvent, in pane: Int) -> [Effect] {
        guard event.button == .left || event.kind != .press, let rect = textRect(of: pane) else { return [] }
        let (column, row) = (event.column - rect.column, event.row - rect.row)
        switch event.kind {
        case .press: return selectionPress(pane: pane, column: column, row: row)
        case .motion: return selectionDrag(column: column, row: row)
        case .release: return selectionRelease()
        }
    }
}
