// The layouts that have names. tmux taught them to fingers: Space walks through them, and each can be asked for.

/// A layout that is made from the number of panes alone.
package enum LayoutStyle: String, CaseIterable, Sendable {
    case tiled
    case evenHorizontal = "even-horizontal"
    case evenVertical = "even-vertical"
    case mainVertical = "main-vertical"
    case mainHorizontal = "main-horizontal"

    /// The tree for `panes`, which have `size` to share; the first of them is the main one.
    package func tree(_ panes: [Int], in size: Size) -> LayoutTree {
        guard let main = panes.first else { return .split(.horizontal, []) }
        if panes.count == 1 { return .pane(main) }
        switch self {
        case .tiled: return .tiled(panes, in: size)
        case .evenHorizontal: return .split(.horizontal, panes.map { LayoutTree.Child(.pane($0)) })
        case .evenVertical: return .split(.vertical, panes.map { LayoutTree.Child(.pane($0)) })
        case .mainVertical: return mainAndStack(.horizontal, panes, in: size)
        case .mainHorizontal: return mainAndStack(.vertical, panes, in: size)
        }
    }

    /// A large pane, and the others stacked across from it; in a grid when there are too many for one stack.
    private func mainAndStack(_ axis: Axis, _ panes: [Int], in size: Size) -> LayoutTree {
        let others = Array(panes.dropFirst())
        // Three fifths and two fifths, less the line between.
        var rest = size
        if axis == .horizontal {
            rest.columns = max(0, size.columns - 1) * 2 / 5
        } else {
            rest.rows = max(0, size.rows - 1) * 2 / 5
        }
        let across: LayoutStyle = axis == .horizontal ? .evenVertical : .evenHorizontal
        var stack = across.tree(others, in: rest)
        if !stack.fits(Rect(column: 0, row: 0, columns: rest.columns, rows: rest.rows)) {
            stack = .tiled(others, in: rest)
        }
        return .split(axis, [LayoutTree.Child(weight: 3, .pane(panes[0])), LayoutTree.Child(weight: 2, stack)])
    }

    /// The style after this one, or with -1 before it.
    package func next(_ distance: Int = 1) -> LayoutStyle {
        let all = Self.allCases
        let index = all.firstIndex(of: self) ?? 0
        return all[(index + distance + all.count) % all.count]
    }
}
