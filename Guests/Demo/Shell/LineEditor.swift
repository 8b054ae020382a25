// One line of input with everything fingers expect: arrows, ^A ^E ^B ^F, words, ^K ^U ^W ^Y, history, completion.
//
// The editor never lets the terminal wrap. A line longer than the screen is shown through a window that follows
// the cursor, so that redrawing needs no knowledge of where wrapped rows went. Pure: bytes in, bytes out; tested on
// the host.

public struct LineEditor {
    public enum Event: Equatable {
        case editing
        case submitted([UInt8])
        case abandoned  // ^C
        case endOfInput  // ^D on an empty line
    }

    /// What the terminal must be sent; whoever feeds the editor takes it away.
    public var output: [UInt8] = []
    /// Columns of the terminal. A guess until the terminal answers.
    public var columns = 80

    private let prompt: Text
    private let promptColumns: Int
    private var decoder = KeyDecoder()
    /// The line as characters, so that the cursor never stands inside one.
    private var line: [[UInt8]] = []
    private var cursor = 0
    private var window = 0
    private var killed: [[UInt8]] = []
    private var askedForWidth = false
    private var lastWasTab = false
    private let complete: ([UInt8]) -> [[UInt8]]
    private var history: History

    /// `complete` gets the line up to the cursor and answers with whole words that could stand there.
    public init(
        prompt: Text, promptColumns: Int, history: History = History(), complete: @escaping ([UInt8]) -> [[UInt8]]
    ) {
        self.prompt = prompt
        self.promptColumns = promptColumns
        self.history = history
        self.complete = complete
        output = prompt.bytes
    }

    public var text: [UInt8] { Array(line.joined()) }

    public mutating func feed(_ byte: UInt8) -> Event {
        guard let key = decoder.feed(byte) else { return .editing }
        let wasTab = lastWasTab
        lastWasTab = key == .tab
        switch key {
        case .character(let bytes): insert([bytes])
        case .enter:
            end()
            output += [13, 10]
            return .submitted(text)
        case .control(UInt8(ascii: "c")):
            end()
            output += Text.bytes(of: "^C\r\n")
            return .abandoned
        case .control(UInt8(ascii: "d")):
            if line.isEmpty { return .endOfInput }
            remove(cursor..<min(cursor + 1, line.count))
        case .control(UInt8(ascii: "l")):
            output += Text.bytes(of: "\u{1B}[H\u{1B}[2J")
            redraw()
        case .tab: completeWord(showAll: wasTab)
        case .position(_, let column):
            columns = max(column, promptColumns + 8)
            redraw()
        default: edit(key)
        }
        return .editing
    }

    private mutating func edit(_ key: Key) {
        switch key {
        case .backspace, .control(UInt8(ascii: "h")): remove(max(cursor - 1, 0)..<cursor)
        case .delete: remove(cursor..<min(cursor + 1, line.count))
        case .left, .control(UInt8(ascii: "b")): move(to: cursor - 1)
        case .right, .control(UInt8(ascii: "f")): move(to: cursor + 1)
        case .home, .control(UInt8(ascii: "a")): move(to: 0)
        case .end, .control(UInt8(ascii: "e")): move(to: line.count)
        case .wordLeft, .alt(UInt8(ascii: "b")): move(to: wordStart())
        case .wordRight, .alt(UInt8(ascii: "f")): move(to: wordEnd())
        case .control(UInt8(ascii: "k")): kill(cursor..<line.count)
        case .control(UInt8(ascii: "u")): kill(0..<cursor)
        case .control(UInt8(ascii: "w")), .alt(UInt8(ascii: "\u{8}")): kill(wordStart()..<cursor)
        case .alt(UInt8(ascii: "d")): kill(cursor..<wordEnd())
        case .control(UInt8(ascii: "y")): insert(killed)
        case .up, .control(UInt8(ascii: "p")): replace(with: history.older(keeping: text))
        case .down, .control(UInt8(ascii: "n")): replace(with: history.newer())
        default: output.append(7)
        }
    }

    /// Shows lines above the prompt, as if they had always been there. Whoever is typing loses nothing.
    public mutating func interject(_ lines: Text) {
        output += Text.bytes(of: "\r\u{1B}[K")
        for byte in lines.bytes { output += byte == 10 ? [13, 10] : [byte] }
        redraw()
    }

    // MARK: Changes

