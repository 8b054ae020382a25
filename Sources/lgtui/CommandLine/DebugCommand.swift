// `lgtui debug` looks inside. Here is `lgtui debug screen`: what our terminal makes of a byte stream, as text or as JSON. For bug reports ("this is what I
// see") and for tests, which compare it with what other terminals make of the same bytes.

import ArgumentParser
import Glibc
import TerminalCore

package struct DebugCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "Look inside, for bug reports.",
        subcommands: [DebugScreen.self, DebugBlock.self])

    package init() {}
}

/// `COLSxROWS`
package struct ScreenSize: ExpressibleByArgument {
    package var columns: Int
    package var rows: Int

    package static let limit = 4096

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    package init?(argument: String) {
        let parts = argument.split(whereSeparator: { $0 == "x" || $0 == "X" || $0 == "×" })
        guard parts.count == 2, let columns = Int(parts[0]), let rows = Int(parts[1]),
            (1...Self.limit).contains(columns), (1...Self.limit).contains(rows)
        else { return nil }
        self.columns = columns
        self.rows = rows
    }
}

package struct DebugScreen: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "screen",
        abstract: "Read bytes from standard input and print the screen that they make.",
        discussion: """
            As text: the rows, without the blanks at their ends. With --json: every cell with its colours and
            attributes, the cursor, the modes, the scrollback, and what the terminal would have answered.

              printf '\\033[31mred\\033[m' | lgtui debug screen --size 20x2 --json
            """)

    @Option(help: ArgumentHelp("Columns and rows, each from 1 to 4096.", valueName: "COLSxROWS"))
    package var size = ScreenSize(columns: 80, rows: 24)

    @Flag(help: "Print JSON instead of text.")
    package var json = false

    package init() {}

    package mutating func run() throws {
        let terminal = Terminal(columns: size.columns, rows: size.rows)
        var replies: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(0, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 {
                StandardError.say("lgtui: standard input cannot be read")
                throw ExitCode(ExitStatus.failure)
            }
            if count == 0 { break }
            terminal.feed(chunk[..<count])
            replies += terminal.takeReplies()
        }
        let text = json ? ScreenText.json(terminal, replies: replies) : ScreenText.plain(terminal)
        if !writeAll(1, Array((text + "\n").utf8)) { throw ExitCode(ExitStatus.failure) }
    }
}
