// What guests send, in pure forms. Each is a megabyte that is fed over and over, so that what is measured is the
// steady state: a full scrollback, warm tables.

struct TerminalStream {
    var name: String
    /// How many times libvterm's speed ours should have.
    var goal: Double
    var bytes: [UInt8]

    private init(_ name: String, goal: Double, _ part: (Int) -> String) {
        self.name = name
        self.goal = goal
        bytes = []
        var number = 0
        while bytes.count < 1 << 20 {
            bytes += part(number).utf8
            number += 1
        }
    }

    private static let text = "The quick brown fox jumps over the lazy dog 0123456789 and then some more text."

    static var all: [TerminalStream] {
        [
            TerminalStream("ascii", goal: 20) { _ in text.prefix(78) + "\r\n" },
            TerminalStream("y\\n", goal: 15) { _ in "y\n" },
            TerminalStream("sgr", goal: 3) { number in
                "\u{1B}[\(30 + number % 8);\(number % 2)mword\(number % 100)\u{1B}[0m \u{1B}[38;5;\(number % 256)mx"
                    + (number % 6 == 5 ? "\r\n" : "")
            },
            // Every cell in two colours and three attributes of its own, screen after screen.
            TerminalStream("dense", goal: 2) { number in
                let (screen, cell) = (number / 1920, number % 1920)
                let color = (cell / 80 + cell % 80 + screen) % 156
                let letter = Unicode.Scalar(UInt8(65 + screen % 26))
                return (cell == 0 ? "\u{1B}[H" : "")
                    + "\u{1B}[38;5;\(color + 100);48;5;\(255 - color);1;3;4m\(letter)"
            },
            TerminalStream("repaint", goal: 2) { number in
                "\u{1B}[\(number % 24 + 1);1H" + text + String(number % 10)
            },
            TerminalStream("unicode", goal: 3) { _ in
                "漢字かな交じり文とéèüñ ελληνικά кириллица 한국어 テスト e\u{301}o\u{308} 😀👍🏽 ─│┌┐\r\n"
            },
            // One letter at a time, everywhere; and the small steps of editors.
            TerminalStream("cursor", goal: 2) { number in
                "\u{1B}[\(number * 5 % 24 + 1);\(number * 7 % 80 + 1)H\(number % 10)"
            },
            TerminalStream("steps", goal: 2) { number in
                "\u{1B}[\(number % 24 + 1);\(number * 7 % 80 + 1)H\(number % 10)\u{1B}[A\u{1B}[3C\u{1B}[K\u{1B}[2D"
            },
        ]
    }
}
