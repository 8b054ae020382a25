// One frame of the panes' screen, drawn on a canvas. The painter remembers what the last frame looked like around the
// guests' screens; as long as that stays, only rows that guests changed are copied.

package struct Painter {
    package var theme: Theme
    package var borders: BorderSet
    package private(set) var canvas: Canvas

    /// Everything but the guests' text that decides what is drawn where.
    private struct Surroundings: Equatable {
        var plan: ScreenPlan
        var focus: Int
        var panes: [Workspace.PaneInfo]
        var stamps: [StampKind]
    }

    private var last: Surroundings?
    private var wasCovered = false
    private var lastTitles: [PaneChrome.Title] = []
    private var lastArrows: [LinkActivity.Arrow] = []

    package init(theme: Theme, borders: BorderSet, size: Size) {
        self.theme = theme
        self.borders = borders
        canvas = Canvas(size: size)
    }

    /// Draws what is new.
    package mutating func paint(_ workspace: inout Workspace, rates: [RateMeter], sum: RateMeter) {
        let screens = workspace.screens
        if canvas.size != workspace.size {
            canvas = Canvas(size: workspace.size)
            last = nil
        }
        let titles = zip(screens, zip(rates, workspace.panes)).map { screen, pane in
            PaneChrome.Title(
                text: screen.glance().title,
                activity: PaneChrome.activity(pane.0, isCapturing: pane.1.isCapturing, borders: borders))
        }
        let now = Surroundings(
            plan: workspace.plan, focus: workspace.focus, panes: workspace.panes,
            stamps: workspace.panes.indices.map { workspace.stampKind(of: $0) })
        let isCovered = !workspace.overlays.isEmpty
        // What lay over the panes may have been anywhere.
        let isNew = now != last || isCovered || wasCovered
        wasCovered = isCovered
        last = now
        if isNew {
            canvas.fill(Rect(column: 0, row: 0, columns: canvas.size.columns, rows: canvas.size.rows))
        }
        let arrows = workspace.links.arrows(workspace.plan, borders: borders)
        if isNew || titles != lastTitles || arrows != lastArrows {
            lastTitles = titles
            lastArrows = arrows
            PaneChrome.paintFrames(
                workspace, titles: titles, arrows: arrows, on: &canvas, theme: theme, borders: borders)
        }
        if let row = workspace.plan.tabRow {
            TabBar(workspace, columns: canvas.size.columns, borders: borders)
                .paint(on: &canvas, row: row, theme: theme)
        }
        for frame in workspace.plan.frames where screens.indices.contains(frame.pane) {
            let phase = workspace.panes[frame.pane].phase
            let banner = PaneChrome.banner(phase, size: frame.content.size, keys: workspace.keys)
            let text = workspace.textRect(of: frame)
            screens[frame.pane].paint(in: text, on: &canvas, everything: isNew, reserved: banner.count)
            if text != frame.content {
                workspace.paintStamps(
                    of: frame.pane, in: frame.content, beside: text, on: &canvas, theme: theme, reserved: banner.count)
            }
            let style = phase.isBad ? theme.banner : theme.status
            PaneChrome.paintBanner(banner, in: frame.content, on: &canvas, style: style)
        }
        paintFoot(workspace, rates: rates, sum: sum)
        guard isCovered else { return }
        workspace.paintOverlays(Stage(theme: theme, borders: borders, rates: rates), on: &canvas)
    }

    /// Draws what the focused guest's own screen has that is new and nothing else: the shortest way for the echo of a key.
    /// - Returns: false, and nothing is drawn, when more than that is to be drawn, or it is covered.
    package mutating func paintFocus(_ workspace: Workspace) -> Bool {
        let focus = workspace.focus
        guard let last, last.plan == workspace.plan, last.focus == focus, canvas.size == workspace.size,
            !wasCovered, workspace.overlays.isEmpty, workspace.screens.indices.contains(focus),
            workspace.panes[focus].phase == .running, let frame = workspace.plan.frame(of: focus)
        else { return false }
        let text = workspace.textRect(of: frame)
        guard text == frame.content else { return false }
        workspace.screens[focus].paint(in: text, on: &canvas, everything: false)
        return true
    }

    private mutating func paintFoot(_ workspace: Workspace, rates: [RateMeter], sum: RateMeter) {
        guard let row = workspace.plan.statusRow, workspace.panes.indices.contains(workspace.focus) else { return }
        let pane = workspace.panes[workspace.focus]
        let running = workspace.panes.count { $0.phase.isAlive }
        var facts = StatusSegment.Facts(
            pane: pane, number: workspace.focus + 1, count: workspace.panes.count, running: running,
            rates: rates.indices.contains(workspace.focus) ? rates[workspace.focus] : RateMeter(), sum: sum,
            isZoomed: workspace.isZoomed, timeOfDay: secondsSinceMidnight())
        facts.alerts = workspace.alerts
        facts.borders = borders
        let bar = StatusBar(facts, settings: workspace.settings)
        bar.paint(on: &canvas, row: row, theme: theme, phase: pane.phase)
        guard let messageRow = workspace.plan.messageRow else { return }
        MessageLine.paint(workspace, on: &canvas, row: messageRow, theme: theme, isShared: messageRow == row)
    }

    /// Hands the canvas to whoever shows it.
    package mutating func show(_ body: (inout Canvas) -> Void) { body(&canvas) }

    /// Forgets the last frame, so that the next one is drawn in full.
    package mutating func forget() {
        last = nil
        canvas.touch()
    }
}
