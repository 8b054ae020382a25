// How the screen is divided among panes: a tree of splits, whose leaves are pane numbers. A pure value, so that every
// layout at every silly size can be tested without a terminal. Neighbours share one line of border.

import Glibc

package enum Axis: Hashable, Sendable {
    /// Side by side.
    case horizontal
    /// One above the other.
    case vertical
}

package indirect enum LayoutTree: Hashable, Sendable {
    case pane(Int)
    /// Children share the space by weight.
    case split(Axis, [Child])

    package struct Child: Hashable, Sendable {
        package var weight: Int
        package var tree: LayoutTree

        package init(weight: Int = 1, _ tree: LayoutTree) {
            self.weight = max(1, weight)
            self.tree = tree
        }
    }

    /// The panes of the tree in reading order.
    package var panes: [Int] {
        switch self {
        case .pane(let pane): [pane]
        case .split(_, let children): children.flatMap(\.tree.panes)
        }
    }

    /// The inner rectangle of each pane when the tree gets `rect`; one cell between neighbours is left for the border.
    package func arrange(in rect: Rect) -> [(pane: Int, rect: Rect)] {
        switch self {
        case .pane(let pane): return [(pane, rect)]
        case .split(_, let children):
            return zip(children, parts(in: rect)).flatMap { child, part in child.tree.arrange(in: part) }
        }
    }

    /// The rectangles of the direct children when the tree gets `rect`.
    func parts(in rect: Rect) -> [Rect] {
        guard case .split(let axis, let children) = self else { return [] }
        let total = axis == .horizontal ? rect.columns : rect.rows
        var offset = 0
        return Self.share(total - (children.count - 1), among: children.map(\.weight)).map { share in
            defer { offset += share + 1 }
            return axis == .horizontal
                ? Rect(column: rect.column + offset, row: rect.row, columns: share, rows: rect.rows)
                : Rect(column: rect.column, row: rect.row + offset, columns: rect.columns, rows: share)
        }
    }

    /// Splits `total` cells by weight, without losing one to rounding.
    static func share(_ total: Int, among weights: [Int]) -> [Int] {
        let sum = max(1, weights.reduce(0, +))
        var given = 0
        var weightSoFar = 0
        return weights.map { weight in
            weightSoFar += weight
            let end = max(0, total) * weightSoFar / sum
            defer { given = end }
            return end - given
        }
    }

    /// The grid that brings `panes` closest to the 80×24 that programs expect.
    package static func tiled(_ panes: [Int], in size: Size) -> LayoutTree {
        let count = panes.count
        guard count > 1 else { return panes.first.map { .pane($0) } ?? .split(.horizontal, []) }
        var best: (rows: Int, score: Double) = (1, -1)
        for rows in 1...count {
            let columns = (count + rows - 1) / rows
            // A grid whose last row would stay empty is the same as one with fewer rows.
            if (count + columns - 1) / columns != rows { continue }
            let width = Double(max(0, size.columns - (columns - 1))) / Double(columns)
            let height = Double(max(0, size.rows - (rows - 1))) / Double(rows)
            // Narrow hurts more than low: a wrapped line is harder to read than one that has scrolled off.
            let score = pow(min(1, width / 80), 1.1) * min(1, height / 24)
            if score > best.score { best = (rows, score) }
        }
        let rows = best.rows
        var lines: [Child] = []
        var next = 0
        for row in 0..<rows {
            // Earlier rows take the odd panes; a shorter row gets wider ones.
            let columns = (count - next + (rows - row) - 1) / (rows - row)
            let cells = (next..<next + columns).map { Child(.pane(panes[$0])) }
            next += columns
            lines.append(Child(cells.count == 1 ? cells[0].tree : .split(.horizontal, cells)))
        }
        return lines.count == 1 ? lines[0].tree : .split(.vertical, lines)
    }
}
