import TerminalCore
import Testing
import lgtui

/// Ctrl-] and what follows it.
private let prefix = "\u{1d}"

@Suite struct CopyModeTests {
    /// One pane of 80 × 21 that shows lines 1…count, and a prompt.
    private func lines(_ count: Int, columns: Int = 80, rows: Int = 24) -> Workspace {
        let text = (1...count).map { "line \($0)\r\n" }.joined() + "$ "
        return workspace([text], size: Size(columns: columns, rows: rows))
    }

    @Test func entersOnTheScreenAsItIsAndTypesNothingAtTheGuest() throws {
        var workspace = lines(100)
        let before = workspace.drawn()
        #expect(workspace.type(prefix + "[jj") == [])
        let after = workspace.drawn()
        #expect(after.dropFirst(2) == before.dropFirst(2))
        #expect(after[1].hasSuffix("[101/101]"))
    }

    @Test func outputDoesNotMoveTheView() {
        var workspace = lines(100)
        _ = workspace.type(prefix + "[\u{2}")
        let before = workspace.drawn()
        workspace.screens[0].feed("\r\nnew\r\nlines\r\n")
        #expect(workspace.drawn() == before)
        _ = workspace.type("q")
        #expect(workspace.drawn().contains("new"))
    }

    @Test(arguments: ["q", "\r", "\u{1b}", "\u{3}"]) func leavesByTheKeysThatFingersTry(key: String) {
        var workspace = lines(100)
        let before = workspace.drawn()
        _ = workspace.type(prefix + "[g")
        #expect(workspace.drawn()[1].hasPrefix("line 1 "))
        _ = workspace.type(key)
        #expect(workspace.copyMode(of: 0) == nil)
        #expect(workspace.drawn() == before)
        #expect(workspace.inputTarget == .guest)
    }

    @Test(arguments: [
        ("g", 0, 0), ("G", 100, 0), ("gjjj", 3, 0), ("g5j", 5, 0), ("gl", 0, 1), ("gw", 0, 5), ("gww", 1, 0),
        ("gwwb", 0, 5), ("ge", 0, 3), ("gee", 0, 5), ("g$", 0, 5), ("g$0", 0, 0), ("g$^", 0, 0), ("g\u{6}", 19, 0),
        ("g\u{4}", 10, 0), ("G\u{15}", 90, 0), ("gL", 20, 0), ("gM", 10, 0), ("gLH", 0, 0), ("42G", 41, 0),
        ("g\u{1b}[B", 1, 0), ("g\u{1b}[6~", 19, 0), ("g\u{1b}[F", 0, 5), ("g\u{1b}[F\u{1b}[H", 0, 0), ("gf 3l", 0, 5),
        ("gfi;", 0, 1), ("gte", 0, 2), ("g$Fl", 0, 0), ("gllhh", 0, 0), ("g$j", 1, 5),
    ])
    func viKeysMove(keys: String, line: Int, offset: Int) throws {
        var workspace = lines(100)
        _ = workspace.type(prefix + "[" + keys)
        let place = try #require(workspace.copyMode(of: 0)?.place)
        #expect(place == TextPlace(line: line, offset: offset))
    }

    @Test func shortLinesDoNotLoseTheColumn() throws {
        var workspace = workspace(["long line\r\nx\r\nlong line\r\n"])
        _ = workspace.type(prefix + "[g6ljj")
        #expect(workspace.copyMode(of: 0)?.place == TextPlace(line: 2, offset: 6))
    }

    @Test func charactersAreCopiedAndPasted() {
        var workspace = lines(100)
        #expect(workspace.type(prefix + "[gve" + "y") == [])
        #expect(workspace.copying.buffer == "line")
        #expect(workspace.copyMode(of: 0) == nil)
        #expect(workspace.type(prefix + "]") == [.send(pane: 0, bytes: Array("line".utf8))])
    }

    @Test(arguments: [
        ("gVjy", "line 1\nline 2\n"), ("gvjy", "line 1\nl"), ("g$\u{16}jjy", "1\n2\n3"), ("gy", "line 1\n"),
        ("gv$y", "line 1"), ("gwvjoy", "1\nline 2"), ("gv3\u{1b}[By", "line 1\nline 2\nline 3\nl"),
        ("gVj\r", "line 1\nline 2\n"),
        ("gvVy", "line 1\n"), ("gl\u{16}ljy", "in\nin"),
    ])
    func selectionsAreWhatTheySay(keys: String, text: String) {
        var workspace = lines(100)
        _ = workspace.type(prefix + "[" + keys)
        #expect(workspace.copying.buffer == text)
    }

