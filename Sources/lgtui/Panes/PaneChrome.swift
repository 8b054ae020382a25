// What surrounds a guest's screen: the lines, the title in them, and the banner at the foot of a pane whose guest has
// stopped. The focused pane is told by heavy lines and by the look of its title, not by colour alone.

package enum PaneChrome {
    /// What a title says besides name and state.
    package struct Title: Equatable, Sendable {
        /// As the guest set it; empty when it did not.
        package var text: String
        /// What its network does; empty when nothing.
        package var activity: String
    }

    /// `↓12 ↑10`: packets a second in and out, and what got lost; empty in a quiet time.
    package static func activity(_ rates: RateMeter, isCapturing: Bool, borders: BorderSet) -> String {
        let now = rates.perSecond
        var words: [String] = []
        if now.packetsReceived > 0 || now.packetsSent > 0 {
            let (into, out) = borders == .ascii ? ("in ", "out ") : ("↓", "↑")
            words = [into + compact(now.packetsReceived), out + compact(now.packetsSent)]
        }
        if now.packetsDropped > 0 { words.append("lost \(compact(now.packetsDropped))") }
        if isCapturing { words.append("pcap") }
        return words.isEmpty ? "" : " " + words.joined(separator: " ") + " "
    }

    /// Paints all lines and titles.
    package static func paintFrames(
        _ workspace: Workspace, titles: [Title], arrows: [LinkActivity.Arrow] = [], on canvas: inout Canvas,
        theme: Theme, borders: BorderSet
    ) {
        let plan = workspace.plan
        var grid = BorderGrid(size: plan.size)
        if plan.isBoxed {
            for frame in plan.frames { grid.box(around: frame.content, .light) }
            if let frame = plan.frame(of: workspace.focus) { grid.box(around: frame.content, .heavy) }
        }
        let rows = plan.statusRow ?? plan.size.rows
        // Whoever types at many guests at once had better know it.
        let loud = plan.frames.filter { isLoud($0, workspace) }.map(\.content)
        if plan.isBoxed {
            for row in (plan.tabRow == nil ? 0 : 1)..<rows {
                for column in 0..<plan.size.columns {
                    guard let (scalar, weight) = grid.character(column: column, row: row, set: borders) else {
                        continue
                    }
                    var style = weight == .heavy ? theme.borderFocused : theme.border
                    if loud.contains(where: { $0.touches(column: column, row: row) }) { style = theme.question }
                    canvas[column, row] = CanvasCell(scalar, style: style)
                }
            }
        }
        for frame in plan.frames where frame.titleRow != nil {
            paintTitle(frame, workspace, titles: titles, on: &canvas, theme: theme, borders: borders)
        }
        // What a title says about packets must not be mixed up with these.
        func isLine(_ column: Int, _ row: Int) -> Bool {
            grid.character(column: column, row: row, set: borders).map { $0.0 == canvas[column, row].scalar } ?? false
        }
        let free = arrows.filter { arrow in
            (arrow.isAcross ? [0] : [-1, 0, 1]).allSatisfy { isLine(arrow.column + $0, arrow.row) }
        }
        for arrow in free {
            canvas[arrow.column, arrow.row] = CanvasCell(arrow.scalar, style: theme.stateGood)
        }
    }

    private static func isLoud(_ frame: PaneFrame, _ workspace: Workspace) -> Bool {
        workspace.panes.indices.contains(frame.pane) && workspace.panes[frame.pane].badges.isInBroadcast
    }

    private static func paintTitle(
        _ frame: PaneFrame, _ workspace: Workspace, titles: [Title], on canvas: inout Canvas, theme: Theme,
        borders: BorderSet
    ) {
        guard let row = frame.titleRow, workspace.panes.indices.contains(frame.pane) else { return }
        let pane = workspace.panes[frame.pane]
        let isFocused = frame.pane == workspace.focus
        let lineStyle =
            isLoud(frame, workspace) ? theme.question : isFocused ? theme.borderFocused : theme.border
        let rect = frame.content
        if !workspace.plan.isBoxed {
            let line: Unicode.Scalar = borders == .ascii ? "=" : "━"
            for column in rect.column..<rect.endColumn { canvas[column, row] = CanvasCell(line, style: lineStyle) }
        }
        let hidden = workspace.pages.page.panes.count - workspace.plan.frames.count
        let number = hidden > 0 ? "\(frame.pane + 1)/\(workspace.panes.count)" : "\(frame.pane + 1)"
        let state = " \(pane.phase.label) "
        // One cell of line stays visible at both ends, and one between the texts.
        let room = rect.columns - 2
        let bare = " \(number) \(pane.name) ".onOneLine
        // What is special comes before what is ordinary: a running guest may go without saying so.
        let marks = pane.badges.title
        let marksColumns = marks.isEmpty ? 0 : textWidth(marks) + 1
        let isCrowded = textWidth(bare) + 1 + textWidth(state) + marksColumns > room
        if marksColumns > 0, isCrowded, pane.phase.isAlive {
            let start = max(rect.column + 1 + min(4, room), rect.endColumn - marksColumns)
            canvas.write(
                truncated(bare, to: start - rect.column - 2), column: rect.column + 1, row: row, limit: start,
                style: isFocused ? theme.titleFocused : theme.title)
            canvas.write(
                truncated(marks, to: rect.endColumn - 1 - start), column: start, row: row, limit: rect.endColumn - 1,
                style: markStyle(pane.badges, theme))
            return
        }
        let stateColumns = textWidth(state) + marksColumns
        let title = titles.indices.contains(frame.pane) ? titles[frame.pane] : Title(text: "", activity: "")
        let showsState = textWidth(bare) + 1 + stateColumns <= room || !pane.phase.isAlive
        var nameRoom = max(0, room - (showsState ? stateColumns + 1 : 0))
        let activityColumns = textWidth(title.activity)
        let showsActivity = showsState && activityColumns > 0 && textWidth(bare) + 1 + activityColumns <= nameRoom
        if showsActivity { nameRoom -= activityColumns + 1 }
        var name = bare
        if !title.text.isEmpty {
            let long = " \(number) \(pane.name): \(title.text) ".onOneLine
            name = textWidth(long) <= nameRoom ? long : bare
        }
        canvas.write(
            truncated(name, to: nameRoom), column: rect.column + 1, row: row, limit: rect.endColumn - 1,
            style: isFocused ? theme.titleFocused : theme.title)
        if showsState {
            let start = max(rect.column + 1, rect.endColumn - 1 - stateColumns)
            canvas.write(state, column: start, row: row, limit: rect.endColumn, style: pane.phase.style(in: theme))
            if marksColumns > 0 {
                canvas.write(
                    truncated(marks, to: rect.endColumn - 1 - (start + textWidth(state) + 1)),
                    column: start + textWidth(state) + 1, row: row, limit: rect.endColumn - 1,
                    style: markStyle(pane.badges, theme))
            }
            if showsActivity {
                canvas.write(
                    title.activity, column: start - 1 - activityColumns, row: row, limit: start, style: theme.title)
            }
        }
    }

    private static func markStyle(_ marks: PaneBadges, _ theme: Theme) -> Style {
        marks.isInBroadcast || marks.alert != nil ? theme.question : theme.titleFocused
    }

    /// The lines of the banner for a stopped guest, for `columns` of width and at most `rows`.
    package static func banner(_ phase: PanePhase, size: Size, keys: KeyMap = KeyMap()) -> [String] {
        let again = "\(keys.prefixName) r starts it again"
        let text: String
        switch phase {
        case .booting, .running, .waiting: return []
        case .poweredOff: text = "Powered off. \(again)."
        case .aborted: text = "Aborted by ^C^C^C. \(again)."
        case .killed: text = "Killed. \(again)."
        case .dead(let reason): text = "Dead: \(reason.onOneLine). \(again)."
        case .failed(let reason): text = "Not started: \(reason.onOneLine). \(keys.prefixName) r tries again."
        }
        let lines = wrapped(text, to: size.columns - 2)
        let most = max(1, size.rows / 2)
        if lines.count <= most { return lines }
        // The key matters more than the end of a long reason.
        return Array(lines.prefix(most - 1)) + [truncated(again, to: size.columns - 2)]
    }

    package static func paintBanner(_ lines: [String], in rect: Rect, on canvas: inout Canvas, style: Style) {
        for (i, line) in lines.enumerated() {
            let row = rect.endRow - lines.count + i
            guard row >= rect.row else { continue }
            canvas.fill(
                Rect(column: rect.column, row: row, columns: rect.columns, rows: 1), with: CanvasCell(style: style))
            canvas.write(line, column: rect.column + 1, row: row, limit: rect.endColumn, style: style)
        }
    }
}
