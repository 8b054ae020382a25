// `clock`: the time in large digits, in the middle of the screen, until a key. Exercises what full-screen programs need:
// the alternate screen, cursor addressing, a size that may change, and sleeping with one eye on the keyboard.

enum ClockCommand {
    static var command: Command {
        Command(name: "clock", usage: "", summary: "a clock on the whole screen, until a key") { _, _ in
            console.print("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J")
            var terminal = Terminal()
            var size = (0, 0)
            while !console.interrupted {
                terminal.askForSize()
                if size != (terminal.rows, terminal.columns) {
                    size = (terminal.rows, terminal.columns)
                    console.print("\u{1B}[2J")
                }
                let now = Clock.wall()
                draw(Calendar(seconds: now / Clock.second), terminal)
                console.flush()
                // Wake on the next full second, not a second from now.
                let next = Clock.now() + Clock.second - now % Clock.second
                var gotKey = false
                while !console.interrupted, Clock.now() < next {
                    if terminal.key(until: next) != nil { gotKey = true }
                    if gotKey || size != (terminal.rows, terminal.columns) { break }
                }
                if gotKey { break }
            }
            console.print("\u{1B}[?25h\u{1B}[?1049l")
        }
    }

    /// Five rows of three columns a digit, from the top left, as bits.
    private static let digits: [UInt16] = [
        0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111,
        0b101_101_111_001_001, 0b111_100_111_001_111, 0b111_100_111_101_111, 0b111_001_010_010_010,
        0b111_101_111_101_111, 0b111_101_111_001_111,
    ]
    private static let colon: UInt16 = 0b000_010_000_010_000

    private static func draw(_ time: Calendar, _ terminal: Terminal) {
        let symbols = time.timeText.bytes.map { $0 == UInt8(ascii: ":") ? colon : digits[Int($0 - UInt8(ascii: "0"))] }
        // Each cell is two columns wide when there is room, so that digits look square; one when not; text as a last resort.
        let cell = terminal.columns > symbols.count * 8 ? 2 : 1
        let width = symbols.count * 4 * cell
        let date = time.text
        if terminal.columns < width || terminal.rows < 8 {
            place(date, row: max(terminal.rows / 2, 1), terminal)
            return
        }
        let top = (terminal.rows - 8) / 2 + 1
        for row in 0..<5 {
            var line: Text = "\u{1B}[\(top + row);\((terminal.columns - width) / 2 + 1)H"
            for symbol in symbols {
                var lit = false
                // The fourth column is the gap to the next symbol.
                for column in 0..<4 {
                    let bit = column < 3 && symbol >> UInt16(14 - 3 * row - column) & 1 != 0
                    if bit != lit { line.bytes += Text.bytes(of: bit ? "\u{1B}[43m" : "\u{1B}[0m") }
                    lit = bit
                    line.bytes += Text.repeated(" ", count: cell).bytes
                }
            }
            console.print(line)
        }
        place(date, row: top + 6, terminal)
        place(
            "up \(Calendar.duration(Clock.now() / Clock.second * Clock.second).bytes.dropLast(4))", row: top + 7,
            terminal)
    }

    private static func place(_ text: Text, row: Int, _ terminal: Terminal) {
        let column = max((terminal.columns - text.columns) / 2, 0) + 1
        console.print("\u{1B}[\(row);1H\u{1B}[K\u{1B}[\(row);\(column)H\(text)")
    }
}
