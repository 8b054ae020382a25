// What nobody should do to a terminal: a hundred megabytes at once, and a window that changes its size a thousand times
// meanwhile. Afterwards the screen is right, the program has not grown, and it still listens.

import Glibc
import Testing

/// Ctrl-].
private let prefix = "\u{1d}"

@Suite(.serialized) struct FloodTests {
    /// Bytes of memory that the program holds at the moment.
    private func residentBytes(_ session: TerminalSession) -> Int {
        guard let file = fopen("/proc/\(session.pid)/statm", "r") else { return .max }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return .max }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return pages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } ?? .max
    }

    private func lab(_ names: [String], run: String?, in folder: TemporaryFolder) -> String {
        let guests = names.map { name in
            let command = run.map { ", \"run=\($0)\"" } ?? ""
            return """
                [[guest]]
                name = "\(name)"
                kernel = "demo"
                memory = "8m"
                args = ["quiet", "name=\(name)"\(command)]

                """
        }
        return folder.file("lab.toml", guests.joined(separator: "\n"))
    }

    @Test func aHundredMegabytesLeaveTheScreenRightAndTheMemoryAlone() throws {
        let folder = TemporaryFolder()
        let session = TerminalSession([lab(["hose"], run: nil, in: folder)], columns: 100, rows: 30)
        try #require(session.wait(for: "hose>"), "\(session.screen)")
        // Once before, so that the scrollback is full and everything that will ever be needed is there.
        session.type("stream ascii 4\r")
        try #require(session.wait(for: "streamed", count: 1), "\(session.screen)")
        let before = residentBytes(session)
        session.type("clear\r")
        try #require(session.wait { screen in !screen.screen.contains { $0.contains("streamed") } })
        session.type("stream ascii 100\r")
        try #require(session.wait(seconds: 120, until: { $0.screen.contains { $0.contains("streamed 1048") } }))
        let after = residentBytes(session)
        #expect(after - before < 8 << 20, "grew from \(before) to \(after)")
        // Whole blocks were sent, of lines that are numbered from 00 to 49.
        let end = try #require(session.screen.firstIndex { $0.contains("streamed 1048") })
        try #require(end >= 20)
        for (back, line) in session.screen[..<end].reversed().prefix(18).enumerated() {
            let text = "The quick brown fox jumps over the lazy dog, and then some more of it comes."
            #expect(line.contains("\(49 - back) \(text)"))
        }
        // What went to the outer terminal was frames, not the flood.
        #expect(session.stream.count < 20 << 20)
        session.type("echo still-here\r")
        #expect(session.wait(for: "still-here", count: 2), "\(session.screen)")
    }

    @Test func aThousandSizesInAFloodLeaveTheScreenRight() throws {
        let folder = TemporaryFolder()
        let names = ["one", "two", "three", "four"]
        let session = TerminalSession([lab(names, run: "stream color", in: folder)], columns: 120, rows: 40)
        try #require(session.wait(for: "word7", count: 40), "\(session.screen)")
        var random = SystemRandomNumberGenerator()
        var largest = 0
        for number in 0..<1000 {
            session.resize(
                columns: Int.random(in: 1...250, using: &random), rows: Int.random(in: 1...80, using: &random))
            // A moment for every change, or the program would see ten of them at once.
            _ = session.wait(seconds: 0) { _ in true }
            poll(nil, 0, 2)
            if number == 200 { largest = residentBytes(session) }
        }
        // Everything there is has been as large as it gets by the first two hundred.
        #expect(residentBytes(session) - largest < 64 << 20, "\(largest), then \(residentBytes(session))")
        session.resize(columns: 120, rows: 40)
        // The floods end one by one, as each guest gets its ^C; what then stands there must be what is drawn from nothing.
        for number in 1...4 {
            session.type(prefix + "\(number)")
            session.type("\u{3}")
        }
        for name in names { try #require(session.wait(for: "\(name)>"), "\(session.screen)") }
        var old: [String] = []
        try #require(
            session.wait { screen in
                defer { old = screen.screen.dropLast(2) }
                return old == Array(screen.screen.dropLast(2))
            })
        session.spoil()
        kill(session.pid, SIGCONT)
        #expect(session.wait { Array($0.screen.dropLast(2)) == old }, "\(old)\n\(session.screen)")
        session.type("echo still-here\r")
        #expect(session.wait(for: "still-here", count: 2), "\(session.screen)")
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
    }
}
