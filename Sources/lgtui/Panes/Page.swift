// A page is one screenful of panes: how they are laid out, which of them has the focus, and whether it has the whole
// screen. A pure value; the numbers in it are guests.

package struct Page: Sendable, Equatable {
    /// As the user called it; empty when it goes by its number.
    package var name = ""
    /// The named layout that it follows, which is made anew for every size; nil once a hand has changed it.
    package private(set) var style: LayoutStyle?
    /// What a hand made.
    private var custom: LayoutTree
    /// Its panes in the order of layouts: the first is the main one.
    package private(set) var panes: [Int]
    package var focus: Int
    package var isZoomed = false

    package init(_ panes: [Int], style: LayoutStyle = .tiled) {
        self.panes = panes
        self.style = style
        custom = .split(.horizontal, [])
        focus = panes.first ?? 0
    }

    /// Its panes when they have `size` to share.
    package func tree(in size: Size) -> LayoutTree { style?.tree(panes, in: size) ?? custom }

    // MARK: Changes

    package mutating func follow(_ style: LayoutStyle) { self.style = style }

    /// Replaces the layout by one that a hand made.
    private mutating func adopt(_ tree: LayoutTree) {
        custom = tree
        style = nil
        panes = tree.panes
    }

    /// Takes `pane` out; nobody may be left.
    package mutating func remove(_ pane: Int, in size: Size) {
        let place = panes.firstIndex(of: pane) ?? 0
        if style == nil, let rest = tree(in: size).removing(pane) {
            adopt(rest)
        } else {
            panes.removeAll { $0 == pane }
        }
        if focus == pane { focus = panes.isEmpty ? 0 : panes[min(place, panes.count - 1)] }
        if panes.count < 2 { isZoomed = false }
    }

    /// Takes `pane` in, where the layout has a place for it.
    package mutating func append(_ pane: Int, in size: Size) {
        if style == nil, let last = panes.last {
            adopt(custom.inserting(pane, beside: last, along: .vertical))
        } else {
            panes.append(pane)
        }
    }

    package mutating func insert(_ pane: Int, beside target: Int, along axis: Axis, in size: Size) {
        let tree = tree(in: size)
        let others = tree.panes.contains(pane) ? tree.removing(pane) ?? tree : tree
        adopt(others.inserting(pane, beside: target, along: axis))
    }

    package mutating func moveToEdge(_ pane: Int, along axis: Axis, before: Bool, in size: Size) {
        guard panes.count > 1, let others = tree(in: size).removing(pane) else { return }
        adopt(others.addingEdge(pane, along: axis, before: before))
    }

    /// Puts one pane in another's place; a named layout stays one.
    package mutating func swap(_ a: Int, _ b: Int) {
        custom = custom.swapping(a, b)
        panes = panes.map { $0 == a ? b : $0 == b ? a : $0 }
    }

    package mutating func even(in size: Size) { adopt(tree(in: size).evened) }

    package mutating func move(_ divider: LayoutTree.Divider, by cells: Int, in rect: Rect) {
        adopt(tree(in: rect.size).moving(divider, by: cells, in: rect))
    }
}
