// The finder: some letters of a guest's name, and Enter goes there. With sixty guests that is faster than any arrow.

import TerminalCore

package struct Finder: Overlay {
    package private(set) var field = LineField()
    /// Among the matches, from the best.
    package private(set) var selection = 0
    package private(set) var cursor: (column: Int, row: Int)?
    /// The rows of matches as of the last paint, for the mouse.
    private var rows: [(row: Int, pane: Int)] = []
    private var box = Rect(column: 0, row: 0, columns: 0, rows: 0)

    package init() {}

    package struct Hit: Equatable, Sendable {
        package var pane: Int
        package var match: FuzzyMatch
    }

    /// Who matches, the best first. A number that is a pane's comes before everything else.
    package func hits(in workspace: Workspace) -> [Hit] {
        let hits = workspace.panes.indices.compactMap { pane -> Hit? in
            if !field.text.isEmpty, Int(field.text) == pane + 1 {
                return Hit(
                    pane: pane, match: FuzzyMatch(field.text, in: workspace.panes[pane].name) ?? .number)
            }
            return FuzzyMatch(field.text, in: workspace.panes[pane].name).map { Hit(pane: pane, match: $0) }
        }
        func rank(_ hit: Hit) -> Int { Int(field.text) == hit.pane + 1 ? .max : hit.match.score }
        return hits.sorted { (-rank($0), $0.pane) < (-rank($1), $1.pane) }
    }

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        let hits = hits(in: workspace)
        switch key {
        case .escape, .control("c"), .control("g"): return .closes
        case .enter:
            guard !hits.isEmpty else { return .stays }
            workspace.focus(on: hits[min(selection, hits.count - 1)].pane)
            return .closes
        case .up, .control("p"), .control("k"), .backTab: selection = max(0, selection - 1)
        case .down, .control("n"), .control("j"), .tab: selection = min(max(0, hits.count - 1), selection + 1)
        case .pageUp: selection = max(0, selection - max(1, rows.count))
        case .pageDown: selection = min(max(0, hits.count - 1), selection + max(1, rows.count))
        default: if field.take(key) { selection = 0 }
        }
        return .stays
    }

    package mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer {
        guard event.kind == .press else { return .stays }
        switch event.button {
        case .wheelUp: selection = max(0, selection - 1)
        case .wheelDown: selection = min(max(0, hits(in: workspace).count - 1), selection + 1)
        case .left:
            guard box.contains(column: event.column, row: event.row) else { return .closes }
            guard let (_, pane) = rows.first(where: { $0.row == event.row }) else { return .stays }
            workspace.focus(on: pane)
            return .closes
        default: break
        }
        return .stays
    }

    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        let theme = stage.theme
        let hits = hits(in: workspace)
        selection = min(selection, max(0, hits.count - 1))
        // As high as all guests need, whatever matches, so that the box does not jump about while one types.
        box = OverlayBox.place(
            Size(columns: 50, rows: min(workspace.panes.count, 16) + 3), on: canvas.size, atTop: true)
        guard let inner = OverlayBox.paint(box, title: "Find a guest", stage, on: &canvas) else { return }
        let limit = inner.endColumn
        cursor = field.paint("> ", on: &canvas, column: inner.column, row: inner.row, limit: limit, theme: theme)
        let room = max(0, inner.rows - 1)
        let top = max(0, min(selection - room / 2, hits.count - room))
        rows = []
        for (index, hit) in hits.enumerated().dropFirst(top).prefix(room) {
            let row = inner.row + 1 + index - top
            rows.append((row, hit.pane))
            paint(hit, of: workspace, isSelected: index == selection, row: row, in: inner, stage, on: &canvas)
        }
        if hits.isEmpty, room > 0 {
            canvas.write(
                truncated("nobody is called that", to: inner.columns), column: inner.column, row: inner.row + 1,
                limit: limit, style: theme.help)
        }
    }

    private func paint(
        _ hit: Hit, of workspace: Workspace, isSelected: Bool, row: Int, in inner: Rect, _ stage: Stage,
        on canvas: inout Canvas
    ) {
        let theme = stage.theme
        let pane = workspace.panes[hit.pane]
        var (plain, bright) = (theme.help, theme.helpKey)
        if isSelected {
            plain.attributes.formSymmetricDifference(.reverse)
            bright.attributes.formSymmetricDifference(.reverse)
        }
        bright.attributes.insert(.underline)
        canvas.fill(
            Rect(column: inner.column, row: row, columns: inner.columns, rows: 1), with: CanvasCell(style: plain))
        var state = pane.phase.label
        if workspace.pages.all.count > 1, let page = workspace.pages.index(of: hit.pane) {
            state = "page \(page + 1)  " + state
        }
        // The sign tells the selection where reverse video does not.
        let head = (isSelected ? "> " : "  ") + padded("\(hit.pane + 1)", to: 3) + " "
        var at = canvas.write(head, column: inner.column, row: row, limit: inner.endColumn, style: plain)
        let showsState = at + textWidth(pane.name) + 1 + textWidth(state) <= inner.endColumn
        for (offset, character) in pane.name.onOneLine.enumerated() {
            let style = hit.match.offsets.contains(offset) ? bright : plain
            at = canvas.write(String(character), column: at, row: row, limit: inner.endColumn, style: style)
        }
        if showsState {
            canvas.write(
                state, column: inner.endColumn - textWidth(state), row: row, limit: inner.endColumn, style: plain)
        }
    }
}

extension FuzzyMatch {
    /// A pane that was called by its number.
    fileprivate static let number = FuzzyMatch(score: 0, offsets: [])

    private init(score: Int, offsets: [Int]) {
        self.score = score
        self.offsets = offsets
    }
}
