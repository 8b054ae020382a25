// The terminal core against Debian's libvterm, in one process: the same bytes in the same chunks, screen and scrollback on
// both sides, rounds in turn. Time is the thread's own, so that a busy machine disturbs both alike and little.

import ArgumentParser
import Glibc
import TerminalCore

#if canImport(CVTerm)
    import CVTerm
#endif

struct TerminalRace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terminal", abstract: "Feeds floods of bytes to the terminal core and to libvterm.")

    @Option(help: "Rounds.") var rounds = 15
    @Option(help: "Milliseconds that each side gets in a round.") var slice = 60
    @Argument(help: "Which streams (default: all).") var names: [String] = []

    private static let chunk = 65536

    func run() throws {
        guard rounds > 0, slice > 0 else { throw ValidationError("a race needs rounds, and time") }
        print("# MB/s on 80x24 with 10,000 lines of scrollback, \(rounds) rounds in turn, medians, \(machine())")
        #if !canImport(CVTerm)
            print("# libvterm is not installed (apt install libvterm-dev; see Package.swift): ours runs alone")
        #endif
        print(
            column("stream", -10), column("lgtui", 8), column("libvterm", 10), column("ratio", 8), column("goal", 8))
        for stream in TerminalStream.all where names.isEmpty || names.contains(stream.name) { race(stream) }
        if names.isEmpty { memory() }
    }

    private func race(_ stream: TerminalStream) {
        var ours = Series(name: "lgtui")
        let terminal = Terminal(columns: 80, rows: 24, scrollback: 10_000)
        #if canImport(CVTerm)
            var theirs = Series(name: "libvterm")
            let peer = VTermPeer(columns: 80, rows: 24, scrollback: 10_000)
        #endif
        for _ in 0..<rounds {
            ours.seconds.append(pace(stream.bytes) { terminal.feed($0) })
            #if canImport(CVTerm)
                theirs.seconds.append(pace(stream.bytes) { peer.feed($0) })
            #endif
        }
        var line = column(stream.name, -10) + " " + column(fixed(1e-6 / ours.median, 0), 8)
        #if canImport(CVTerm)
            let ratio = theirs.median / ours.median
            line += " " + column(fixed(1e-6 / theirs.median, 1), 10) + " " + column(fixed(ratio, 1), 8)
            line += " " + column(">= \(fixed(stream.goal, 0))", 8) + (ratio < stream.goal ? "  missed" : "")
        #endif
        print(line)
    }

    /// Seconds a byte, over as many whole chunks as fit the slice.
    private func pace(_ bytes: [UInt8], _ feed: (UnsafeRawBufferPointer) -> Void) -> Double {
        bytes.withUnsafeBytes { bytes in
            let start = threadTime()
            var (fed, at, elapsed) = (0, 0, 0.0)
            repeat {
                let count = min(Self.chunk, bytes.count - at)
                feed(UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
                fed += count
                at = at + count == bytes.count ? 0 : at + count
                elapsed = threadTime() - start
            } while elapsed * 1000 < Double(slice)
            return elapsed / Double(fed)
        }
    }

    private func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    // MARK: What ten thousand lines cost

    private func memory() {
        print("\n# 10,000 lines of 80 columns; a cell on the screen has \(MemoryLayout<Cell>.size) bytes")
        print(column("lines of", -32), column("MB", 8), column("process grew by", 18))
        let text = String(repeating: "x", count: 80)
        let rainbow = (0..<80).map { "\u{1B}[38;2;\($0);1;2mx" }.joined()
        let words = (0..<16).map { "\u{1B}[3\($0 % 8)mword " }.joined()
        var kept: [Terminal] = []  // so that the next one cannot use the memory of the last
        for (name, line) in [
            ("nothing", ""), ("blanks after a colour", "\u{1B}[32m\u{1B}[K"), ("plain text", text),
            ("words, each in a colour", words), ("CJK", String(repeating: "漢", count: 40)),
            ("another colour at every cell", rainbow),
        ] {
            let before = resident()
            let terminal = Terminal(columns: 80, rows: 24, scrollback: 10_000)
            kept.append(terminal)
            let bytes = Array((line + "\u{1B}[m\r\n").utf8)
            for _ in 0..<10_024 { bytes.withUnsafeBytes { terminal.feed($0) } }
            print(
                column(name, -32), column(fixed(Double(terminal.scrollbackBytes) / 1e6, 2), 8),
                column(fixed(Double(resident() - before) / 1e6, 2), 18))
        }
        #if canImport(CVTerm)
            let peer = VTermPeer(columns: 80, rows: 24, scrollback: 10_000)
            for _ in 0..<10_024 { Array((text + "\r\n").utf8).withUnsafeBytes { peer.feed($0) } }
            print(column("(libvterm, any)", -32), column(fixed(Double(peer.scrollbackBytes) / 1e6, 2), 8))
        #endif
    }

    /// Bytes of this process in memory.
    private func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
            separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}

#if canImport(CVTerm)
    /// libvterm with the scrollback that shim.h gives it.
    private final class VTermPeer {
        // SAFETY: made in init, freed in deinit, and used by the one thread that races.
        private let peer: UnsafeMutablePointer<lgtui_peer>
        private let columns: Int

        init(columns: Int, rows: Int, scrollback: Int) {
            guard let peer = lgtui_peer_new(Int32(rows), Int32(columns), Int32(scrollback)) else {
                fatalError("no memory for libvterm")
            }
            self.peer = peer
            self.columns = columns
        }

        deinit { lgtui_peer_free(peer) }

        func feed(_ bytes: UnsafeRawBufferPointer) {
            lgtui_peer_feed(peer, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }

        var scrollbackBytes: Int { lgtui_peer_scrollback_bytes(peer, Int32(columns)) }
    }
#endif
