// Ways to pass the time: with all of the processor, with the console, or with nothing at all.

enum BusyCommands {
    static var spin: Command {
        Command(name: "spin", usage: "[SECONDS]", summary: "keep the processor busy, until ^C without a number") {
            words, _ in
            let seconds = words.first.map { $0.number }
            if let seconds, seconds == nil {
                console.print("usage: spin [SECONDS]\n")
                return
            }
            console.print("spinning\n")
            console.flush()
            let start = Clock.now()
            let end = seconds.flatMap { $0 }.map { start + UInt64($0) * Clock.second } ?? .max
            var rounds: UInt64 = 0
            var sum: UInt32 = 1
            Clock.ticking(every: 10_000_000) {
                while Clock.now() < end, !console.interrupted {
                    for _ in 0..<1000 { sum = sum &* 1_664_525 &+ 1_013_904_223 }
                    rounds += 1
                }
            }
            let milliseconds = max((Clock.now() - start) / Clock.millisecond, 1)
            console.print(
                """
                \(rounds) thousand rounds in \(thousandths: milliseconds) s, \
                \(rounds * 1000 / milliseconds / 1000) million a second, ending at \(hex: sum)

                """)
        }
    }

    static var yes: Command {
        Command(name: "yes", usage: "[TEXT...]", summary: "print the same line until ^C") { words, _ in
            let text = words.isEmpty ? Text.bytes(of: "y") : Array(words.joined(separator: [UInt8(ascii: " ")]))
            let line = text + [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
            var block = line
            while block.count + line.count <= Int(pageSize) { block += line }
            // A line longer than a page goes the slow way.
            if block.count <= Int(pageSize) { _ = console.repeatRaw(block, count: .max) }
            while !console.interrupted { console.writeRaw(line) }
        }
    }

    static var sleep: Command {
        Command(name: "sleep", usage: "SECONDS", summary: "do nothing at all for a while") { words, _ in
            guard let seconds = words.first?.number else {
                console.print("usage: sleep SECONDS\n")
                return
            }
            console.flush()
            Clock.sleep(until: Clock.now() + UInt64(seconds) * Clock.second) { console.interrupted }
        }
    }
}
