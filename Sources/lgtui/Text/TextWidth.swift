// How many columns our own texts take, by the same table as the guests' texts.

import TerminalCore

/// Columns of a text drawn from its characters' first scalars, as `Canvas.write` does.
package func textWidth(_ text: String) -> Int {
    var sum = 0
    for character in text { sum += character.unicodeScalars.first.map(columnWidth(of:)) ?? 0 }
    return sum
}

/// `text` cut to `columns`, with `…` in place of what is missing.
package func truncated(_ text: String, to columns: Int) -> String {
    if textWidth(text) <= columns { return text }
    if columns <= 0 { return "" }
    var result = ""
    var used = 0
    for character in text {
        let width = character.unicodeScalars.first.map(columnWidth(of:)) ?? 0
        if used + width > columns - 1 { break }
        result.append(character)
        used += width
    }
    return result + "…"
}

/// Breaks `text` at spaces into lines of at most `columns`; words longer than a line are cut.
package func wrapped(_ text: String, to columns: Int) -> [String] {
    guard columns > 0 else { return [] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        let word = truncated(String(word), to: columns)
        if line.isEmpty {
            line = word
        } else if textWidth(line) + 1 + textWidth(word) <= columns {
            line += " " + word
        } else {
            lines.append(line)
            line = word
        }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
}
