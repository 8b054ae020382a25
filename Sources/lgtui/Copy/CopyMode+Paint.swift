// Copy mode on the screen: the text in the pane's own rectangle, the selection and all hits in it, where one is at the top
// right, and the pattern while it is being typed in the last row.

import TerminalCore

extension CopyMode {
    package var cursor: (column: Int, row: Int)? { shownCursor }

    package mutating func paint(_ workspace: Workspace, _ stage: Stage, on canvas: inout Canvas) {
        shownCursor = nil
        guard let frame = workspace.plan.frame(of: pane) else { return }
        let rect = workspace.textRect(of: frame)
        guard !rect.isEmpty else { return }
        fit(rect.size)
        search.count(in: text)
        var stamps: [UInt64] = []
        let block = selection.flatMap { $0.kind == .block ? self.block($0) : nil }
        var shown: (number: Int, line: TextLine, hits: [Range<Int>])?
        for row in 0..<rows {
            canvas.fill(Rect(column: rect.column, row: rect.row + row, columns: rect.columns, rows: 1))
            guard top + row < layout.rows else {
                stamps.append(0)
                continue
            }
            let (number, cells) = layout.cells(ofRow: top + row)
            stamps.append(cells.lowerBound == 0 ? text.stamp(number) : 0)
            if shown?.number != number {
                let line = text.line(number)
                shown = (number, line, search.pattern.map { line.matches(PatternMatcher($0)) } ?? [])
            }
            guard let (_, line, hits) = shown else { continue }
            for column in 0..<rect.columns {
                let offset = cells.lowerBound + column
                guard offset < cells.upperBound else { break }
                // A line without text shows that it is selected by its first cell.
                let isInText = offset < line.count
                let isSelected =
                    block.map { $0.rows.contains(top + row) && $0.columns.contains(column) }
                    ?? (isSelected(TextPlace(line: number, offset: offset)) && (isInText || offset == 0))
                if !isInText && !isSelected { continue }
                var cell =
                    isInText
                    ? CanvasCell(
                        line.cells[offset], scalars: line.scalars(at: offset), isReversed: text.history.isReversed)
                    : .blank
                if cell.width == 2, column + 1 >= rect.columns { cell = CanvasCell(" ", style: cell.style) }
                if let hit = hits.first(where: { $0.contains(offset) }) {
                    let isCurrent = number == place.line && hit.contains(place.offset)
                    cell.style = cell.style.marked(by: isCurrent ? stage.theme.matchCurrent : stage.theme.match)
                }
                if isSelected { cell.style = cell.style.marked(by: stage.theme.selection) }
                canvas[rect.column + column, rect.row + row] = cell
            }
        }
        if rect != frame.content {
            workspace.paintGutter(
                stamps, of: pane, in: frame.content, beside: rect, on: &canvas, theme: stage.theme)
        }
        let position = layout.position(of: place)
        shownCursor = (rect.column + position.column, rect.row + min(max(0, position.row - top), rows - 1))
        paintPosition(in: rect, stage, on: &canvas)
        paintPrompt(in: rect, stage, on: &canvas)
    }

    private func isSelected(_ place: TextPlace) -> Bool {
        guard let selection else { return false }
        let (first, last) = (min(selection.anchor, self.place), max(selection.anchor, self.place))
        switch selection.kind {
        case .characters:
            // The right half of a wide character goes with the left one.
            return place >= first
                && (place <= last
                    || place.line == last.line && place.offset == last.offset + 1
                        && text.line(place.line).isTail(place.offset))
        case .lines: return (first.line...last.line).contains(place.line)
        case .block: return false
        }
    }

    private func paintPosition(in rect: Rect, _ stage: Stage, on canvas: inout Canvas) {
        var words = "[\(place.line + 1)/\(text.count)]"
        if prompt == nil, let hits = search.summary(at: place, in: text) { words = "\(hits) " + words }
        let shown = truncated(words, to: rect.columns)
        canvas.write(
            shown, column: rect.endColumn - textWidth(shown), row: rect.row, limit: rect.endColumn,
            style: stage.theme.statusName)
    }

    private mutating func paintPrompt(in rect: Rect, _ stage: Stage, on canvas: inout Canvas) {
        guard let prompt else { return }
        let row = rect.endRow - 1
        let style = stage.theme.status
        canvas.fill(
            Rect(column: rect.column, row: row, columns: rect.columns, rows: 1), with: CanvasCell(style: style))
        let note = search.error?.description ?? search.summary(at: place, in: text) ?? ""
        // The end of a long pattern is where one types.
        var typed = (prompt.isForward ? "/" : "?") + prompt.text.onOneLine
        while textWidth(typed) >= rect.columns, !typed.isEmpty { typed.removeFirst() }
        let end = canvas.write(typed, column: rect.column, row: row, limit: rect.endColumn, style: style)
        let words = truncated(note, to: rect.endColumn - end - 2)
        canvas.write(
            words, column: rect.endColumn - textWidth(words), row: row, limit: rect.endColumn,
            style: search.error == nil ? stage.theme.statusLabel : stage.theme.stateBad)
        shownCursor = (min(end, rect.endColumn - 1), row)
    }
}

extension CanvasCell {
    /// A terminal's cell as it is painted.
    init(_ cell: Cell, scalars: [Unicode.Scalar], isReversed: Bool = false) {
        var style = Style(cell)
        if isReversed { style.attributes.formSymmetricDifference(.reverse) }
        self.init(scalars.first ?? " ", style: style, width: UInt8(cell.width))
        for (i, mark) in scalars.dropFirst().prefix(4).enumerated() { marks[i] = mark.value }
        if cell.width == 0 { scalar = " " }
    }
}

extension Style {
    /// This style under a marker: the marker's colours win, attributes add up, and reverse on reverse is still seen.
    func marked(by marker: Style) -> Style {
        var result = self
        let hasColor = marker.foreground != .terminal || marker.background != .terminal
        if hasColor {
            result.foreground = marker.foreground
            result.background = marker.background
            result.attributes.subtract([.reverse, .dim, .invisible])
        }
        let reverses = marker.attributes.contains(.reverse)
        result.attributes.formUnion(marker.attributes.subtracting(.reverse))
        if reverses { result.attributes.formSymmetricDifference(.reverse) }
        return result
    }
}
