// The bar at the foot: who has the focus and what it does, and what all guests do together. It is a list of segments;
// on a narrow screen the least important go first, so that the name and the state are always there.

package struct StatusBar: Sendable {
    package struct Piece: Sendable {
        package enum Look: Sendable { case name, state, label, figure }
        package var text: String
        package var look: Look
    }

    /// Pieces that stand or fall together. The highest number falls first.
    package struct Segment: Sendable {
        package var priority: Int
        package var pieces: [Piece]
        package var columns: Int { pieces.reduce(0) { $0 + textWidth($1.text) } }
    }

    package var left: [Segment]
    package var right: [Segment]

    /// The bar for `pane`, with its rates, among `count` panes with theirs summed up.
    package init(
        pane: Workspace.PaneInfo, number: Int, count: Int, running: Int, rates: RateMeter, sum: RateMeter,
        isZoomed: Bool
    ) {
        left = [
            Segment(priority: 0, pieces: [Piece(text: " \(number) \(pane.name) ".onOneLine, look: .name)]),
            Segment(priority: 1, pieces: [Piece(text: " \(pane.phase.label)", look: .state)]),
        ]
        if isZoomed && count > 1 { left.append(Segment(priority: 5, pieces: [Piece(text: " (zoomed)", look: .label)])) }
        left += Self.segments(rates, priority: 2)
        right = [
            Segment(
                priority: 5,
                pieces: [
                    Piece(text: " all ", look: .label), Piece(text: "\(running)/\(count)", look: .figure),
                    Piece(text: " up", look: .label),
                ])
        ]
        right += Self.segments(sum, priority: 7)
        right.append(Segment(priority: 5, pieces: [Piece(text: " ", look: .label)]))
    }

    private static func segments(_ rates: RateMeter, priority: Int) -> [Segment] {
        let now = rates.perSecond
        return [
            Segment(
                priority: priority + 2,
                pieces: [
                    Piece(text: "  cpu ", look: .label),
                    Piece(text: padded("\(now.processorTime / 10_000_000)%", to: 4), look: .figure),
                ]),
            Segment(
                priority: priority,
                pieces: [
                    Piece(text: "  dma ", look: .label),
                    Piece(text: padded(compact(rates.total.dma), to: 5), look: .figure),
                ]),
            Segment(
                priority: priority + 1,
                pieces: [
                    Piece(text: "  disk r ", look: .label),
                    Piece(text: padded(compactBytes(now.bytesRead), to: 5), look: .figure),
                    Piece(text: "/s w ", look: .label),
                    Piece(text: padded(compactBytes(now.bytesWritten), to: 5), look: .figure),
                    Piece(text: "/s", look: .label),
                ]),
            Segment(
                priority: priority + 4,
                pieces: [
                    Piece(text: "  net in ", look: .label),
                    Piece(text: padded(compact(now.packetsReceived), to: 4), look: .figure),
                    Piece(text: "/s out ", look: .label),
                    Piece(text: padded(compact(now.packetsSent), to: 4), look: .figure),
                    Piece(text: "/s", look: .label),
                ]),
        ]
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
