// What is selected: characters, whole lines, or a block. Lines that the terminal wrapped are one line here, and blanks at
// the ends of lines, which nobody printed on purpose, are left behind.

/// A selection reaches from its anchor to the cursor, both included.
package struct Selection: Equatable, Sendable {
    package enum Kind: Sendable { case characters, lines, block }
    package var kind: Kind
    package var anchor: TextPlace
}

extension CopyMode {
    /// Keys that begin, change and end a selection.
    mutating func selectKey(_ key: Key) -> Bool {
        switch key {
        case .character("v"), .character(" "): toggle(.characters)
        case .character("V"): toggle(.lines)
        case .control("v"): toggle(.block)
        case .character("o"):
            guard let selection else { break }
            self.selection?.anchor = place
            place = selection.anchor
            reveal()
        default: return false
        }
        return true
    }

    private mutating func toggle(_ kind: Selection.Kind) {
        if selection?.kind == kind {
            selection = nil
        } else if selection != nil {
            selection?.kind = kind
        } else {
            selection = Selection(kind: kind, anchor: place)
        }
    }

    /// The text between anchor and cursor; empty when nothing is selected.
    package var selectedText: String {
        guard let selection else { return "" }
        let (first, last) = (min(selection.anchor, place), max(selection.anchor, place))
        switch selection.kind {
        case .characters:
            if first.line == last.line {
                return text.line(first.line).text(first.offset..<end(of: last))
            }
            var parts = [text.line(first.line).text(first.offset..<Int.max, isTrimmed: true)]
            for line in (first.line + 1)..<last.line { parts.append(text.line(line).text) }
            parts.append(text.line(last.line).text(0..<end(of: last)))
            return parts.joined(separator: "\n")
        case .lines:
            return (first.line...last.line).map { text.line($0).text + "\n" }.joined()
        case .block:
            let block = block(selection)
            return block.rows.map { row in
                let (line, cells) = layout.cells(ofRow: row)
                let start = cells.lowerBound + block.columns.lowerBound
                let end = min(cells.upperBound, cells.lowerBound + block.columns.upperBound + 1)
                return text.line(line).text(min(start, end)..<end, isTrimmed: true)
            }.joined(separator: "\n")
        }
    }

    /// One past the cell that a place is in, or past the second cell of a wide character.
    private func end(of place: TextPlace) -> Int {
        place.offset + (text.line(place.line).isTail(place.offset + 1) ? 2 : 1)
    }

    /// Rows and columns of the view between anchor and cursor.
    func block(_ selection: Selection) -> (rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
        let (one, other) = (layout.position(of: selection.anchor), layout.position(of: place))
        let cells = max(one.column, other.column)
        let wide = [selection.anchor, place].contains {
            layout.position(of: $0).column == cells && text.line($0.line).isTail($0.offset + 1)
        }
        return (
            min(one.row, other.row)...max(one.row, other.row),
            min(one.column, other.column)...(cells + (wide ? 1 : 0))
        )
    }

    // MARK: The mouse

    enum Unit { case word, line }

    mutating func click(column: Int, row: Int) {
        selection = nil
        place = place(column: column, row: row)
    }

    /// Selects what is under a double or triple click.
    mutating func select(_ unit: Unit, column: Int, row: Int) {
        place = place(column: column, row: row)
        switch unit {
        case .line: selection = Selection(kind: .lines, anchor: place)
        case .word:
            let line = text.line(place.line)
            func isInside(_ offset: Int) -> Bool { offset < line.count && line.first(at: offset) != " " }
            guard isInside(place.offset) else { return }
            var (first, last) = (place.offset, place.offset)
            while first > 0, isInside(first - 1) || line.isTail(first - 1) { first -= 1 }
            while isInside(last + 1) || line.isTail(last + 1) { last += 1 }
            selection = Selection(kind: .characters, anchor: TextPlace(line: place.line, offset: first))
            place.offset = line.start(of: last)
        }
    }

    mutating func drag(fromColumn: Int, row fromRow: Int, toColumn: Int, row toRow: Int) {
        if selection == nil {
            selection = Selection(kind: .characters, anchor: place(column: fromColumn, row: fromRow))
        }
        if toRow < 0 { top = max(0, top + toRow) }
        if toRow >= rows { top = min(lastTop, top + toRow - rows + 1) }
        place = place(column: toColumn, row: min(max(0, toRow), rows - 1))
    }

    /// After the mouse has copied: the selection has done its work.
    mutating func release() {
        selection = nil
        if top == lastTop { scroll(by: 1) }
    }

    /// The place under the mouse.
    private func place(column: Int, row: Int) -> TextPlace {
        var place = layout.place(row: top + min(max(0, row), rows - 1), column: max(0, column))
        let line = text.line(place.line)
        place.offset = line.isTail(place.offset) ? place.offset - 1 : place.offset
        return place
    }
}
