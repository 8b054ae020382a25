// The help page, made from the tables of commands and keys. It lies over the panes; guests go on below.

import TerminalCore

package struct HelpPage: Overlay {
    /// First line shown.
    package private(set) var scroll = 0
    /// Lines that fit, as of the last time it was drawn.
    private var rows = 20

    package init() {}

    package mutating func handle(_ key: Key, in workspace: inout Workspace) -> OverlayAnswer {
        switch key {
        case .up, .character("k"): scroll = max(0, scroll - 1)
        case .down, .character("j"): scroll += 1
        case .pageUp: scroll = max(0, scroll - rows)
        case .pageDown, .character(" "): scroll += rows
        default: return .closes
        }
        return .stays
    }

    package mutating func handle(_ event: MouseEvent, in workspace: inout Workspace) -> OverlayAnswer {
        switch (event.kind, event.button) {
        case (.press, .wheelUp): scroll = max(0, scroll - Workspace.wheelLines)
        case (.press, .wheelDown): scroll += Workspace.wheelLines
        case (.press, _): return .closes
        default: break
        }
        return .stays
    }

    package enum Line: Equatable, Sendable {
        case title(String)
        case entry(keys: String, text: String)
        case text(String)
        case empty

        /// On as many lines as its text needs.
        fileprivate func broken(to columns: Int) -> [Line] {
            guard case .entry(let keys, let text) = self, columns > 0 else { return [self] }
            return wrapped(text, to: columns).enumerated().map { .entry(keys: $0 == 0 ? keys : "", text: $1) }
        }
    }

    package static func lines(_ keys: KeyMap) -> [Line] {
        var lines: [Line] = [
            .text("What you type goes to the focused guest, except \(keys.prefixName) and"),
            .text("the key after it. Three ^C within a second abort that guest."),
        ]
        for group in Command.Group.allCases {
            lines += [.empty, .title(group.rawValue)]
            for command in Command.table where command.group == group {
                let names = keys.keys(of: command.name)
                // What has no key can still be typed.
                lines.append(.entry(keys: names.isEmpty ? ":" + command.name : names, text: command.summary))
            }
        }
        return lines
    }

    /// Paints the page as a box in the middle of the screen; the scroll position is clamped to what there is.
    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        let (theme, borders) = (stage.theme, stage.borders)
        let columns = min(canvas.size.columns, 100)
        let keyColumns = min(17, columns / 3)
        let lines = Self.lines(workspace.keys).flatMap { $0.broken(to: columns - keyColumns - 4) }
        let size = Size(columns: columns, rows: min(canvas.size.rows, lines.count + 2))
        guard size.columns > 4, size.rows > 2 else { return }
        let box = Rect(
            column: (canvas.size.columns - size.columns) / 2, row: (canvas.size.rows - size.rows) / 2,
            columns: size.columns, rows: size.rows)
        canvas.fill(box, with: CanvasCell(style: theme.help))

        let inner = Rect(column: box.column + 1, row: box.row + 1, columns: box.columns - 2, rows: box.rows - 2)
        var grid = BorderGrid(size: canvas.size)
        grid.box(around: inner, .light)
        for row in box.row..<box.endRow {
            for column in box.column..<box.endColumn {
                if let (scalar, _) = grid.character(column: column, row: row, set: borders) {
                    canvas[column, row] = CanvasCell(scalar, style: theme.help)
                }
            }
        }
        canvas.write(
            " Keys after \(workspace.keys.prefixName) ", column: box.column + 2, row: box.row, limit: box.endColumn - 1,
            style: theme.helpTitle)

        rows = max(1, inner.rows)
        scroll = min(max(0, scroll), max(0, lines.count - inner.rows))
        let top = scroll
        let limit = inner.endColumn - 1
        for (i, line) in lines.dropFirst(top).prefix(inner.rows).enumerated() {
            let row = inner.row + i
            let start = inner.column + 1
            switch line {
            case .empty: break
            case .title(let text): canvas.write(text, column: start, row: row, limit: limit, style: theme.helpTitle)
            case .text(let text):
                canvas.write(
                    truncated(text, to: limit - start), column: start, row: row, limit: limit, style: theme.help)
            case .entry(let keys, let text):
                let after = canvas.write(keys, column: start, row: row, limit: limit, style: theme.helpKey)
                let at = max(after + 1, start + keyColumns)
                let summary = truncated(text, to: limit - at)
                canvas.write(summary, column: at, row: row, limit: limit, style: theme.help)
            }
        }
        let foot = top + inner.rows < lines.count ? " ↓ more, any other key closes " : " any key closes "
        canvas.write(foot, column: box.column + 2, row: box.endRow - 1, limit: box.endColumn - 1, style: theme.help)
    }
}
