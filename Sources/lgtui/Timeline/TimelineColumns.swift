// How a line of the timeline looks: when, who, what. Guests are told apart by name; their colours only help.

struct TimelineColumns {
    private let theme: Theme
    private let kind: StampKind
    private let width: Int
    private let timeColumns: Int
    private let nameColumns: Int
    private let divider: String

    /// Cyan, yellow, magenta, green, blue, red, and their bright kin; from the palette that the user has chosen to like.
    private static let inks: [UInt8] = [6, 3, 5, 2, 4, 1, 14, 11, 13, 10, 12, 9]

    static func ink(of pane: Int) -> Ink { .palette(inks[pane % inks.count]) }

    init(_ workspace: Workspace, width: Int, kind: StampKind, stage: Stage) {
        theme = stage.theme
        self.kind = kind
        self.width = width
        divider = stage.borders == .ascii ? "|" : "│"
        // Narrow screens do without fractions of seconds, then without times.
        timeColumns = width < 40 ? 0 : width < 72 || kind == .boot ? 9 : 13
        let longest = workspace.panes.map { textWidth($0.name) }.max() ?? 0
        nameColumns = min(longest, max(3, width / 6))
    }

    func paint(
        _ key: TimelineKey, text: String, hits: PatternMatcher?, shift: Int, isChosen: Bool, row: Int,
        _ workspace: Workspace, on canvas: inout Canvas
    ) {
        var at = 0
        if timeColumns > 0 {
            canvas.write(time(key, workspace), column: 0, row: row, limit: timeColumns, style: theme.stamp)
            at = timeColumns
        }
        let name = workspace.panes.indices.contains(key.pane) ? workspace.panes[key.pane].name : ""
        let ink = Self.ink(of: key.pane)
        canvas.write(
            truncated(name.onOneLine, to: nameColumns), column: at, row: row, limit: width,
            style: Style(foreground: ink, attributes: .bold))
        at += nameColumns
        canvas.write(divider, column: at, row: row, limit: width, style: Style(foreground: ink))
        let start = at + 2
        canvas.write(shifted(text, by: shift), column: start, row: row, limit: width, style: .plain)
        if let hits { mark(text, hits, shift: shift, start: start, row: row, on: &canvas) }
        guard isChosen else { return }
        for column in 0..<width {
            canvas[column, row].style = canvas[column, row].style.marked(by: theme.selection)
        }
    }

    private func time(_ key: TimelineKey, _ workspace: Workspace) -> String {
        if kind == .boot {
            let boot =
                workspace.screens.indices.contains(key.pane) ? workspace.screens[key.pane].boot(before: key.stamp) : nil
            return workspace.stamps.text(key.stamp, .boot, boot: boot)
        }
        return timeOfDay(key.stamp &+ workspace.stamps.wallOffset, milliseconds: timeColumns > 9)
    }

    /// The text without its first `columns`.
    private func shifted(_ text: String, by columns: Int) -> String {
        var left = columns
        return String(
            text.drop { character in
                left -= character.unicodeScalars.first.map { textWidth(String($0)) } ?? 0
                return left >= 0
            })
    }

    private func mark(
        _ text: String, _ matcher: PatternMatcher, shift: Int, start: Int, row: Int, on canvas: inout Canvas
    ) {
        let scalars = Array(text.unicodeScalars)
        var (at, reached) = (0, start - shift)
        /// The column that a scalar begins in; they are asked for from left to right.
        func column(of index: Int) -> Int {
            reached += textWidth(String(String.UnicodeScalarView(scalars[at..<index])))
            at = index
            return reached
        }
        for hit in matcher.matches(in: scalars.map(\.value)) {
            let first = max(start, column(of: hit.lowerBound))
            if first >= width { return }
            let end = min(width, column(of: hit.upperBound))
            for column in first..<max(first, end) {
                canvas[column, row].style = canvas[column, row].style.marked(by: theme.match)
            }
        }
    }
}
