// The three floods of `stream`, as one block each that is sent over and over. Pure, so that the benchmark on the host
// can send the very same bytes to somebody else.

public enum StreamPattern: UInt8, CaseIterable {
    case ascii, color, scroll

    public var name: StaticString {
        switch self {
        case .ascii: "ascii"
        case .color: "color"
        case .scroll: "scroll"
        }
    }

    /// Whole lines, as many as fit a page.
    public var block: [UInt8] {
        var result: [UInt8] = []
        var number = 0
        while true {
            let line = line(number)
            if result.count + line.count > 4096 { return result }
            result += line
            number += 1
        }
    }

    private func line(_ number: Int) -> [UInt8] {
        var line: [UInt8] = []
        func add(_ text: StaticString) { text.withUTF8Buffer { line += $0 } }
        func add(digit: Int) { line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit % 10)) }
        switch self {
        case .ascii:
            add(digit: number / 10)
            add(digit: number)
            add(" The quick brown fox jumps over the lazy dog, and then some more of it comes.")
        case .color:
            for word in 0..<8 {
                add("\u{1B}[")
                add(digit: word % 2)
                add(";3")
                add(digit: (number + word) % 8)
                add("mword")
                add(digit: word)
                add("\u{1B}[0m ")
            }
        case .scroll: add("y")
        }
        add("\r\n")
        return line
    }
}
