// What hands do to a layout: take a pane out, put it beside another, exchange two, pull a border. All of it gives a new
// tree; sizes are kept as weights, so that a layout made by hand survives a change of the terminal's size.

extension LayoutTree {
    /// The tree without `pane`; nil when nothing is left. Its neighbours share the room.
    package func removing(_ pane: Int) -> LayoutTree? {
        switch self {
        case .pane(let own): return own == pane ? nil : self
        case .split(let axis, let children):
            let kept = children.compactMap { child in
                child.tree.removing(pane).map { Child(weight: child.weight, $0) }
            }
            return Self.joined(axis, kept)
        }
    }

    /// A split without splits of one child, and without splits of the same direction inside.
    private static func joined(_ axis: Axis, _ children: [Child]) -> LayoutTree? {
        if children.count < 2 { return children.first?.tree }
        var flat: [Child] = []
        for child in children {
            guard case .split(axis, let inner) = child.tree else {
                flat.append(child)
                continue
            }
            // The inner weights share what their split had; everybody else is counted in the finer unit as well.
            let sum = inner.reduce(0) { $0 + $1.weight }
            let scale = inner.map { Child(weight: $0.weight * child.weight, $0.tree) }
            flat = tame(flat.map { Child(weight: $0.weight * sum, $0.tree) } + scale)
        }
        return .split(axis, tame(flat))
    }

    /// The same proportions in small numbers, so that no number of edits can make them overflow.
    private static func tame(_ children: [Child]) -> [Child] {
        let limit = 20_000
        let sum = children.reduce(0) { $0 + $1.weight }
        guard sum > limit else { return children }
        return children.map { Child(weight: $0.weight * limit / sum, $0.tree) }
    }

    /// The tree with the panes `a` and `b` in each other's place.
    package func swapping(_ a: Int, _ b: Int) -> LayoutTree {
        switch self {
        case .pane(let own): return .pane(own == a ? b : own == b ? a : own)
        case .split(let axis, let children):
            return .split(axis, children.map { Child(weight: $0.weight, $0.tree.swapping(a, b)) })
        }
    }

    /// The tree with `pane` put beside `target`, which gives half of its room.
    package func inserting(_ pane: Int, beside target: Int, along axis: Axis, before: Bool = false) -> LayoutTree {
        switch self {
        case .pane(let own):
            guard own == target else { return self }
            let pair = [Child(.pane(target)), Child(.pane(pane))]
            return .split(axis, before ? pair.reversed() : pair)
        case .split(let own, let children):
            if own == axis, let index = children.firstIndex(where: { $0.tree == .pane(target) }) {
                // Twice the weights, so that half of an odd one is a whole number.
                var result = children.map { Child(weight: $0.weight * 2, $0.tree) }
                result[index].weight = children[index].weight
                result.insert(Child(weight: children[index].weight, .pane(pane)), at: before ? index : index + 1)
                return .split(own, Self.tame(result))
            }
            return .split(
                own,
                children.map {
                    Child(
                        weight: $0.weight,
                        $0.tree.inserting(pane, beside: target, along: axis, before: before))
                })
        }
    }

    /// The tree with `pane` along one whole edge of it.
    package func addingEdge(_ pane: Int, along axis: Axis, before: Bool) -> LayoutTree {
        var children = [Child(self)]
        if case .split(axis, let own) = self { children = own }
        let weight = max(1, children.reduce(0) { $0 + $1.weight } / children.count)
        children.insert(Child(weight: weight, .pane(pane)), at: before ? 0 : children.count)
        return .split(axis, children)
    }

    /// The tree with all neighbours of the same size.
    package var evened: LayoutTree {
        switch self {
        case .pane: self
        case .split(let axis, let children): .split(axis, children.map { Child($0.tree.evened) })
        }
    }

    // MARK: Borders

    /// A border between two neighbours: the way to their split from the root, and the first of the two.
    package struct Divider: Hashable, Sendable {
        package var path: [Int]
        package var index: Int
        package var axis: Axis

        package init(path: [Int], index: Int, axis: Axis) {
            self.path = path
            self.index = index
            self.axis = axis
        }
    }

