// Time stamps beside the text: a gutter at the left of a pane, whose columns the guest's screen gives up. The guest is not
// asked – its console knows no columns – and its text is cut anew by the terminal, as with any other change of size. A
// gutter that only copy mode had would be of no use to somebody who watches a kernel boot, which is what stamps are for.

/// What is written beside each line.
package enum StampKind: String, CaseIterable, Sendable {
    case none, boot, wall

    /// Columns of the gutter, with the space between it and the text.
    package var columns: Int {
        switch self {
        case .none: 0
        case .boot: 10
        case .wall: 9
        }
    }
}

/// Which panes show stamps, and what it takes to write one.
package struct StampDisplay: Equatable, Sendable {
    /// For the panes that a command has said something about.
    fileprivate var chosen: [Int: StampKind] = [:]
    /// What to add to the clock of the stamps to get nanoseconds since 1970.
    package var wallOffset: UInt64 = 0

    package init() {}

    /// The text for a line that began at `stamp`, without padding; empty when nobody knows.
    package func text(_ stamp: UInt64, _ kind: StampKind, boot: UInt64?) -> String {
        if stamp == 0 { return "" }
        switch kind {
        case .none: return ""
        case .boot:
            guard let boot else { return "" }
            return sinceBoot(Int64(bitPattern: stamp &- boot))
        case .wall: return timeOfDay(stamp &+ wallOffset)
        }
    }
}

/// `+12.345`, in at most nine columns: what was long ago needs no milliseconds.
package func sinceBoot(_ nanoseconds: Int64) -> String {
    let sign = nanoseconds < 0 ? "-" : "+"
    let milliseconds = nanoseconds.magnitude / 1_000_000
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000)
    switch seconds {
    case ..<10_000:
        let digits = String(rest)
        return "\(sign)\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
    case ..<1_000_000: return "\(sign)\(seconds).\(rest / 100)"
    default: return "\(sign)\(seconds)"
    }
}

extension Workspace {
    package func stampKind(of pane: Int) -> StampKind {
        stamps.chosen[pane] ?? StampKind(rawValue: settings.timestamps) ?? .none
    }

    package mutating func chooseStamps(_ kind: StampKind, for pane: Int) { stamps.chosen[pane] = kind }

    package mutating func chooseStampsForAll(_ kind: StampKind) {
        settings.timestamps = kind.rawValue
        stamps.chosen = [:]
    }

    /// Where the guest's own text goes: the pane's cells without the gutter, which narrow panes do not have.
    package func textRect(of frame: PaneFrame) -> Rect {
        let gutter = stampKind(of: frame.pane).columns
        var rect = frame.content
        guard gutter > 0, rect.columns >= gutter + ScreenPlan.smallestPane.columns else { return rect }
        rect.column += gutter
        rect.columns -= gutter
        return rect
    }

    /// nil when the pane is not on the screen.
    package func textRect(of pane: Int) -> Rect? { plan.frame(of: pane).map { textRect(of: $0) } }

    /// The gutter of a pane whose text is in `text`.
    package func paintStamps(
        of pane: Int, in content: Rect, beside text: Rect, on canvas: inout Canvas, theme: Theme, reserved: Int
    ) {
        guard screens.indices.contains(pane) else { return }
        let stamps = screens[pane].stamps(rows: content.rows, reserved: reserved)
        paintGutter(stamps, of: pane, in: content, beside: text, on: &canvas, theme: theme)
    }

    /// One stamp a row, from the top; what is below is left alone.
    package func paintGutter(
        _ stamps: [UInt64], of pane: Int, in content: Rect, beside text: Rect, on canvas: inout Canvas, theme: Theme
    ) {
        let kind = stampKind(of: pane)
        let width = text.column - content.column
        guard width > 0, screens.indices.contains(pane) else { return }
        for (row, stamp) in stamps.prefix(content.rows).enumerated() {
            let words = self.stamps.text(stamp, kind, boot: screens[pane].boot(before: stamp))
            canvas.fill(
                Rect(column: content.column, row: content.row + row, columns: width, rows: 1),
                with: CanvasCell(style: Style(background: theme.stamp.background)))
            canvas.write(
                words, column: max(content.column, text.column - 1 - textWidth(words)), row: content.row + row,
                limit: text.column, style: theme.stamp)
        }
    }
}
