// What runs in tmux's pane: on every line of input it pours out the same bytes as the demo guest's `stream`, and says so.

import ArgumentParser
import Glibc

struct Pour: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pours a flood to standard output at every line of input.", shouldDisplay: false)

    @Argument var pattern: String
    @Argument(help: "MiB each time; 0 for ever.") var size: Int

    func run() throws {
        guard let pattern = StreamPattern.allCases.first(where: { "\($0.name)" == self.pattern }) else {
            throw ValidationError("no such flood")
        }
        var mode = termios()
        tcgetattr(1, &mode)
        mode.c_oflag &= ~tcflag_t(OPOST)  // the bytes as they are, as from a guest
        tcsetattr(1, TCSANOW, &mode)
        let block = pattern.block
        // Sixteen at a time, as the guest does.
        let batch = Array((0..<16).map { _ in block }.joined())
        say("ready\r\n")
        while size == 0 || readLine() != nil {
            let wanted = size == 0 ? UInt64.max : UInt64(size) << 20
            var left = (wanted - 1) / UInt64(block.count) + 1
            let total = left &* UInt64(block.count)
            while left > 0 {
                let count = min(left, 16)
                put(batch[..<(Int(count) * block.count)])
                left -= count
            }
            say("\u{1B}[0mstreamed \(total) bytes\r\n")
        }
    }

    private func say(_ text: String) { put(ArraySlice(text.utf8)) }

    private func put(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { Glibc.exit(1) }
            }
        }
    }
}
