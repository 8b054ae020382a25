// Scalars that belong to the character before them: marks, variation selectors, joined emoji, flags, skin tones. The
// rules are those of Unicode's extended grapheme clusters as far as they change what a terminal shows; the base keeps its
// cell, and its width changes only by VS16 (and by nothing ever after).

extension Emulator {
    /// True when the scalar is done with: it joined the cell before the cursor, or has nothing to stand on.
    mutating func join(_ scalar: UInt32, _ kind: WidthClass) -> Bool {
        guard kind.isMark else { return joinSpacing(scalar, kind) }
        if let column = previousColumn { attach(scalar, to: column) }
        return true
    }

    /// Scalars that have a width of their own join only what was printed directly before them.
    private mutating func joinSpacing(_ scalar: UInt32, _ kind: WidthClass) -> Bool {
        guard kind.rawValue & 0x38 != 0, joinPosition == y << 16 | x, let column = previousColumn else { return false }
        let before = grid.lines[y].cells[column].content & ~Cell.roleMask
        let last = clusters.last(before)
        let joins =
            if kind.isPictographic, last == 0x200D {
                widths[clusters.base(before)].isPictographic
            } else if kind.isModifier {
                widths[last].isPictographic || last == 0xFE0F && widths[clusters.base(before)].isPictographic
            } else {
                kind.isRegionalIndicator && widths[before].isRegionalIndicator
            }
        if joins { attach(scalar, to: column) }
        return joins
    }

    /// The column of the character that ends at the cursor.
    private var previousColumn: Int? {
        var column = pendingWrap ? x : x - 1
        guard column >= 0 else { return nil }
        let cells = grid.lines[y].cells
        if cells[column].content & Cell.roleMask == Cell.tailRole, column > 0 { column -= 1 }
        return cells[column].isBlank ? nil : column
    }

    func scalars(of cell: Cell) -> [UInt32] {
        cell.isBlank || cell.role == .tail ? [] : clusters.scalars(cell.content & ~Cell.roleMask)
    }

    private mutating func attach(_ scalar: UInt32, to column: Int) {
        let cell = grid.lines[y].cells[column]
        let before = cell.content & ~Cell.roleMask
        guard let after = extendCluster(before, with: scalar) else { return }
        grid.lines[y].cells[column].content = after | cell.content & Cell.roleMask
        grid.lines[y].flags.insert(.rich)
        damage.mark(y)
        if scalar == 0xFE0F, cell.role == .narrow, !cell.isCluster, widths[before].widensWithVS16 { widen(column) }
        joinPosition = y << 16 | x
    }

    /// The character before the cursor becomes two columns wide. In the last column there is no room: it stays narrow.
    private mutating func widen(_ column: Int) {
        guard !pendingWrap, x == column + 1 else { return }
        let limit = printLimit
        if modes.contains(.insert) { shiftRight(1) }
        splitWide(from: x, to: x + 1)
        let cells = grid.lines[y].cells
        cells[column].content |= Cell.wideRole
        var tail = cells[column]
        tail.content = Cell.tailRole
        cells[x] = tail
        grid.lines[y].used = max(grid.lines[y].used, Int32(truncatingIfNeeded: x + 1))
        if x >= limit { pendingWrap = true } else { x += 1 }
    }
}
