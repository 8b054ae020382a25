// The screen as text, for bug reports, for `lgtui debug screen` and for the tests: what a person would read, or all of it
// as JSON.

public enum ScreenText {
    /// The rows as text, one line each, blanks at their ends cut; `rows` lines, each ended by a newline.
    public static func plain(_ terminal: Terminal) -> String {
        var result = ""
        for row in 0..<terminal.rows {
            result += line(terminal.row(row), of: terminal)
            result += "\n"
        }
        return result
    }

    /// The text of some cells without the blanks at the end. Right halves of wide characters take no place of their own.
    public static func line(_ cells: UnsafeBufferPointer<Cell>, of terminal: Terminal) -> String {
        var text = String.UnicodeScalarView()
        var blanks = 0
        for cell in cells where cell.role != .tail {
            let scalars = terminal.scalars(of: cell)
            if scalars.isEmpty || scalars == [" "] {
                blanks += 1
                continue
            }
            text.append(contentsOf: repeatElement(" ", count: blanks))
            blanks = 0
            text.append(contentsOf: scalars)
        }
        return String(text)
    }

    /// Everything that a program can have changed, as one JSON object. Cells come in runs of one style.
    public static func json(_ terminal: Terminal, replies: [UInt8] = []) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("columns", terminal.columns)
            json.field("rows", terminal.rows)
            let cursor = terminal.cursor
            json.objectField("cursor") { json in
                json.field("column", cursor.column)
                json.field("row", cursor.row)
                json.field("visible", cursor.isVisible)
                json.field("shape", "\(cursor.shape)")
                json.field("blinks", cursor.blinks)
                json.field("wrapsNext", cursor.wrapsNext)
            }
            json.field("title", terminal.title)
            json.field("iconName", terminal.iconName)
            json.field("bells", terminal.bellCount)
            json.arrayField("modes", terminal.modes.names) { $0.string($1) }
            json.field("replies", escaped(replies))
            json.arrayField("lines", 0..<terminal.rows) { json, row in
                line(
                    &json, terminal.row(row), terminal, wrapped: terminal.isWrapped(row),
                    attribute: terminal.lineAttribute(row))
            }
            json.arrayField("scrollback", 0..<terminal.scrollbackCount) { json, index in
                let head = terminal.scrollbackLine(index)
                line(
                    &json, terminal.scrollbackRow(index), terminal, wrapped: head.isWrapped, attribute: head.attribute)
            }
        }
        return json.text + "\n"
    }

    /// Bytes in readable notation: `\e` for ESC, `\xNN` for what is not printable ASCII.
    public static func escaped(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case 0x1B: text += "\\e"
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x5C: text += "\\\\"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }

    private static func line(
        _ json: inout JSONWriter, _ cells: UnsafeBufferPointer<Cell>, _ terminal: Terminal, wrapped: Bool,
        attribute: LineAttribute
    ) {
        json.object { json in
            json.field("text", line(cells, of: terminal))
            if wrapped { json.field("wrapped", true) }
            if attribute != .normal { json.field("attribute", "\(attribute)") }
            var runs: [Range<Int>] = []
            var start = 0
            // Blanks without a style at the end say nothing.
            let length = (cells.lastIndex { $0 != Cell() } ?? -1) + 1
            let cells = UnsafeBufferPointer(rebasing: cells[..<length])
            for column in stride(from: 1, through: cells.count, by: 1)
            where column == cells.count || !cells[column].hasStyle(of: cells[start]) {
                let slice = cells[start..<min(column, cells.count)]
                if slice.contains(where: { !$0.isBlank || !$0.styleIsPlain || $0.role != .narrow }) {
                    runs.append(start..<column)
                }
                start = column
            }
            json.arrayField("runs", runs) { json, range in
                run(&json, UnsafeBufferPointer(rebasing: cells[range]), column: range.lowerBound, terminal)
            }
        }
    }

    private static func run(
        _ json: inout JSONWriter, _ cells: UnsafeBufferPointer<Cell>, column: Int, _ terminal: Terminal
    ) {
        json.object { json in
            json.field("column", column)
            json.field("columns", cells.count)
            json.field("text", line(cells, of: terminal))
            guard let style = cells.first else { return }
            if let color = name(style.foreground) { json.field("foreground", color) }
            if let color = name(style.background) { json.field("background", color) }
            let names = style.attributes.names
            if !names.isEmpty { json.arrayField("attributes", names) { $0.string($1) } }
            if style.attributes.underline != .none { json.field("underline", "\(style.attributes.underline)") }
            if let color = name(terminal.underlineColor(of: style)) { json.field("underlineColor", color) }
            if let link = terminal.hyperlink(of: style) { json.field("link", link.uri) }
        }
    }

    /// A palette index, `#rrggbb`, or nil for the default.
    static func name(_ color: Color) -> String? {
        if let index = color.paletteIndex { return String(index) }
        guard let (red, green, blue) = color.components else { return nil }
        return "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Attributes {
    /// Names of the attributes that are set, the underline style excepted.
    public var names: [String] {
        let all: [(Attributes, String)] = [
            (.bold, "bold"), (.faint, "faint"), (.italic, "italic"), (.blink, "blink"), (.rapidBlink, "rapidBlink"),
            (.inverse, "inverse"), (.invisible, "invisible"), (.strikethrough, "strikethrough"),
            (.overline, "overline"),
            (.protected, "protected"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
