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
    /// Where the pages are listed, when there is more than one.
    package var tabRow: Int?
    package var statusRow: Int?
    /// The same as `statusRow` when the screen is too low for both: a message then covers the bar.
    package var messageRow: Int?
    /// What the layout divides among the panes.
    package var inner: Rect
    /// How it is divided; nil when one pane has it all.
    package var tree: LayoutTree?

    /// Below this, a pane among others is no use, and the focused one gets the whole screen.
    package static let smallestPane = Size(columns: 18, rows: 3)

    private static let footedFrom = 30
    private static let tabbedFrom = 10

    /// The rows without a pane in them, and what is left for panes and their lines.
    private init(furnishing size: Size, hasTabs: Bool) {
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
        if hasTabs, size.rows >= Self.tabbedFrom { tabRow = 0 }
        let top = tabRow == nil ? 0 : 1
        // On low screens the status bar closes the box below, and the line saved goes to the guests.
        let hasFoot = size.rows >= Self.footedFrom
        inner = Rect(column: 1, row: top + 1, columns: size.columns - 2, rows: rows - top - (hasFoot ? 2 : 1))
    }

    /// What a screen of `size` has for panes that share it.
    package static func room(on size: Size) -> Size { ScreenPlan(furnishing: size, hasTabs: false).inner.size }

    /// Plans a page on a screen of `size`.
    package init(size: Size, page: Page, hasTabs: Bool) {
        self.init(furnishing: size, hasTabs: hasTabs)
        let top = tabRow == nil ? 0 : 1
        let rows = (statusRow ?? size.rows) - top
        guard !page.panes.isEmpty, size.columns > 0, rows > 0 else { return }

        if !page.isZoomed && page.panes.count > 1 {
            let tree = page.tree(in: inner.size)
            if tree.fits(inner) {
                isBoxed = true
                self.tree = tree
                frames = tree.arrange(in: inner).map {
                    PaneFrame(pane: $0.pane, content: $0.rect, titleRow: $0.rect.row - 1)
                }
                return
            }
        }
        let hasTitle = rows >= 2
        let content = Rect(
            column: 0, row: top + (hasTitle ? 1 : 0), columns: size.columns, rows: rows - (hasTitle ? 1 : 0))
        frames = [PaneFrame(pane: page.focus, content: content, titleRow: hasTitle ? top : nil)]
    }

    /// Plans `count` panes on one page, of which `focus` is focused and, when `zoomed`, alone.
    package init(size: Size, count: Int, focus: Int, zoomed: Bool) {
        var page = Page(Array(0..<max(0, count)))
        page.focus = min(max(0, focus), max(0, count - 1))
        page.isZoomed = zoomed
        self.init(size: size, page: page, hasTabs: false)
    }

    package func frame(of pane: Int) -> PaneFrame? { frames.first { $0.pane == pane } }
}
