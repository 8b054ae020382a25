// Any program in our terminal: on a pseudo-terminal with the core in the place of xterm, questions answered. For suites
// that test terminals from within (esctest, vttest), which want one that is really there.

import ArgumentParser
import Glibc
import TerminalCore

struct Inside: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a program inside of our terminal core and prints the screen that it leaves.")

    @Option(help: "Columns and rows.") var size = "80x24"
    @Option(help: "Seconds that it may take.") var patience = 600.0
    @Option(
        help: "Types this once the screen rests, piece after piece: \\r and \\e as usual, pieces divided by commas.")
    var keys = ""
    @Flag(help: "Print the screen before each piece of keys as well.") var all = false
    @Argument(parsing: .captureForPassthrough) var command: [String]

    func run() throws {
        let numbers = size.split(separator: "x").compactMap { Int($0) }
        guard numbers.count == 2, let columns = numbers.first, let rows = numbers.last, !command.isEmpty else {
            throw ValidationError("a size is COLUMNSxROWS, and a command is needed")
        }
        let words = command.first == "--" ? Array(command.dropFirst()) : command
        let child = try TerminalChild(words, columns: columns, rows: rows)
        for (number, piece) in keys.split(separator: ",").enumerated() {
            child.settle()
            if all { print("--- screen \(number)\n" + child.screen) }
            let text = String(piece).replacing("\\r", with: "\r").replacing("\\e", with: "\u{1B}")
            child.type(text)
        }
        if keys.isEmpty { child.watchToTheEnd(patience) } else { child.settle() }
        print(child.screen)
        child.end()
    }
}
