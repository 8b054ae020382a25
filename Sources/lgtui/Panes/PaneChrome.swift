// What surrounds a guest's screen: the lines, the title in them, and the banner at the foot of a pane whose guest has
// stopped. The focused pane is told by heavy lines and by the look of its title, not by colour alone.

package enum PaneChrome {
    /// Paints all lines and titles.
    package static func paintFrames(
        _ workspace: Workspace, titles: [String], on canvas: inout Canvas, theme: Theme, borders: BorderSet
    ) {
        let plan = workspace.plan
        var grid = BorderGrid(size: plan.size)
        if plan.isBoxed {
            for frame in plan.frames { grid.box(around: frame.content, .light) }
            if let frame = plan.frame(of: workspace.focus) { grid.box(around: frame.content, .heavy) }
        }
        let rows = plan.statusRow ?? plan.size.rows
        if plan.isBoxed {
            for row in 0..<rows {
                for column in 0..<plan.size.columns {
                    guard let (scalar, weight) = grid.character(column: column, row: row, set: borders) else {
                        continue
                    }
                    let style = weight == .heavy ? theme.borderFocused : theme.border
                    canvas[column, row] = CanvasCell(scalar, style: style)
                }
            }
        }
        for frame in plan.frames where frame.titleRow != nil {
            paintTitle(frame, workspace, titles: titles, on: &canvas, theme: theme, borders: borders)
        }
    }

    private static func paintTitle(
        _ frame: PaneFrame, _ workspace: Workspace, titles: [String], on canvas: inout Canvas, theme: Theme,
        borders: BorderSet
    ) {
        guard let row = frame.titleRow, workspace.panes.indices.contains(frame.pane) else { return }
        let pane = workspace.panes[frame.pane]
        let isFocused = frame.pane == workspace.focus
        let lineStyle = isFocused ? theme.borderFocused : theme.border
        let rect = frame.content
        if !workspace.plan.isBoxed {
            let line: Unicode.Scalar = borders == .ascii ? "=" : "━"
            for column in rect.column..<rect.endColumn { canvas[column, row] = CanvasCell(line, style: lineStyle) }
        }
        let hidden = workspace.panes.count - workspace.plan.frames.count
        let number = hidden > 0 ? "\(frame.pane + 1)/\(workspace.panes.count)" : "\(frame.pane + 1)"
        let state = " \(pane.phase.label) "
        // One cell of line stays visible at both ends, and one between the texts.
        let room = rect.columns - 2
        let stateColumns = textWidth(state)
        let bare = " \(number) \(pane.name) ".onOneLine
        let showsState = textWidth(bare) + 1 + stateColumns <= room || !pane.phase.isAlive
        let nameRoom = max(0, room - (showsState ? stateColumns + 1 : 0))
        var name = bare
        if titles.indices.contains(frame.pane), !titles[frame.pane].isEmpty {
            let long = " \(number) \(pane.name): \(titles[frame.pane]) ".onOneLine
            name = textWidth(long) <= nameRoom ? long : bare
        }
        canvas.write(
            truncated(name, to: nameRoom), column: rect.column + 1, row: row, limit: rect.endColumn - 1,
            style: isFocused ? theme.titleFocused : theme.title)
        if showsState {
            let start = max(rect.column + 1, rect.endColumn - 1 - stateColumns)
            canvas.write(state, column: start, row: row, limit: rect.endColumn, style: pane.phase.style(in: theme))
        }
    }

    /// The lines of the banner for a stopped guest, for `columns` of width and at most `rows`.
    package static func banner(_ phase: PanePhase, size: Size) -> [String] {
        let again = "\(Binding.prefixName) r starts it again"
        let text: String
        switch phase {
        case .booting, .running, .waiting: return []
        case .poweredOff: text = "Powered off. \(again)."
        case .aborted: text = "Aborted by ^C^C^C. \(again)."
        case .killed: text = "Killed. \(again)."
        case .dead(let reason): text = "Dead: \(reason.onOneLine). \(again)."
        case .failed(let reason): text = "Not started: \(reason.onOneLine). \(Binding.prefixName) r tries again."
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
