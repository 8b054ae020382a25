// `--plain`: what the guests print, as lines on standard output, each with the name of its guest in front. For pipes, for
// logs of CI, for screen readers – whoever reads it may cut it, search it and tell the guests apart without a screen.

import Glibc
import Synchronization

/// Standard output, shared by all guests; lines never mix.
package final class PlainOutput: Sendable {
    private let descriptor: Int32
    private let isColored: Bool
    private let isBrokenState = Mutex(false)
    private let onBroken: @Sendable () -> Void

    package init(descriptor: Int32, isColored: Bool, onBroken: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.isColored = isColored
        self.onBroken = onBroken
    }

    /// Nobody reads any more.
    package var isBroken: Bool { isBrokenState.withLock { $0 } }

    /// `web1| `, in one of six colours that can be read on dark and on light ground.
    package func prefix(_ name: String, number: Int) -> [UInt8] {
        let text = name.onOneLine
        guard isColored else { return Array("\(text)| ".utf8) }
        return Array("\u{1b}[\(31 + number % 6)m\(text)|\u{1b}[m ".utf8)
    }

    /// Writes whole lines.
    package func write(_ bytes: [UInt8]) {
        let breaks = isBrokenState.withLock { isBroken in
            if isBroken { return false }
            isBroken = !writeAll(descriptor, bytes)
            return isBroken
        }
        if breaks { onBroken() }
    }
}

/// One guest's lines on their way there.
package final class PlainLines: ConsoleListener {
    private struct State {
        var assembler = LineAssembler()
        /// When the unfinished line last grew; nil when nobody needs to see it.
        var openSince: UInt64?
    }

    private let output: PlainOutput
    private let prefix: [UInt8]
    private let state = Mutex(State())
    private let onOpen: @Sendable () -> Void

    /// A line that has not been ended after this time is a prompt, and shown as it is.
    package static let patience: UInt64 = 300_000_000

    /// `onOpen` is called when there is a line that `showPrompt` will have to look at.
    package init(_ output: PlainOutput, name: String, number: Int, onOpen: @escaping @Sendable () -> Void) {
        self.output = output
        self.onOpen = onOpen
        prefix = output.prefix(name, number: number)
    }

    package func take(_ bytes: UnsafeRawBufferPointer, at time: UInt64) {
        let opens = state.withLock { state in
            var lines: [UInt8] = []
            state.assembler.feed(bytes, at: time) { add($0, to: &lines) }
            let wasOpen = state.openSince != nil
            state.openSince = state.assembler.open.isEmpty ? nil : time
            if !lines.isEmpty { output.write(lines) }
            return !wasOpen && state.openSince != nil
        }
        if opens { onOpen() }
    }

    package func guestEnded() { flush() }

    /// Shows an unfinished line that has stood long enough. Returns when to look again.
    package func showPrompt(at now: UInt64) -> UInt64? {
        let due: UInt64? = state.withLock { state in
            guard let since = state.openSince else { return nil }
            return since &+ Self.patience > now ? since &+ Self.patience : 0
        }
        guard due == 0 else { return due }
        flush()
        return nil
    }

    private func flush() {
        state.withLock { state in
            var lines: [UInt8] = []
            state.assembler.finish { add($0, to: &lines) }
            state.openSince = nil
            if !lines.isEmpty { output.write(lines) }
        }
    }

    private func add(_ line: ConsoleLine, to lines: inout [UInt8]) {
        lines += prefix
        lines += line.string.utf8
        lines.append(0x0a)
    }
}

/// Standard input as lines, whatever pieces they come in.
package struct LineReader: Sendable {
    private var rest: [UInt8] = []

    /// A command longer than this is none.
    package static let limit = 64 << 10

    package init() {}

    /// Takes what was read, and returns the lines that are complete.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [String] {
        rest += bytes
        var lines: [String] = []
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0a) {
            lines.append(String(decoding: rest[start..<end], as: UTF8.self))
            start = end + 1
        }
        rest.removeFirst(start)
        if rest.count > Self.limit { rest.removeAll() }
        return lines
    }

    /// What came after the last line break, at the end of input.
    package mutating func finish() -> String? {
        defer { rest = [] }
        return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }
}
