// The corpus: plain text files of small cases, each some input in readable notation and everything that must be so
// afterwards. A file looks like this:
//
//     # Remarks begin with a hash.
//     === CUP CSI 2;3 H: rows and columns count from one
//     size 10x3
//     feed \e[2;3Hx
//     |          |
//     |  x       |
//     |          |
//     cursor 2;4
//
// Steps (before the first `|`): `size COLUMNSxROWS [SCROLLBACK]` (20x4 if missing), `feed TEXT`, `feed*N TEXT` (N times),
// `resize COLUMNSxROWS`. In TEXT, `\e \n \r \t \b \a \\ \s` (space) and `\xNN` stand for bytes.
// What follows is the whole state in the notation of `describe`, which says nothing about what is as after power-on:
// a case therefore cannot pass by not looking.

import Glibc
import TerminalCore

struct CorpusCase: Sendable {
    enum Step: Sendable {
        case feed([UInt8])
        case resize(columns: Int, rows: Int)
    }

    var name: String
    var columns = 20
    var rows = 4
    var scrollback = 100
    var steps: [Step] = []
    var source: [String] = []
    var expected: [String] = []

    // MARK: Reading

    static func parse(_ text: String) throws(CorpusError) -> [CorpusCase] {
        var cases: [CorpusCase] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
            if line.hasPrefix("#") { continue }
            if line.hasPrefix("=== ") {
                cases.append(CorpusCase(name: String(line.dropFirst(4))))
                continue
            }
            guard !cases.isEmpty else { throw CorpusError(text: "text before the first case: \(line)") }
            let last = cases.count - 1
            if !cases[last].expected.isEmpty || line.hasPrefix("|") {
                cases[last].expected.append(line)
            } else {
                try cases[last].step(line)
            }
        }
        return cases
    }

    private mutating func step(_ line: String) throws(CorpusError) {
        source.append(line)
        let space = line.firstIndex(of: " ") ?? line.endIndex
        let word = line[..<space]
        let rest = space == line.endIndex ? "" : String(line[line.index(after: space)...])
        switch word {
        case "size":
            let fields = rest.split(separator: " ")
            guard let (width, height) = CorpusCase.size(fields.first ?? "") else { throw CorpusError(text: line) }
            (columns, rows) = (width, height)
            if fields.count > 1 { scrollback = Int(fields[1]) ?? scrollback }
        case "resize":
            guard let (width, height) = CorpusCase.size(rest[...]) else { throw CorpusError(text: line) }
            steps.append(.resize(columns: width, rows: height))
        case "feed":
            steps.append(.feed(try CorpusCase.bytes(rest)))
        default:
            guard word.hasPrefix("feed*"), let count = Int(word.dropFirst(5)) else { throw CorpusError(text: line) }
            let once = try CorpusCase.bytes(rest)
            steps.append(.feed(Array((0..<count).map { _ in once }.joined())))
        }
    }

    private static func size(_ text: Substring) -> (Int, Int)? {
        let parts = text.split(separator: "x")
        guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]) else { return nil }
        return (width, height)
    }

    static func bytes(_ text: String) throws(CorpusError) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "e"): result.append(0x1B)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "a"): result.append(0x07)
            case UInt8(ascii: "s"): result.append(0x20)
            case UInt8(ascii: "\\"): result.append(0x5C)
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard let value = UInt8(digits, radix: 16) else { throw CorpusError(text: "bad \\x in \(text)") }
                result.append(value)
                rest = rest.dropFirst(2)
            default: throw CorpusError(text: "bad escape in \(text)")
            }
        }
        return result
    }

    // MARK: Running

    /// Cuts the input into pieces: `next` says how long the next one is.
    func run(cutting next: () -> Int) -> [String] {
        let terminal = Terminal(columns: columns, rows: rows, scrollback: scrollback)
        for step in steps {
            switch step {
            case .resize(let columns, let rows): terminal.resize(columns: columns, rows: rows)
            case .feed(let bytes):
                bytes.withUnsafeBytes { bytes in
                    var position = 0
                    while position < bytes.count {
                        let length = max(1, min(next(), bytes.count - position))
                        terminal.feed(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]))
                        position += length
                    }
                }
            }
        }
        return CorpusCase.describe(terminal)
    }

    /// Everything that differs from a terminal just switched on.
    static func describe(_ terminal: Terminal) -> [String] {
        var lines: [String] = []
        for row in 0..<terminal.rows { lines.append("|" + padded(terminal.row(row), terminal) + "|") }
        let cursor = terminal.cursor
        lines.append(
            "cursor \(cursor.row + 1);\(cursor.column + 1)" + (cursor.wrapsNext ? " wraps" : "")
                + (cursor.shape == .block ? "" : " \(cursor.shape)"))
        for row in 0..<terminal.rows {
            if terminal.isWrapped(row) { lines.append("wrapped \(row + 1)") }
            let attribute = terminal.lineAttribute(row)
            if attribute != .normal { lines.append("line \(row + 1) \(attribute)") }
        }
        for row in 0..<terminal.rows { lines += styles(terminal.row(row), terminal, "style \(row + 1)") }
        for index in 0..<terminal.scrollbackCount {
            lines.append(
                "scrollback |" + ScreenText.line(terminal.scrollbackRow(index), of: terminal)
                    + (terminal.scrollbackLine(index).isWrapped ? "↵" : ""))
            lines += styles(terminal.scrollbackRow(index), terminal, "  style \(index + 1)")
        }
        let set = terminal.modes.subtracting(.initial).names
        let reset = Modes.initial.subtracting(terminal.modes).names
        if !set.isEmpty || !reset.isEmpty {
            lines.append("modes " + (set.map { "+\($0)" } + reset.map { "-\($0)" }).joined(separator: " "))
        }
        if !terminal.title.isEmpty { lines.append("title \(terminal.title)") }
        if !terminal.iconName.isEmpty { lines.append("icon \(terminal.iconName)") }
        if terminal.bellCount > 0 { lines.append("bells \(terminal.bellCount)") }
        for index in 0...255 as ClosedRange<UInt8> {
            if let color = terminal.palette.override(index) { lines.append("palette \(index) \(hex(color))") }
        }
        if let color = terminal.palette.foreground { lines.append("foreground \(hex(color))") }
        if let color = terminal.palette.background { lines.append("background \(hex(color))") }
        if let color = terminal.palette.cursor { lines.append("cursorColor \(hex(color))") }
        if terminal.modifyOtherKeys != 0 { lines.append("modifyOtherKeys \(terminal.modifyOtherKeys)") }
        let replies = terminal.takeReplies()
        if !replies.isEmpty { lines.append("reply " + ScreenText.escaped(replies)) }
        return lines
    }

    private static func hex(_ color: RGB) -> String {
        "#" + [color.red, color.green, color.blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func padded(_ cells: UnsafeBufferPointer<Cell>, _ terminal: Terminal) -> String {
        var text = ""
        for cell in cells where cell.role != .tail {
            let scalars = terminal.scalars(of: cell)
            if scalars.isEmpty { text += " " } else { text.unicodeScalars.append(contentsOf: scalars) }
        }
        return text
    }

    private static func styles(
        _ cells: UnsafeBufferPointer<Cell>, _ terminal: Terminal, _ prefix: String
    ) -> [String] {
        var lines: [String] = []
        var start = 0
        for column in 1...cells.count {
            let text = style(cells[start], terminal)
            if column < cells.count, style(cells[column], terminal) == text { continue }
            if !text.isEmpty { lines.append("\(prefix);\(start + 1)-\(column)\(text)") }
            start = column
        }
        return lines
    }

    private static func style(_ cell: Cell, _ terminal: Terminal) -> String {
        var text = ""
        func name(_ color: Color) -> String {
            if let index = color.paletteIndex { return "\(index)" }
            guard let (red, green, blue) = color.components else { return "default" }
            return hex(RGB(red, green, blue))
        }
        if !cell.foreground.isDefault { text += " fg=\(name(cell.foreground))" }
        if !cell.background.isDefault { text += " bg=\(name(cell.background))" }
        for attribute in cell.attributes.names { text += " \(attribute)" }
        if cell.attributes.underline != .none { text += " underline=\(cell.attributes.underline)" }
        let underline = terminal.underlineColor(of: cell)
        if !underline.isDefault { text += " ul=\(name(underline))" }
        if let link = terminal.hyperlink(of: cell) {
            text += " link=\(link.uri)" + (link.id.isEmpty ? "" : "(\(link.id))")
        }
        return text
    }
}

struct CorpusError: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
}