    @Test func aWrappedLineIsOneLine() throws {
        let long = (0..<30).map { "word\($0)" }.joined(separator: " ")
        var workspace = workspace([long + "\r\nnext\r\n"])
        _ = workspace.type(prefix + "[gVy")
        #expect(workspace.copying.buffer == long + "\n")
        _ = workspace.type(prefix + "[g/word29\r")
        #expect(workspace.copyMode(of: 0)?.place.line == 0)
        #expect(workspace.copyMode(of: 0)?.place.offset == long.count - 6)
    }

    @Test func wideAndCombiningCharactersAreCopiedWhole() throws {
        let text = "犬犬 e\u{301}te\u{301} 🐶x"
        var workspace = workspace([text + "\r\n"])
        _ = workspace.type(prefix + "[gv$y")
        #expect(workspace.copying.buffer == text)
        _ = workspace.type(prefix + "[gvly")
        #expect(workspace.copying.buffer == "犬犬")
        // 41 wide characters in 81 columns: the last of the first row moves to the second, and no space is left between.
        workspace.screens[0].feed("x" + String(repeating: "犬", count: 60) + "\r\n")
        _ = workspace.type(prefix + "[gjVy")
        #expect(workspace.copying.buffer == "x" + String(repeating: "犬", count: 60) + "\n")
    }

    @Test func searchFindsUpAndDownAndCounts() throws {
        var workspace = lines(100)
        _ = workspace.type(prefix + "[?line .7$\r")
        #expect(workspace.copyMode(of: 0)?.place == TextPlace(line: 96, offset: 0))
        #expect(workspace.settled()[1].hasSuffix("9/9 [97/101]"))
        _ = workspace.type("nn")
        #expect(workspace.copyMode(of: 0)?.place.line == 76)
        _ = workspace.type("N")
        #expect(workspace.copyMode(of: 0)?.place.line == 86)
        _ = workspace.type("NN")
        #expect(workspace.copyMode(of: 0)?.place.line == 16)
        #expect(workspace.message?.text == "search goes on at the top")
    }

    @Test func searchIsIncrementalAndGivesBackTheViewWhenGivenUp() throws {
        var workspace = lines(100)
        _ = workspace.type(prefix + "[")
        let before = workspace.drawn()
        _ = workspace.type("?line 3")
        #expect(workspace.copyMode(of: 0)?.place.line == 38)
        _ = workspace.type("7")
        #expect(workspace.copyMode(of: 0)?.place.line == 36)
        #expect(workspace.settled()[21].hasPrefix("?line 37"))
        _ = workspace.type("\u{7f}")
        #expect(workspace.copyMode(of: 0)?.place.line == 38)
        _ = workspace.type("\u{1b}")
        #expect(workspace.drawn() == before)
    }

    @Test func allHitsAreHighlightedAndTheCurrentOneMore() throws {
        var workspace = workspace(["cat dog cat\r\ncat\r\n"])
        _ = workspace.type(prefix + "[g/cat\r")
        var painter = Painter(theme: Theme(name: "test"), borders: .ascii, size: workspace.size)
        painter.paint(&workspace, rates: [RateMeter()], sum: RateMeter())
        let theme = Theme(name: "test")
        func style(_ column: Int, _ row: Int) -> Style { painter.canvas[column, row].style }
        #expect(style(0, 1) == theme.matchCurrent)
        #expect(style(8, 1) == theme.match && style(10, 1) == theme.match)
        #expect(style(0, 2) == theme.match)
        #expect(style(4, 1) == .plain)
    }

    @Test func anInvalidPatternIsToldAndFindsNothing() throws {
        var workspace = lines(100)
        _ = workspace.type(prefix + "[/line (")
        #expect(workspace.drawn()[21].contains("a ) is missing"))
        _ = workspace.type("\r")
        #expect(workspace.message?.kind == .error)
        #expect(workspace.copyMode(of: 0)?.place.line == 100)
    }

