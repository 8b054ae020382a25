// The bytes that draw a screen as it is now. A cast that begins in the middle of a guest's life begins with them, or its
// player would show the changes of a screen that it never saw.

import TerminalCore

package enum ScreenReplay {
    /// What an empty terminal of the same size needs to be told.
    package static func bytes(_ terminal: Terminal) -> [UInt8] {
        var text = terminal.modes.contains(.alternateScreen) ? "\u{1b}[?1049h" : ""
        text += "\u{1b}[H\u{1b}[2J"
        var look = Cell()
        for row in 0..<terminal.rows {
            let cells = terminal.row(row)
            // Blanks at the end are there already.
            var end = cells.count
            while end > 0, cells[end - 1] == Cell() { end -= 1 }
            if end == 0 { continue }
            text += "\u{1b}[\(row + 1);1H"
            for cell in cells[..<end] where cell.width > 0 {
                if !look.looksLike(cell) { text += graphics(cell) }
                look = cell
                let scalars = terminal.scalars(of: cell)
                if scalars.isEmpty { text += " " } else { text.unicodeScalars.append(contentsOf: scalars) }
            }
        }
        let cursor = terminal.cursor
        text += "\u{1b}[m\u{1b}[\(cursor.row + 1);\(cursor.column + 1)H"
        if !cursor.isVisible { text += "\u{1b}[?25l" }
        return Array(text.utf8)
    }

    /// SGR, from the beginning each time: shorter would be cleverer, but nobody counts these bytes.
    private static func graphics(_ cell: Cell) -> String {
        var codes = ["0"]
        let flags: [(Attributes, String)] = [
            (.bold, "1"), (.faint, "2"), (.italic, "3"), (.blink, "5"), (.rapidBlink, "6"), (.inverse, "7"),
            (.invisible, "8"), (.strikethrough, "9"), (.overline, "53"),
        ]
        for (attribute, code) in flags where cell.attributes.contains(attribute) { codes.append(code) }
        if cell.attributes.underline != .none { codes.append("4:\(cell.attributes.underline.rawValue)") }
        for (color, base) in [(cell.foreground, 38), (cell.background, 48)] {
            if let index = color.paletteIndex { codes.append("\(base);5;\(index)") }
            if let (red, green, blue) = color.components { codes.append("\(base);2;\(red);\(green);\(blue)") }
        }
        return "\u{1b}[\(codes.joined(separator: ";"))m"
    }

    /// The two types of this name meet here.
    private typealias Attributes = TerminalCore.Attributes
}

extension Cell {
    fileprivate func looksLike(_ other: Cell) -> Bool {
        foreground == other.foreground && background == other.background && attributes == other.attributes
    }
}
