// Asks for the name of a page.

package struct PageNamePrompt: Overlay {
    package private(set) var field: LineField
    package private(set) var cursor: (column: Int, row: Int)?

    package init(_ name: String) { field = LineField(name) }

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        switch key {
        case .escape, .control("c"), .control("g"): return .closes
        case .enter:
            workspace.pages.rename(field.text)
            return .closes
        default: _ = field.take(key)
        }
        return .stays
    }

    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        let box = OverlayBox.place(Size(columns: 40, rows: 1), on: canvas.size)
        let title = "Name of page \(workspace.pages.current + 1)"
        guard let inner = OverlayBox.paint(box, title: title, stage, on: &canvas) else { return }
        cursor = field.paint(
            "", on: &canvas, column: inner.column, row: inner.row, limit: inner.endColumn, theme: stage.theme)
    }
}
