// What commands do to pages and panes, and which of it must be known to more than one of them: where the focus goes when
// an arrow leaves the page, and which pane was meant by a number.

/// What a pane did while nobody looked.
package struct PaneMarks: OptionSet, Hashable, Sendable {
    package var rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let activity = PaneMarks(rawValue: 1)
    package static let bell = PaneMarks(rawValue: 2)
    package static let silence = PaneMarks(rawValue: 4)
    package static let match = PaneMarks(rawValue: 8)

    /// As tmux marks its windows; a letter each, so that no colour is needed.
    package var text: String {
        (contains(.bell) ? "!" : "") + (contains(.match) ? "*" : "") + (contains(.silence) ? "~" : "")
            + (contains(.activity) ? "#" : "")
    }
}

extension Workspace {
    /// What the layout of the shown page divides.
    package var room: Size { plan.inner.size }

    /// The cells that a pane has when its page is shown; nil when another pane of the page has them all.
    package func frame(of pane: Int) -> PaneFrame? {
        pages.index(of: pane).flatMap { plans[$0].frame(of: pane) }
    }

    /// The pane that a word means: its number, or the name of its guest.
    package func pane(called word: String) -> Int? {
        if let pane = panes.firstIndex(where: { $0.name == word }) { return pane }
        guard let number = Int(word), number > 0, number <= panes.count else { return nil }
        return number - 1
    }

    /// Tells that a word means no pane, and which one may have been meant.
    package mutating func tellNoPane(called word: String) {
        let hint = nearestName(to: word, among: panes.map(\.name)).map { "did you mean \($0)?" }
        tell("there is no pane \(word): \(hint ?? "they go from 1 to \(panes.count)")".onOneLine, .error)
    }

    package mutating func focus(on pane: Int) { pages.focus(on: pane) }
    package mutating func toggleZoom() { pages.toggleZoom() }

    /// Focuses the pane `distance` away in the order of all pages.
    package mutating func step(by distance: Int) {
        let order = pages.order
        guard let place = order.firstIndex(of: focus) else { return }
        let target = (place + distance) % order.count
        focus(on: order[target < 0 ? target + order.count : target])
    }

    /// Shows the page `distance` away, around the end.
    package mutating func stepPage(by distance: Int) { pages.show(pageIndex(at: distance)) }

    private func pageIndex(at distance: Int) -> Int {
        let count = pages.all.count
        return ((pages.current + distance) % count + count) % count
    }

    /// The pane next to the focused one in a direction: the one that shares most of the edge.
    package func neighbor(_ key: Key) -> Int? {
        guard let from = plan.frame(of: focus)?.content else { return nil }
        return nearest(key, from: from, among: plan.frames.filter { $0.pane != focus })
    }

    /// Follows an arrow: to the neighbour, from the side of a page to the page on that side, and from pane to pane where
    /// only one is shown.
    package mutating func follow(arrow key: Key) {
        if let pane = neighbor(key) { return focus(on: pane) }
        let distance = key == .left || key == .up ? -1 : 1
        if plan.frames.count < pages.page.panes.count { return step(by: distance) }
        guard key == .left || key == .right, pages.all.count > 1, let from = plan.frame(of: focus)?.content else {
            return
        }
        let target = pageIndex(at: distance)
        // As if the new page lay beside the old one.
        var outside = from
        outside.column = key == .right ? -from.columns : size.columns
        if let pane = nearest(key, from: outside, among: plans[target].frames) { focus(on: pane) }
    }

    private func nearest(_ key: Key, from: Rect, among frames: [PaneFrame]) -> Int? {
        var best: (pane: Int, overlap: Int, distance: Int)?
        for frame in frames {
            let to = frame.content
            let (overlap, distance): (Int, Int) =
                switch key {
                case .left: (from.overlap(withRowsOf: to), from.column - to.endColumn)
                case .right: (from.overlap(withRowsOf: to), to.column - from.endColumn)
                case .up: (from.overlap(withColumnsOf: to), from.row - to.endRow)
                default: (from.overlap(withColumnsOf: to), to.row - from.endRow)
                }
            guard distance >= 0, overlap > 0 else { continue }
            if let best, (best.distance, -best.overlap) <= (distance, -overlap) { continue }
            best = (frame.pane, overlap, distance)
        }
        return best?.pane
    }

    // MARK: Marks

    /// Remembers that a pane did something, unless it is in view.
    package mutating func mark(_ pane: Int, _ mark: PaneMarks) {
        guard marks.indices.contains(pane), plan.frame(of: pane) == nil else { return }
        marks[pane].insert(mark)
    }

    /// What is in view needs no marks.
    package mutating func forgetMarksInView() {
        for frame in plan.frames where marks.indices.contains(frame.pane) { marks[frame.pane] = [] }
    }
}
