// The bar at the foot: who has the focus and what it does, and what all guests do together. It is a list of segments;
// on a narrow screen the least important go first, so that the name and the state are always there.

package struct StatusBar: Sendable {
    package struct Piece: Sendable {
        package enum Look: Sendable { case name, state, label, figure }
        package var text: String
        package var look: Look

        static func label(_ text: String) -> Piece { Piece(text: text, look: .label) }
        /// Right-aligned, so that the bar does not dance when a figure grows a digit.
        static func figure(_ text: String, columns: Int = 0) -> Piece {
            Piece(text: padded(text, to: columns), look: .figure)
        }
    }

    /// Pieces that stand or fall together. The highest number falls first.
    package struct Segment: Sendable {
        package var priority: Int
        package var pieces: [Piece]
        package var columns: Int { pieces.reduce(0) { $0 + textWidth($1.text) } }
    }

    package var left: [Segment]
    package var right: [Segment]

    /// The bar with the segments that the settings name.
    package init(_ facts: StatusSegment.Facts, settings: Settings) {
        left = Self.segments(settings.barLeft, facts)
        right = Self.segments(settings.barRight, facts)
        if !right.isEmpty { right.append(Segment(priority: 5, pieces: [.label(" ")])) }
    }

    private static func segments(_ names: [StatusSegment], _ facts: StatusSegment.Facts) -> [Segment] {
        names.compactMap { name in
            let pieces = name.pieces(facts)
            return pieces.isEmpty ? nil : Segment(priority: name.priority, pieces: pieces)
        }
    }

    /// Drops segments until the rest fits into `columns`.
    package func fitted(to columns: Int) -> StatusBar {
        var bar = self
        while bar.left.count + bar.right.count > 1 {
            let width = (bar.left + bar.right).reduce(0) { $0 + $1.columns }
            if width <= columns { break }
            let worst = (bar.left + bar.right).map(\.priority).max() ?? 0
            bar.left.removeAll { $0.priority == worst }
            bar.right.removeAll { $0.priority == worst }
        }
        return bar
    }

    /// Paints the bar over a whole row.
    package func paint(on canvas: inout Canvas, row: Int, theme: Theme, phase: PanePhase) {
        let columns = canvas.size.columns
        let bar = fitted(to: columns)
        func style(_ look: Piece.Look) -> Style {
            switch look {
            case .name: return theme.statusName
            case .label: return theme.statusLabel
            case .figure: return theme.status
            case .state:
                // The state keeps its own colour, on the bar's ground.
                var style = phase.style(in: theme)
                style.background = theme.status.background
                if theme.status.attributes.contains(.reverse) { style.attributes.formUnion(.reverse) }
                return style
            }
        }
        var at = 0
        for piece in bar.left.flatMap(\.pieces) {
            at = canvas.write(piece.text, column: at, row: row, limit: columns, style: style(piece.look))
        }
        let width = bar.right.reduce(0) { $0 + $1.columns }
        let start = max(at, columns - width)
        canvas.fill(
            Rect(column: at, row: row, columns: start - at, rows: 1), with: CanvasCell(style: theme.statusLabel))
        at = start
        for piece in bar.right.flatMap(\.pieces) {
            at = canvas.write(piece.text, column: at, row: row, limit: columns, style: style(piece.look))
        }
        canvas.fill(
            Rect(column: at, row: row, columns: columns - at, rows: 1), with: CanvasCell(style: theme.statusLabel))
    }
}

extension PanePhase {
    package func style(in theme: Theme) -> Style {
        switch self {
        case .booting, .running: theme.stateGood
        case .waiting, .poweredOff, .aborted, .killed: theme.stateQuiet
        case .dead, .failed: theme.stateBad
        }
    }
}