    /// The border at a cell when the tree has `rect`; nil when the cell is inside a pane.
    package func divider(column: Int, row: Int, in rect: Rect) -> Divider? {
        guard case .split(let axis, let children) = self else { return nil }
        for (index, part) in parts(in: rect).enumerated() {
            let isPast = axis == .horizontal ? column == part.endColumn : row == part.endRow
            let isAlong =
                axis == .horizontal
                ? row >= rect.row && row < rect.endRow : column >= rect.column && column < rect.endColumn
            if isPast, isAlong, index + 1 < children.count { return Divider(path: [], index: index, axis: axis) }
            // A pane's own corner belongs to the border around it.
            if part.contains(column: column, row: row),
                var found = children[index].tree.divider(column: column, row: row, in: part)
            {
                found.path.insert(index, at: 0)
                return found
            }
        }
        return nil
    }

    /// The border that `pane` would push in a direction: the one behind it, or at the end of the row the one before it.
    package func divider(of pane: Int, along axis: Axis) -> Divider? {
        guard case .split(let own, let children) = self,
            let index = children.firstIndex(where: { $0.tree.panes.contains(pane) })
        else { return nil }
        // The innermost one: that is the border that eyes see at the pane.
        if var found = children[index].tree.divider(of: pane, along: axis) {
            found.path.insert(index, at: 0)
            return found
        }
        guard own == axis, children.count > 1 else { return nil }
        return Divider(path: [], index: index + 1 < children.count ? index : index - 1, axis: axis)
    }

    /// The tree with a border moved by `cells` (to the right or down), as far as both sides have room to give.
    package func moving(_ divider: Divider, by cells: Int, in rect: Rect) -> LayoutTree {
        guard case .split(let axis, var children) = self else { return self }
        let parts = parts(in: rect)
        if let step = divider.path.first {
            guard children.indices.contains(step) else { return self }
            var inner = divider
            inner.path.removeFirst()
            children[step].tree = children[step].tree.moving(inner, by: cells, in: parts[step])
            return .split(axis, children)
        }
        let index = divider.index
        guard divider.axis == axis, children.indices.contains(index), children.indices.contains(index + 1) else {
            return self
        }
        // From here on this split's weights are cells.
        let sizes = parts.map { axis == .horizontal ? $0.columns : $0.rows }
        let most = sizes[index + 1] - children[index + 1].tree.smallest(along: axis)
        let least = children[index].tree.smallest(along: axis) - sizes[index]
        guard least <= most else { return self }
        let move = min(max(cells, least), most)
        for (i, size) in sizes.enumerated() { children[i].weight = max(1, size) }
        children[index].weight = max(1, sizes[index] + move)
        children[index + 1].weight = max(1, sizes[index + 1] - move)
        return .split(axis, children)
    }

    /// Where a border lies now, as a column or a row.
    package func position(of divider: Divider, in rect: Rect) -> Int? {
        guard case .split(_, let children) = self else { return nil }
        let parts = parts(in: rect)
        if let step = divider.path.first {
            guard children.indices.contains(step) else { return nil }
            var inner = divider
            inner.path.removeFirst()
            return children[step].tree.position(of: inner, in: parts[step])
        }
        guard parts.indices.contains(divider.index) else { return nil }
        return divider.axis == .horizontal ? parts[divider.index].endColumn : parts[divider.index].endRow
    }

    /// Columns or rows below which some pane of the tree would have no use.
    private func smallest(along axis: Axis) -> Int {
        switch self {
        case .pane: return axis == .horizontal ? ScreenPlan.smallestPane.columns : ScreenPlan.smallestPane.rows
        case .split(let own, let children):
            let each = children.map { $0.tree.smallest(along: axis) }
            return own == axis ? each.reduce(0, +) + each.count - 1 : each.max() ?? 0
        }
    }

    /// Whether every pane has room for something useful in `rect`.
    package func fits(_ rect: Rect, smallest: Size = ScreenPlan.smallestPane) -> Bool {
        arrange(in: rect).allSatisfy { $0.rect.columns >= smallest.columns && $0.rect.rows >= smallest.rows }
    }
}
