// A line that is typed: for the finder, the filter of the overview, a new name. Only what such short lines need.

package struct LineField: Equatable, Sendable {
    package private(set) var text: String
    /// No line that is typed here is longer.
    private static let longest = 200

    package init(_ text: String = "") { self.text = text }

    /// Takes a key that edits; false when it means something else.
    package mutating func take(_ key: Key) -> Bool {
        switch key {
        case .character(let character): if text.count < Self.longest { text.append(character) }
        case .backspace: if !text.isEmpty { text.removeLast() }
        case .control("u"): text = ""
        case .control("w"):
            while text.last == " " { text.removeLast() }
            while let last = text.last, last != " " { text.removeLast() }
        default: return false
        }
        return true
    }

    /// Draws the line and returns where the cursor belongs. Of a line that is too long the end is shown.
    package func paint(
        _ label: String, on canvas: inout Canvas, column: Int, row: Int, limit: Int, theme: Theme
    ) -> (column: Int, row: Int) {
        var at = canvas.write(label, column: column, row: row, limit: limit, style: theme.helpKey)
        var shown = Substring(text)
        while textWidth(String(shown)) > max(0, limit - at - 1), !shown.isEmpty { shown = shown.dropFirst() }
        at = canvas.write(String(shown), column: at, row: row, limit: limit, style: theme.help)
        return (min(at, max(0, limit - 1)), row)
    }
}
