import PureParts
import Testing

/// An editor with a fake terminal: types bytes, and can say what the line would look like.
private struct Typist {
    var editor: LineEditor
    var events: [LineEditor.Event] = []

    init(history: [String] = [], words: [String] = []) {
        var past = History()
        for line in history { past.add(Array(line.utf8)) }
        editor = LineEditor(prompt: "> ", promptColumns: 2, history: past) { _ in words.map { Array($0.utf8) } }
    }

    mutating func type(_ text: String) {
        for byte in text.utf8 {
            let event = editor.feed(byte)
            if event != .editing { events.append(event) }
        }
    }

    var line: String { String(decoding: editor.text, as: UTF8.self) }

    /// The row that the terminal would show, by replaying the output.
    var row: String {
        var cells: [Character] = []
        var column = 0
        var text = String(decoding: editor.output, as: UTF8.self)[...]
        while let character = text.popFirst() {
            switch character {
            case "\r": column = 0
            case "\u{7}": continue
            case "\u{1B}":
                guard text.popFirst() == "[" else { continue }
                var number = ""
                while let digit = text.first, digit.isNumber { number.append(text.removeFirst()) }
                switch text.popFirst() {
                case "K": cells.removeSubrange(min(column, cells.count)...)
                case "D": column -= Int(number) ?? 1
                default: continue
                }
            default:
                if column < cells.count { cells[column] = character } else { cells.append(character) }
                column += 1
            }
        }
        return String(cells)
    }
}

@Suite struct LineEditorTests {
    @Test(arguments: [
        ("abc\u{1B}[D\u{1B}[DX", "aXbc"),  // left, left
        ("abc\u{1}X", "Xabc"),  // ^A
        ("abc\u{1}\u{5}X", "abcX"),  // ^A ^E
        ("abc\u{1B}[HX", "Xabc"),  // Home
        ("abc\u{1B}OHX", "Xabc"),  // Home, application mode
        ("abc\u{1B}[1~\u{1B}[4~X", "abcX"),  // Home and End, the VT220 way
        ("abc\u{7F}", "ab"),  // backspace
        ("abc\u{1}\u{1B}[3~", "bc"),  // delete
        ("abc\u{1}\u{4}", "bc"),  // ^D on a line that is not empty
        ("one two\u{17}", "one "),  // ^W
        ("one two\u{15}", ""),  // ^U
        ("one two\u{1}\u{0B}", ""),  // ^A ^K
        ("one two\u{17}\u{1}\u{19}", "twoone "),  // ^W ^A ^Y
        ("one two\u{1B}bX", "one Xtwo"),  // Alt-b
        ("one two\u{1}\u{1B}[1;5CX", "oneX two"),  // Ctrl-right
        ("grün\u{1B}[D\u{1B}[D\u{7F}", "gün"),  // a character is one step, however many bytes
        ("a\u{1B}[99zb", "ab"),  // a sequence that nobody knows
    ])
    func `keys edit the line`(typed: String, expected: String) {
        var typist = Typist()
        typist.type(typed)
        #expect(typist.line == expected)
        #expect(typist.row == "> " + expected)
    }

    @Test func `enter submits the whole line from any cursor position`() {
        var typist = Typist()
        typist.type("abc\u{1}\r")
        #expect(typist.events == [.submitted(Array("abc".utf8))])
    }

    @Test func `control C abandons and control D on an empty line ends`() {
        var typist = Typist()
        typist.type("abc\u{3}")
        #expect(typist.events == [.abandoned])
        var empty = Typist()
        empty.type("\u{4}")
        #expect(empty.events == [.endOfInput])
    }

    @Test func `arrows walk through history and come back to the draft`() {
        var typist = Typist(history: ["first", "second"])
        typist.type("dra\u{1B}[A")
        #expect(typist.line == "second")
        typist.type("\u{1B}[A\u{1B}[A")
        #expect(typist.line == "first")
        typist.type("\u{1B}[B\u{1B}[B")
        #expect(typist.line == "dra")
    }

    @Test func `tab completes a unique word and adds a space`() {
        var typist = Typist(words: ["disk", "date", "devices"])
        typist.type("di\t")
        #expect(typist.line == "disk ")
    }

    @Test func `tab inserts what all candidates share and a second tab lists them`() {
        var typist = Typist(words: ["spin", "split"])
        typist.type("s\t")
        #expect(typist.line == "sp")
        typist.editor.output = []
        typist.type("\t\t")
        #expect(String(decoding: typist.editor.output, as: UTF8.self).contains("spin  split"))
        #expect(typist.line == "sp")
    }

    @Test func `a line longer than the screen is shown through a window and never wraps`() {
        var typist = Typist()
        typist.editor.columns = 40
        let long = String(repeating: "0123456789", count: 9)
        typist.type(long)
        #expect(typist.line == long)
        #expect(typist.row.count < 40)
        #expect(typist.row.hasSuffix("789"))
        typist.type("\u{1}")
        #expect(typist.row.hasPrefix("> 0123"))
        #expect(typist.row.count < 40)
    }

    @Test func `the width is asked for only when a line gets long and the answer is not typed`() {
        var typist = Typist()
        typist.type("short")
        #expect(!String(decoding: typist.editor.output, as: UTF8.self).contains("\u{1B}[6n"))
        typist.type(String(repeating: "x", count: 60))
        #expect(String(decoding: typist.editor.output, as: UTF8.self).contains("\u{1B}[6n"))
        let before = typist.line
        typist.type("\u{1B}[1;132R")
        #expect(typist.line == before)
        #expect(typist.editor.columns == 132)
    }

    @Test func `a line has a limit`() {
        var typist = Typist()
        typist.type(String(repeating: "x", count: 3000))
        #expect(typist.line.count == 1024)
    }
}
