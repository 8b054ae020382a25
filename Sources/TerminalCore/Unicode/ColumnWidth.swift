// Text that is drawn beside a terminal's cells (titles, messages) must be measured by the same table.

/// Columns that a scalar takes by itself: 0, 1 or 2; control characters count as 0.
public func columnWidth(of scalar: Unicode.Scalar) -> Int {
    scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) ? 0 : WidthTable.shared[scalar.value].width
}