    @Test func otherPanesAreTypedAtMeanwhile() {
        var workspace = workspace(["one\r\n", "two\r\n"])
        _ = workspace.type(prefix + "[")
        #expect(workspace.type(prefix + "2ls") == [.send(pane: 1, bytes: Array("ls".utf8))])
        #expect(workspace.copyMode(of: 0) != nil)
        #expect(workspace.type(prefix + "1ggq") == [])
        #expect(workspace.copyMode(of: 0) == nil)
    }

    @Test func aPageUpEntersAndAPageDownAtTheEndLeaves() {
        var workspace = lines(100)
        _ = workspace.type(prefix + "\u{1b}[5~")
        #expect(workspace.drawn()[1].hasPrefix("line 62 "))
        _ = workspace.type("\u{1b}[6~")
        #expect(workspace.copyMode(of: 0) == nil)
    }

    @Test func theWheelScrollsAndLeavesAtTheBottom() {
        var workspace = lines(100)
        #expect(workspace.wheel(pane: 0, lines: -3) == [])
        #expect(workspace.copyMode(of: 0) == nil)
        #expect(workspace.wheel(pane: 0, lines: 3) == [])
        #expect(workspace.drawn()[1].hasPrefix("line 78"))
        _ = workspace.wheel(pane: 0, lines: -2)
        #expect(workspace.copyMode(of: 0) != nil)
        _ = workspace.wheel(pane: 0, lines: -2)
        #expect(workspace.copyMode(of: 0) == nil)
    }

    @Test func theWheelIsCursorKeysForAProgramOnTheAlternateScreen() {
        var workspace = workspace(["\u{1b}[?1049h\u{1b}[?1007h"])
        #expect(workspace.wheel(pane: 0, lines: 2) == [.send(pane: 0, bytes: Array("\u{1b}[A\u{1b}[A".utf8))])
        #expect(workspace.copyMode(of: 0) == nil)
    }

    @Test func theMouseSelectsAndCopies() {
        var workspace = workspace(["hello brave world\r\n"])
        #expect(workspace.selectionPress(pane: 0, column: 6, row: 0) == [])
        #expect(workspace.copyMode(of: 0) == nil)
        _ = workspace.selectionDrag(column: 10, row: 0)
        #expect(workspace.selectionRelease() == [])
        #expect(workspace.copying.buffer == "brave")
        #expect(workspace.copyMode(of: 0) == nil)
        for _ in 0..<2 {
            _ = workspace.selectionPress(pane: 0, column: 13, row: 0)
            _ = workspace.selectionRelease()
        }
        #expect(workspace.copying.buffer == "world")
        _ = workspace.selectionPress(pane: 0, column: 13, row: 0)
        _ = workspace.selectionRelease()
        #expect(workspace.copying.buffer == "hello brave world\n")
    }

    @Test func whatTheMouseReportsScrollsAndSelects() {
        var workspace = lines(100)
        // Row 1 is the first below the title; reports count from 1.
        for _ in 0..<2 { #expect(workspace.handle(.mouse(MouseEvent(.press, .wheelUp, column: 5, row: 5))) == []) }
        #expect(workspace.drawn()[1].hasPrefix("line 75"))
        _ = workspace.handle(.mouse(MouseEvent(.press, .left, column: 0, row: 2)))
        _ = workspace.handle(.mouse(MouseEvent(.motion, .left, column: 3, row: 3)))
        _ = workspace.handle(.mouse(MouseEvent(.release, .left, column: 3, row: 3)))
        #expect(workspace.copying.buffer == "line 76\nline")
        #expect(workspace.copyMode(of: 0) != nil)
    }

    @Test func theClipboardIsUsedOnlyWhenAllowed() {
        var workspace = lines(10)
        #expect(workspace.type(prefix + "[gvey") == [])
        workspace.settings.clipboard = true
        #expect(workspace.type(prefix + "[gvey") == [.clipboard(Array("line".utf8))])
        #expect(base64(Array("line".utf8)) == "bGluZQ==")
        #expect(
            base64(Array("lines".utf8)) == "bGluZXM=" && base64(Array("linens".utf8)) == "bGluZW5z" && base64([]) == "")
    }

    @Test func theBufferIsSavedAndTheHistoryCleared() {
        var workspace = lines(100)
        #expect(workspace.run("save-buffer x") == [])
        _ = workspace.type(prefix + "[gyq")
        #expect(workspace.run("save-buffer out.txt") == [.save(file: "out.txt", bytes: Array("line 1\n".utf8))])
        #expect(workspace.run("clear-history") == [.clearHistory(pane: 0)])
        workspace.screens[0].clearHistory()
        _ = workspace.type(prefix + "[")
        #expect(workspace.drawn()[1].hasSuffix("[21/21]"))
    }

