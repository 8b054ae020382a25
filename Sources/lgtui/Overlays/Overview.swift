// All guests on one screen: each with the last lines of its console or the shape of its screen, its state, and what its
// processor, disks and networks did in the last half minute. Arrows choose, Enter dives in, `/` leaves only some.

import TerminalCore

package struct Overview: Overlay {
    /// The guest that Enter goes to.
    package private(set) var selection: Int
    package private(set) var filter = LineField()
    package private(set) var isFiltering = false
    /// Whole screens as dots instead of their last lines.
    package private(set) var showsShapes = false
    package private(set) var cursor: (column: Int, row: Int)?
    private var grid = OverviewGrid(count: 1, in: Rect(column: 0, row: 0, columns: 0, rows: 0))
    /// First row of tiles that is shown.
    private var top = 0

    package init(focus: Int) { selection = focus }

    /// The guests that the filter leaves, in order.
    package func shown(in workspace: Workspace) -> [Int] {
        workspace.panes.indices.filter { pane in
            filter.text.isEmpty || FuzzyMatch(filter.text, in: workspace.panes[pane].name) != nil
        }
    }

    // MARK: Keys

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        let shown = shown(in: workspace)
        let place = shown.firstIndex(of: selection) ?? 0
        switch key {
        case .enter:
            guard shown.indices.contains(place) else { return .stays }
            workspace.focus(on: shown[place])
            return .closes
        case .up: move(-grid.columns, from: place, among: shown)
        case .down: move(grid.columns, from: place, among: shown)
        case .left: move(-1, from: place, among: shown)
        case .right: move(1, from: place, among: shown)
        case .pageUp: move(-grid.columns * grid.rows, from: place, among: shown)
        case .pageDown: move(grid.columns * grid.rows, from: place, among: shown)
        case .home: move(-shown.count, from: place, among: shown)
        case .end: move(shown.count, from: place, among: shown)
        case .control("c"): return .closes
        case .escape:
            // One step back at a time.
            if !isFiltering && filter.text.isEmpty { return .closes }
            isFiltering = false
            filter = LineField()
        default: return isFiltering ? type(key) : command(key, from: place, among: shown)
        }
        return .stays
    }

    private mutating func type(_ key: Key) -> OverlayAnswer {
        if key == .backspace && filter.text.isEmpty { isFiltering = false }
        _ = filter.take(key)
        return .stays
    }

    private mutating func command(_ key: Key, from place: Int, among shown: [Int]) -> OverlayAnswer {
        switch key {
        case .character("h"): move(-1, from: place, among: shown)
        case .character("l"), .tab: move(1, from: place, among: shown)
        case .character("k"): move(-grid.columns, from: place, among: shown)
        case .character("j"): move(grid.columns, from: place, among: shown)
        case .character("g"): move(-shown.count, from: place, among: shown)
        case .character("G"): move(shown.count, from: place, among: shown)
        case .character("/"): isFiltering = true
        case .character("m"): showsShapes.toggle()
        case .character("q"), .character("w"): return .closes
        default: break
        }
        return .stays
    }

    private mutating func move(_ distance: Int, from place: Int, among shown: [Int]) {
        guard !shown.isEmpty else { return }
        selection = shown[min(max(0, place + distance), shown.count - 1)]
    }

    package mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer {
        guard event.kind == .press else { return .stays }
        let shown = shown(in: workspace)
        let place = shown.firstIndex(of: selection) ?? 0
        switch event.button {
        case .wheelUp: move(-grid.columns, from: place, among: shown)
        case .wheelDown: move(grid.columns, from: place, among: shown)
        case .left:
            guard let tile = grid.tile(column: event.column, row: event.row) else { return .stays }
            let index = top * grid.columns + tile
            guard shown.indices.contains(index) else { return .stays }
            // The first click chooses, the second dives in.
            if shown[index] == selection {
                workspace.focus(on: selection)
                return .closes
            }
            selection = shown[index]
        default: break
        }
        return .stays
    }

    // MARK: Drawing

    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        let size = canvas.size
        let shown = shown(in: workspace)
        if !shown.contains(selection), let first = shown.first { selection = first }
        canvas.fill(Rect(column: 0, row: 0, columns: size.columns, rows: size.rows))
        let hasFoot = size.rows >= 4
        let inner = Rect(column: 1, row: 1, columns: size.columns - 2, rows: size.rows - (hasFoot ? 3 : 2))
        grid = OverviewGrid(count: shown.count, in: inner)
        let place = shown.firstIndex(of: selection) ?? 0
        let row = place / max(1, grid.columns)
        let rowCount = (shown.count + grid.columns - 1) / max(1, grid.columns)
        top = max(0, min(min(top, row), rowCount - grid.rows))
        if row >= top + grid.rows { top = row - grid.rows + 1 }

        let first = top * grid.columns
        let tiles = Array(shown.dropFirst(first).prefix(grid.columns * grid.rows))
        var lines = BorderGrid(size: size)
        for index in tiles.indices { lines.box(around: grid.rect(of: index), .light) }
        if tiles.indices.contains(place - first) { lines.box(around: grid.rect(of: place - first), .heavy) }
        lines.paint(on: &canvas, in: Rect(column: 0, row: 0, columns: size.columns, rows: size.rows), stage)
        for (index, pane) in tiles.enumerated() {
            OverviewTile(pane: pane, isSelected: pane == selection, showsShape: showsShapes)
                .paint(workspace, stage, in: grid.rect(of: index), on: &canvas)
        }
        cursor = nil
        if hasFoot {
            paintFoot(workspace, shown: shown, hasMore: rowCount > grid.rows, stage, on: &canvas)
        }
    }

    private mutating func paintFoot(
        _ workspace: Workspace, shown: [Int], hasMore: Bool, _ stage: Stage, on canvas: inout Canvas
    ) {
        let (row, columns, theme) = (canvas.size.rows - 1, canvas.size.columns, stage.theme)
        if isFiltering {
            cursor = filter.paint("/", on: &canvas, column: 1, row: row, limit: columns, theme: theme)
            if shown.isEmpty {
                canvas.write(
                    " nobody", column: (cursor?.column ?? 0) + 1, row: row, limit: columns, style: theme.messageError)
            }
            return
        }
        let alive = workspace.panes.count { $0.phase.isAlive }
        var text = " \(alive)/\(workspace.panes.count) up"
        if !filter.text.isEmpty { text += ", \(shown.count) like \(filter.text.onOneLine)" }
        if hasMore { text += ", \((shown.firstIndex(of: selection) ?? 0) + 1) of \(shown.count)" }
        text += "   Enter goes there  / filters  m \(showsShapes ? "text" : "shapes")  Esc closes"
        canvas.write(truncated(text, to: columns), column: 0, row: row, limit: columns, style: theme.hint)
    }
}
