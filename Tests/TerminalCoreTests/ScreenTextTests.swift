// The dumps that people paste into bug reports and that other tests read.

import TerminalCore
import Testing

@Suite struct ScreenTextTests {
    @Test func plainTextHasALineForEachRowAndNoBlanksAtTheirEnds() {
        let terminal = Terminal(columns: 8, rows: 3, scrollback: 0)
        terminal.feed("a  b  \r\n漢字 x")
        #expect(ScreenText.plain(terminal) == "a  b\n漢字 x\n\n")
    }

    @Test func jsonTellsEverything() {
        let terminal = Terminal(columns: 10, rows: 2, scrollback: 5)
        terminal.feed("gone\r\n\u{1B}]2;a \"title\"\u{7}\u{1B}[1;38;2;1;2;3;44mab\u{1B}[m c\u{1B}[c")
        terminal.feed("\r\n\u{1B}[4:3;58:5:9mu\u{1B}[m\u{1B}]8;;http://h/\u{1B}\\l\u{1B}]8;;\u{1B}\\\u{7}")
        let replies = terminal.takeReplies()
        #expect(
            ScreenText.json(terminal, replies: replies) == """
                {"columns":10,"rows":2,"cursor":{"column":2,"row":1,"visible":true,"shape":"block","blinks":false,\
                "wrapsNext":false},"title":"a \\"title\\"","iconName":"","bells":1,"modes":["noLocalEcho","autowrap",\
                "autorepeat","cursorVisible","alternateScroll","metaSendsEscape"],\
                "replies":"\\\\e[?64;1;6;9;15;21;22;28c","lines":[{"text":"ab c","runs":[{"column":0,"columns":2,\
                "text":"ab","foreground":"#010203","background":"4","attributes":["bold"]},{"column":2,"columns":2,\
                "text":" c"}]},{"text":"ul","runs":[{"column":0,"columns":1,"text":"u","underline":"curly",\
                "underlineColor":"9"},{"column":1,"columns":1,"text":"l","link":"http://h/"}]}],\
                "scrollback":[{"text":"gone","runs":[{"column":0,"columns":4,"text":"gone"}]}]}

                """)
    }

    @Test func bytesAreEscapedReadably() {
        #expect(ScreenText.escaped([0x1B, 0x5B, 0x41, 0x0A, 0x0D, 0x07, 0x5C, 0xE9]) == "\\e[A\\n\\r\\x07\\\\\\xe9")
    }
}
