// `stream`: how fast can a console be filled? The bytes are put down once and sent many times, so that what is
// measured is the way from here to the screen and not this kernel's talent for printing.

enum StreamCommand {
    static var command: Command {
        let names = StreamPattern.allCases.map { $0.name }
        return Command(
            name: "stream", usage: "ascii|color|scroll [MIB]",
            summary: "fill the console as fast as it goes, until ^C without a number", words: names
        ) { words, _ in
            let size = words.dropFirst().first.map { $0.number }
            guard let pattern = StreamPattern.allCases.first(where: { words.first?.spells($0.name) ?? false }),
                size == nil || size != .some(nil)
            else {
                console.print("usage: stream ascii|color|scroll [MIB]\n")
                return
            }
            let block = pattern.block
            let wanted = size.flatMap { $0 }.map { UInt64($0) << 20 } ?? .max
            let start = Clock.now()
            let blocks = console.repeatRaw(block, count: (wanted - 1) / UInt64(block.count) + 1)
            let milliseconds = (Clock.now() - start) / Clock.millisecond
            console.print(
                "\u{1B}[0mstreamed \(blocks * UInt64(block.count)) bytes in \(thousandths: milliseconds) s\n")
        }
    }
}
