// A row of little bars: the last half minute of a figure in a few columns.

/// The last `columns` of `values` as bars. The highest of them, or `ceiling` if that is more, fills a cell; zero is the
/// lowest bar, so that an idle guest is told from one that is not known yet.
package func sparkline(
    _ values: some Collection<UInt64>, columns: Int, ceiling: UInt64 = 1, borders: BorderSet = .heavy
) -> String {
    guard columns > 0 else { return "" }
    let levels: [Character] =
        borders == .ascii
        ? ["_", ".", ":", "-", "=", "+", "*", "#"] : ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let shown = values.suffix(columns)
    let most = max(ceiling, shown.max() ?? 0, 1)
    var result = String(repeating: " ", count: columns - shown.count)
    for value in shown {
        // Anything above zero is told from zero.
        let level = value == 0 ? 0 : 1 + Int(Double(value) / Double(most) * 6.5)
        result.append(levels[min(level, levels.count - 1)])
    }
    return result
}
