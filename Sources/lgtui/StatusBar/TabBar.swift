// The pages, one tab each, in a row of their own. With many pages there is no room for all names, then not for all
// numbers; the page that is shown is always there, and signs at the ends say that there is more.

package struct TabBar: Sendable {
    package struct Tab: Equatable, Sendable {
        package var page: Int
        package var text: String
        package var column: Int
        package var columns: Int
    }

    package private(set) var tabs: [Tab] = []
    /// There are pages before the first or behind the last tab.
    package private(set) var hasMore = (before: false, after: false)
    private let current: Int
    private let columns: Int

    package init(_ workspace: Workspace, columns: Int, borders: BorderSet) {
        self.columns = columns
        current = workspace.pages.current
        let pages = workspace.pages.all.indices
        let forms = [true, false].map { isLong in
            pages.map { Self.text(of: $0, in: workspace, isLong: isLong, borders: borders) }
        }
        let fitting = forms.first { $0.reduce(0) { $0 + textWidth($1) + 1 } <= columns }
        let texts = fitting ?? forms[1]
        // A window around the page that is shown, which grows on both sides as long as there is room.
        var window = current..<current + 1
        var room = columns - textWidth(texts[current]) - 1 - (fitting == nil ? 4 : 0)
        while true {
            let before = window.lowerBound - 1
            let after = window.upperBound
            if after < texts.count, room >= textWidth(texts[after]) + 1 {
                window = window.lowerBound..<after + 1
                room -= textWidth(texts[after]) + 1
            } else if before >= 0, room >= textWidth(texts[before]) + 1 {
                window = before..<window.upperBound
                room -= textWidth(texts[before]) + 1
            } else {
                break
            }
        }
        hasMore = (window.lowerBound > 0, window.upperBound < texts.count)
        var column = fitting == nil ? 2 : 0
        for page in window {
            let width = textWidth(texts[page])
            tabs.append(Tab(page: page, text: texts[page], column: column, columns: width))
            column += width + 1
        }
    }

    /// ` 2 web!# `: the number, the name or those of the first and last guest, and what happened there. The page that is
    /// shown stands in brackets, in case reverse video is all that tells it and the terminal has none.
    private static func text(of index: Int, in workspace: Workspace, isLong: Bool, borders: BorderSet) -> String {
        let page = workspace.pages.all[index]
        var text = "\(index + 1)"
        if !page.name.isEmpty {
            text += " " + page.name
        } else if isLong, let first = page.panes.first, let last = page.panes.last {
            text += " " + workspace.panes[first].name
            if first != last { text += (borders == .ascii ? ".." : "…") + workspace.panes[last].name }
        }
        var marks = PaneMarks()
        var hasDead = false
        for pane in page.panes {
            marks.formUnion(workspace.marks[pane])
            if workspace.panes[pane].phase.isBad { hasDead = true }
        }
        text += marks.text + (hasDead ? (borders == .ascii ? "x" : "✗") : "")
        return (index == workspace.pages.current ? "[\(text)]" : " \(text) ").onOneLine
    }

    /// The page whose tab is at `column`.
    package func page(at column: Int) -> Int? {
        tabs.first { column >= $0.column && column < $0.column + $0.columns }?.page
    }

    package func paint(on canvas: inout Canvas, row: Int, theme: Theme) {
        canvas.fill(
            Rect(column: 0, row: row, columns: columns, rows: 1), with: CanvasCell(style: theme.statusLabel))
        for tab in tabs {
            canvas.write(
                tab.text, column: tab.column, row: row, limit: columns,
                style: tab.page == current ? theme.statusName : theme.statusLabel)
        }
        if hasMore.before { canvas.write("<", column: 0, row: row, limit: columns, style: theme.status) }
        if hasMore.after { canvas.write(">", column: columns - 1, row: row, limit: columns, style: theme.status) }
    }
}
