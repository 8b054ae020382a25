// Command lines and what is typed: one notation for keys, prompt, files and pipes.

import Testing
import lgtui

@Suite struct CommandWordsTests {
    @Test(arguments: [
        ("focus-pane 2", [["focus-pane", "2"]]),
        ("  zoom\t", [["zoom"]]),
        ("", []), (" ; ;", []), ("# nothing", []), ("zoom ; # and no more; quit", [["zoom"]]),
        ("zoom;focus left", [["zoom"], ["focus", "left"]]),
        (#"type 1 "root\n""#, [["type", "1", #"root\n"#]]),
        (#"type 1 'it "is" \n; so'"#, [["type", "1", #"it "is" \n; so"#]]),
        (#"type 1 "say \"hi\"; bye""#, [["type", "1", #"say "hi"; bye"#]]),
        (#"type 1 "back\\""#, [["type", "1", #"back\\"#]]),
        (#"type 1 """#, [["type", "1", ""]]),
        (#"a"b c"'d e'f"#, [["ab cd ef"]]),
        (##"type 1 two\ words\; \"x\' \#"##, [["type", "1", "two words;", "\"x'", "#"]]),
        (#"monitor match \d+\[x"#, [["monitor", "match", #"\d+\[x"#]]),
        (#"end\"#, [[#"end\"#]]),
        ("chat #1", [["chat", "#1"]]),
    ])
    func aLineIsCutIntoCommandsAndWords(line: String, commands: [[String]]) throws {
        #expect(try CommandLineWords.commands(in: line) == commands)
    }

    @Test(arguments: ["type \"abc", "type 'abc", #"type "abc\""#])
    func anOpenQuoteIsToldWithItsPlace(line: String) {
        #expect(throws: CommandLineError("the quote at column 6 is not closed: \(line)")) {
            try CommandLineWords.commands(in: line)
        }
    }

    @Test(arguments: [
        ["a", "b c", ""], ["it's", "\"quoted\"", "it's \"both\""], ["; #", "#x", "tab\there"], [#"end\"#, #"\d+ x"#],
    ])
    func aLineMadeOfWordsGivesTheWordsAgain(words: [String]) throws {
        #expect(try CommandLineWords.commands(in: CommandLineWords.line(words)) == [words])
    }

    @Test func aNestedCommandIsWordsOrOneLine() throws {
        #expect(try CommandLineWords.nested(["type", "1", "a b"]) == [["type", "1", "a b"]])
        #expect(try CommandLineWords.nested(["zoom; kill 1"]) == [["zoom"], ["kill", "1"]])
        #expect(try CommandLineWords.nested([]) == [])
    }

    @Test(arguments: [
        (#"root\n"#, Array("root\r".utf8)), (#"\e[A\t\\n"#, Array("\u{1b}[A\t\\n".utf8)), (#"\x03\xff"#, [3, 255]),
        ("grüß\n", Array("grüß\r".utf8)), (#"\x0a"#, [10]),
    ])
    func typedTextKnowsItsEscapes(text: String, bytes: [UInt8]) throws {
        #expect(try TypedText.bytes(text) == bytes)
    }

    @Test(arguments: [#"\q"#, #"\x1"#, #"\xzz"#, #"end\"#, #"\x+1"#])
    func wrongEscapesAreTold(text: String) {
        #expect(throws: CommandLineError.self) { try TypedText.bytes(text) }
    }

    @Test func aWorkspaceRunsEveryCommandOfALine() {
        var workspace = Workspace(panes: ["a", "b"], size: Size(columns: 80, rows: 24))
        #expect(workspace.run("focus-pane '2'; redraw; redraw") == [.redraw, .redraw])
        #expect(workspace.focus == 1)
        #expect(workspace.run("focus-pane 1; zoom 'x") == [])
        #expect(workspace.focus == 1, "a line that is wrong does nothing at all")
        #expect(workspace.message?.text.contains("not closed") == true)
    }

    @Test func aMistakeEndsTheLine() {
        var workspace = Workspace(panes: ["a", "b"], size: Size(columns: 80, rows: 24))
        #expect(workspace.run("redraw; no-such; redraw") == [.redraw])
    }
}
