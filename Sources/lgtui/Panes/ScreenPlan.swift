// Who gets which cells of the screen: pane frames, status bar and message line, for any size. Small screens lose
// ornaments first (outer lines, then the message line, then the other panes) and the guest's own text last.

/// A visible pane and its cells.
package struct PaneFrame: Hashable, Sendable {
    package var pane: Int
    /// Where the guest's screen is shown.
    package var content: Rect
    /// The row of the title, which spans the content's columns; nil when there is no room for one.
    package var titleRow: Int?
}

/// The division of the whole screen.
package struct ScreenPlan: Hashable, Sendable {
    package var size: Size
    package var frames: [PaneFrame]
    /// Panes have lines all around, shared between neighbours; otherwise only a title line above.
    package var isBoxed: Bool
    package var statusRow: Int?
    /// The same as `statusRow` when the screen is too low for both: a message then covers the bar.
    package var messageRow: Int?

    /// Below this, a pane among others is no use, and the focused one gets the whole screen.
    package static let smallestPane = Size(columns: 18, rows: 3)

    private static let footedFrom = 30

    /// Plans `count` panes on a screen of `size`, of which `focus` is focused and, when `zoomed`, alone.
    package init(size: Size, count: Int, focus: Int, zoomed: Bool) {
        self.size = size
        frames = []
        isBoxed = false
        var rows = size.rows
        if rows >= 3 {
            rows -= 1
            statusRow = rows
            messageRow = rows
        }
        if rows >= 7 {
            rows -= 1
            statusRow = rows
            messageRow = rows + 1
        }
        guard count > 0, size.columns > 0, rows > 0 else { return }

        if !zoomed && count > 1 {
            // On low screens the status bar closes the box below, and the line saved goes to the guests.
            let hasFoot = size.rows >= Self.footedFrom
            let inner = Rect(column: 1, row: 1, columns: size.columns - 2, rows: rows - (hasFoot ? 2 : 1))
            let tree = LayoutTree.tiled(count: count, in: inner.size)
            let arranged = tree.arrange(in: inner)
            let fits = arranged.allSatisfy {
                $0.rect.columns >= Self.smallestPane.columns && $0.rect.rows >= Self.smallestPane.rows
            }
            if fits {
                isBoxed = true
                frames = arranged.map { PaneFrame(pane: $0.pane, content: $0.rect, titleRow: $0.rect.row - 1) }
                return
            }
        }
        let pane = min(max(0, focus), count - 1)
        let hasTitle = rows >= 2
        let content = Rect(
            column: 0, row: hasTitle ? 1 : 0, columns: size.columns, rows: rows - (hasTitle ? 1 : 0))
        frames = [PaneFrame(pane: pane, content: content, titleRow: hasTitle ? 0 : nil)]
    }

    package func frame(of pane: Int) -> PaneFrame? { frames.first { $0.pane == pane } }
}