    private mutating func insert(_ characters: [[UInt8]]) {
        guard line.count + characters.count <= 1024 else {
            output.append(7)
            return
        }
        let wasAtEnd = cursor == line.count
        line.insert(contentsOf: characters, at: cursor)
        cursor += characters.count
        // The usual case, typing at the end of a short line, costs the terminal one character.
        if wasAtEnd, characters.count == 1, characters[0].count == 1, window == 0, fits(line.count) {
            output += characters[0]
        } else {
            redraw()
        }
        askForWidth()
    }

    private mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else {
            output.append(7)
            return
        }
        line.removeSubrange(range)
        cursor = range.lowerBound
        redraw()
    }

    private mutating func kill(_ range: Range<Int>) {
        if !range.isEmpty { killed = Array(line[range]) }
        remove(range)
    }

    private mutating func replace(with text: [UInt8]?) {
        guard let text else {
            output.append(7)
            return
        }
        var decoder = KeyDecoder()
        line = text.compactMap { byte in
            if case .character(let bytes)? = decoder.feed(byte) { return bytes }
            return nil
        }
        cursor = line.count
        redraw()
        askForWidth()
    }

    private mutating func move(to position: Int) {
        guard (0...line.count).contains(position) else {
            output.append(7)
            return
        }
        cursor = position
        redraw()
    }

    private func isSpace(_ index: Int) -> Bool { line[index] == [UInt8(ascii: " ")] }

    private func wordStart() -> Int {
        var index = cursor
        while index > 0, isSpace(index - 1) { index -= 1 }
        while index > 0, !isSpace(index - 1) { index -= 1 }
        return index
    }

    private func wordEnd() -> Int {
        var index = cursor
        while index < line.count, isSpace(index) { index += 1 }
        while index < line.count, !isSpace(index) { index += 1 }
        return index
    }

    // MARK: Completion

    private mutating func completeWord(showAll: Bool) {
        let start = cursor == 0 || isSpace(cursor - 1) ? cursor : wordStart()
        let typed = Array(line[start..<cursor].joined())
        let candidates = complete(Array(line[..<cursor].joined())).filter { $0.starts(with: typed) }
        guard let first = candidates.first else {
            output.append(7)
            return
        }
        var common = first
        for candidate in candidates { common = Array(zip(common, candidate).prefix { $0 == $1 }.map { $0.0 }) }
        var addition = Array(common.dropFirst(typed.count))
        if candidates.count == 1 { addition.append(UInt8(ascii: " ")) }
        if !addition.isEmpty {
            insert(addition.map { [$0] })
        } else if showAll {
            let at = cursor
            cursor = line.count
            end()
            output += [13, 10]
            for candidate in candidates { output += candidate + [UInt8(ascii: " "), UInt8(ascii: " ")] }
            output += [13, 10]
            cursor = at
            redraw()
        } else {
            output.append(7)
        }
    }

    // MARK: Drawing

    private func width(_ range: Range<Int>) -> Int { line[range].reduce(0) { $0 + Screen.width(of: $1) } }

    /// Whether the first `count` characters leave the last column free.
    private func fits(_ count: Int) -> Bool { promptColumns + width(0..<count) < columns }

    private mutating func redraw() {
        let room = max(columns - promptColumns - 1, 8)
        if cursor < window { window = cursor }
        while window < cursor, width(window..<cursor) >= room { window += 1 }
        var last = window
        var used = 0
        while last < line.count, used + Screen.width(of: line[last]) <= room {
            used += Screen.width(of: line[last])
            last += 1
        }
        output.append(13)
        output += prompt.bytes
        for character in line[window..<last] { output += character }
        output += Text.bytes(of: "\u{1B}[K")
        let back = used - width(window..<min(cursor, last))
        if back > 0 { output += Text("\u{1B}[\(back)D").bytes }
    }

    /// Puts the cursor behind the line, for whatever is printed next.
    private mutating func end() {
        guard cursor < line.count else { return }
        cursor = line.count
        redraw()
    }

    /// Asks the terminal for its width, the first time that it could matter. Short lines never bother it.
    private mutating func askForWidth() {
        guard !askedForWidth, promptColumns + width(0..<line.count) > 60 else { return }
        askedForWidth = true
        output += Text.bytes(of: "\u{1B}7\u{1B}[999C\u{1B}[6n\u{1B}8")
    }
}