    @Test func aNewWidthKeepsThePlace() throws {
        let long = String(repeating: "abcdefghij", count: 20)
        var workspace = workspace([(1...50).map { "\($0) \(long)\r\n" }.joined()])
        _ = workspace.type(prefix + "[g20j5l")
        let place = try #require(workspace.copyMode(of: 0)?.place)
        _ = workspace.drawn()
        workspace.size = Size(columns: 33, rows: 12)
        _ = workspace.drawn()
        #expect(workspace.copyMode(of: 0)?.place == place)
        #expect(workspace.copyMode(of: 0)?.layout.columns == 33)
    }

    @Test(arguments: [Size(columns: 1, rows: 1), Size(columns: 5, rows: 3), Size(columns: 20, rows: 5)])
    func noSizeIsTooSmall(size: Size) {
        var workspace = workspace(["a犬b\r\n", "x"], size: size)
        _ = workspace.type(prefix + "[gvjjly" + prefix + "[/a\rnN\u{6}\u{2}HML")
        let rows = workspace.drawn()
        #expect(rows.count == size.rows)
    }
}

@Suite struct PasteTests {
    @Test func aPasteIsOnePieceWhateverIsInIt() {
        var decoder = InputDecoder()
        decoder.append(Array("ls\u{1b}[200~a\u{1d}b\r\u{1b}[A\u{1b}[201~x".utf8))
        #expect(decoder.next(for: .guest) == .guest(Array("ls".utf8)))
        #expect(decoder.next(for: .guest) == .paste(Array("a\u{1d}b\r\u{1b}[A".utf8)))
        #expect(decoder.next(for: .guest) == .guest(Array("x".utf8)))
    }

    @Test func aPasteMayComeByteByByte() {
        var decoder = InputDecoder()
        var pieces: [InputDecoder.Piece] = []
        for byte in Array("\u{1b}[200~hello\u{1b}[201~\u{1b}[A".utf8) {
            decoder.append([byte])
            while let piece = decoder.next(for: .guest) { pieces.append(piece) }
        }
        #expect(pieces.first == .paste(Array("hello".utf8)))
        let rest = pieces.dropFirst().flatMap { if case .guest(let bytes) = $0 { bytes } else { [] as [UInt8] } }
        #expect(rest == Array("\u{1b}[A".utf8))
    }

    @Test func anEscapeIsHeldOnlyUntilItsTimeIsOver() {
        var decoder = InputDecoder()
        decoder.append([0x61, 0x1b])
        #expect(decoder.next(for: .guest) == .guest([0x61]))
        #expect(decoder.next(for: .guest) == nil)
        #expect(decoder.next(for: .guest, isFinal: true) == .guest([0x1b]))
        decoder.append(Array("\u{1b}[200~half".utf8))
        #expect(decoder.next(for: .guest) == nil)
        #expect(decoder.isPasting)
        #expect(decoder.next(for: .guest, isFinal: true) == .paste(Array("half".utf8)))
        #expect(!decoder.isPasting)
    }

    @Test func theGuestGetsBracketsWhenItAskedForThem() {
        var workspace = workspace(["$ "])
        #expect(workspace.type("\u{1b}[200~a\nb\u{1b}[201~") == [.send(pane: 0, bytes: Array("a\rb".utf8))])
        workspace.screens[0].feed("\u{1b}[?2004h")
        let bytes = Array("\u{1b}[200~a\rb\u{1b}[201~".utf8)
        #expect(workspace.type("\u{1b}[200~a\nb\u{1b}[201~") == [.send(pane: 0, bytes: bytes)])
    }

    @Test func aPasteNeverRunsCommands() {
        var workspace = workspace(["$ "])
        _ = workspace.type("\u{1d}[")
        #expect(workspace.type("\u{1b}[200~qqq\u{1b}[201~") == [])
        #expect(workspace.copyMode(of: 0) != nil)
        _ = workspace.type("/\u{1b}[200~abc\nd\u{1b}[201~")
        #expect(workspace.copyMode(of: 0)?.prompt?.text == "abc")
    }
}
