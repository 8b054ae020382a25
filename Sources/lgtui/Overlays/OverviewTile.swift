// One guest in the overview.

struct OverviewTile {
    let pane: Int
    let isSelected: Bool
    let showsShape: Bool

    func paint(_ workspace: Workspace, _ stage: Stage, in rect: Rect, on canvas: inout Canvas) {
        paintTitle(workspace, stage, in: rect, on: &canvas)
        // The last row is for the sparklines, when there is more than one.
        let hasFigures = rect.rows > 1
        let room = Size(columns: rect.columns, rows: rect.rows - (hasFigures ? 1 : 0))
        if workspace.screens.indices.contains(pane) {
            let screen = workspace.screens[pane]
            let lines = showsShape ? screen.shape(room, borders: stage.borders) : screen.lastLines(room)
            for (index, line) in lines.prefix(room.rows).enumerated() {
                canvas.write(
                    line, column: rect.column, row: rect.row + index, limit: rect.endColumn, style: stage.theme.message)
            }
        }
        if hasFigures, stage.rates.indices.contains(pane) { paintFigures(stage, in: rect, on: &canvas) }
    }

    private func paintTitle(_ workspace: Workspace, _ stage: Stage, in rect: Rect, on canvas: inout Canvas) {
        let theme = stage.theme
        let info = workspace.panes[pane]
        let row = rect.row - 1
        let marks = workspace.marks[pane].text
        let name = " \(pane + 1) \(info.name)\(marks.isEmpty ? "" : " " + marks) ".onOneLine
        let state = " \(info.phase.label) "
        // That a guest runs goes without saying.
        let showsState = textWidth(name) + textWidth(state) + 1 <= rect.columns || !info.phase.isAlive
        let room = rect.columns - (showsState ? textWidth(state) + 1 : 0)
        canvas.write(
            truncated(name, to: room), column: rect.column, row: row, limit: rect.endColumn,
            style: isSelected ? theme.titleFocused : theme.title)
        if showsState {
            canvas.write(
                state, column: max(rect.column, rect.endColumn - textWidth(state)), row: row, limit: rect.endColumn,
                style: info.phase.style(in: theme))
        }
    }

    /// Processor, disk and network side by side: a letter each when it is narrow, words and numbers when it is not.
    private func paintFigures(_ stage: Stage, in rect: Rect, on canvas: inout Canvas) {
        let rates = stage.rates[pane]
        let measures: [Measure] = [.cpu, .disk, .net]
        let share = rect.columns / measures.count
        guard share >= 4 else { return }
        let isWide = share >= 16
        for (index, measure) in measures.enumerated() {
            let start = rect.column + index * share
            let label = isWide ? measure.rawValue + " " : String(measure.rawValue.prefix(1))
            var at = canvas.write(
                label, column: start, row: rect.endRow - 1, limit: rect.endColumn, style: stage.theme.hint)
            let figure = isWide ? " " + measure.short(rates.perSecond) : ""
            let columns = share - (at - start) - textWidth(figure) - 1
            let line = measure.sparkline(of: rates, columns: columns, borders: stage.borders)
            at = canvas.write(
                line, column: at, row: rect.endRow - 1, limit: rect.endColumn, style: stage.theme.stateGood)
            canvas.write(figure, column: at, row: rect.endRow - 1, limit: rect.endColumn, style: stage.theme.message)
        }
    }
}
