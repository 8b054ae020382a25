// The kernel command line. `name=x` names the guest and its prompt, `run="a; b"` gives commands to start with, `quiet`
// leaves the banner out, `ip=A.B.C.D/PREFIX` is the address on the first network, `hello` says the name there once a
// second. Launchers join arguments with spaces and lose the shell's quotes, so an unquoted `run=` reaches to the end of
// the line, or to the next argument that we know. Pure: tested on the host.

public struct KernelArguments {
    public var name: [UInt8] = Text.bytes(of: "demo")
    public var run: [UInt8] = []
    public var quiet = false
    public var address: [UInt8] = []
    public var saysHello = false

    public init(_ line: [UInt8]) {
        var position = 0
        while position < line.count {
            if line[position] == UInt8(ascii: " ") {
                position += 1
                continue
            }
            let rest = Array(line[position...])
            if rest.starts(with: "name=") {
                let (value, length) = KernelArguments.value(rest, from: 5, toEndOfLine: false)
                // A name is for prompts and lab files: keep what fits on a line.
                if !value.isEmpty { name = Array(value.prefix(32)) }
                position += length
            } else if rest.starts(with: "ip=") {
                let (value, length) = KernelArguments.value(rest, from: 3, toEndOfLine: false)
                address = value
                position += length
            } else if rest.starts(with: "run=") {
                let (value, length) = KernelArguments.value(rest, from: 4, toEndOfLine: true)
                run = value
                position += length
            } else {
                let word = Array(rest.prefix { $0 != UInt8(ascii: " ") })
                if word.spells("quiet") { quiet = true }
                if word.spells("hello") { saysHello = true }
                position += word.count
            }
        }
    }

    /// The value that starts at `start`, without its quotes, and the bytes that it and its key take.
    private static func value(_ text: [UInt8], from start: Int, toEndOfLine: Bool) -> (value: [UInt8], length: Int) {
        if start < text.count, text[start] == UInt8(ascii: "\"") || text[start] == UInt8(ascii: "'") {
            let quoted = Array(text[(start + 1)...].prefix { $0 != text[start] })
            return (quoted, min(start + quoted.count + 2, text.count))
        }
        var end = start
        while end < text.count {
            if text[end] == UInt8(ascii: " "), !toEndOfLine || startsArgument(Array(text[(end + 1)...])) { break }
            end += 1
        }
        var value = Array(text[start..<end])
        while value.last == UInt8(ascii: " ") { value.removeLast() }
        return (value, end)
    }

    private static func startsArgument(_ text: [UInt8]) -> Bool {
        if text.starts(with: "name=") || text.starts(with: "run=") || text.starts(with: "ip=") { return true }
        let word = Array(text.prefix { $0 != UInt8(ascii: " ") })
        return word.spells("quiet") || word.spells("hello")
    }
}
