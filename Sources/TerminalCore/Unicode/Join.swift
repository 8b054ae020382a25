// Scalars that belong to the character before them: marks, variation selectors, joined emoji, flags, skin tones. The
// rules are those of Unicode's extended grapheme clusters as far as they change what a terminal shows; the base keeps its
// cell, and its width changes only by VS16 (and by nothing ever after).

extension Emulator {
    /// True when the scalar is done with: it joined the cell before the cursor, or has nothing to stand on.
    mutating func join(_ scalar: UInt32, _ kind: WidthClass) -> Bool {
        if kind.isMark {
            if let column = previousColumn { attach(scalar, to: column) }
            return true
        }
        // The others have a width of their own: they join only what was printed directly before them.
        guard kind.rawValue & 0x38 != 0, joinPosition == y << 16 | x, let column = previousColumn else { return false }
        let before = scalars(of: grid.lines[y].cells[column])
        guard let last = before.last else { return false }
        if kind.isPictographic, last == 0x200D, let base = before.first(where: { !widths[$0].isMark }),
            widths[base].isPictographic
        {
            attach(scalar, to: column)
            return true
        }
        if kind.isModifier, widths[last].isPictographic || last == 0xFE0F && widths[before[0]].isPictographic {
            attach(scalar, to: column)
            return true
        }
        if kind.isRegionalIndicator, before.count == 1, widths[last].isRegionalIndicator {
            attach(scalar, to: column)
            return true
        }
        return false
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
        if cell.isCluster { return Array(clusters[cell.content & Cell.payloadMask]) }
        return cell.isBlank ? [] : [cell.content & Cell.payloadMask]
    }

    private mutating func attach(_ scalar: UInt32, to column: Int) {
        let cell = grid.lines[y].cells[column]
        var sequence = scalars(of: cell)
        guard sequence.count < ClusterTable.longest else { return }
        let widens = scalar == 0xFE0F && sequence.count == 1 && widths[sequence[0]].widensWithVS16
        sequence.append(scalar)
        guard let number = internCluster(sequence) else { return }
        grid.lines[y].cells[column].content = number | Cell.clusterFlag | cell.content & Cell.roleMask
        grid.lines[y].flags.insert(.rich)
        damage.mark(y)
        if widens, cell.role == .narrow { widen(column) }
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

    // MARK: The side tables, which are swept when full

    private mutating func internCluster(_ sequence: [UInt32]) -> UInt32? {
        clusters.intern(sequence)
    }

    mutating func internExtra(_ extra: Extra) -> UInt16 {
        extras.intern(extra)
    }

    mutating func internLink(_ link: Hyperlink) -> UInt16 {
        extras.intern(link)
    }
}
