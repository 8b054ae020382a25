// Layouts, pages, the finder and the mouse, as a user meets them: real guests, a real pseudo-terminal, and what is on the
// screen in the end.

import Glibc
import Testing

/// Ctrl-].
private let prefix = "\u{1d}"

@Suite(.serialized) struct LayoutEndToEndTests {
    private func demoLab(columns: Int, rows: Int, environment: [String] = []) throws -> TerminalSession {
        let session = TerminalSession(
            [], columns: columns, rows: rows, environment: Program.baseEnvironment + environment)
        try #require(session.waitForDemoLab(), "\(session.screen)")
        return session
    }

    /// A lab of small demo guests.
    private func lab(_ names: [String], in folder: TemporaryFolder) -> String {
        let guests = names.map { "[[guest]]\nname = \"\($0)\"\nkernel = \"demo\"\nmemory = \"8m\"\n" }
        return folder.file("lab.toml", guests.joined(separator: "\n"))
    }

    @Test func guestsThatHaveNoRoomGetPages() throws {
        let folder = TemporaryFolder()
        let names = (1...6).map { "node\($0)" }
        let session = TerminalSession([lab(names, in: folder)], columns: 80, rows: 24)
        #expect(session.wait(for: "node1>"), "\(session.screen)")
        #expect(session.screen[0].contains("[1 node1…node3]"))
        #expect(session.screen[0].contains("2 node4…node6"))
        session.type(prefix + ")echo second-page\r")
        #expect(
            session.wait {
                $0.screen[0].contains("[2 node4…node6") && $0.screen.contains { $0.contains("second-page") }
            })
        // A number crosses pages, and so does the finder.
        session.type(prefix + "2")
        #expect(session.wait { $0.screen[0].contains("[1 ") && $0.screen.contains { $0.hasPrefix(" 2 node2") } })
        session.type(prefix + "fd6\r")
        #expect(session.wait { $0.screen[0].contains("[2 ") && $0.screen.contains { $0.hasPrefix(" 6 node6") } })
        // One of them moves over.
        session.type(prefix + "+")
        #expect(session.wait { $0.screen[0].contains("[1 node1…node6]") }, "\(session.screen)")
        session.type("echo moved-over\r")
        #expect(session.wait(for: "moved-over", count: 2))
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 50)])
    func theOverviewShowsAllAndEnterDivesIn(columns: Int, rows: Int) throws {
        let session = try demoLab(columns: columns, rows: rows)
        session.type(prefix + "w")
        #expect(session.wait { $0.screen.last?.contains("4/4 up") == true }, "\(session.screen)")
        for prompt in ["puppy>", "kitten>", "duckling>", "hatchling>"] { #expect(session.wait(for: prompt)) }
        session.type("\u{1b}[B\u{1b}[C\r")
        #expect(session.wait { $0.screen.contains { $0.hasPrefix(" 4 hatchling") } }, "\(session.screen)")
        session.type("echo dived-in\r")
        #expect(session.wait(for: "dived-in", count: 2))
    }

    @Test func theMouseFocusesAndMovesBordersAndIsGivenBack() throws {
        let session = try demoLab(columns: 80, rows: 24)
        #expect(session.hasMouse)
        // SGR reports count from 1.
        session.type("\u{1b}[<0;60;16M\u{1b}[<0;60;16mecho clicked\r")
        #expect(session.wait(for: "clicked", count: 2), "\(session.screen)")
        #expect(session.wait { $0.screen.contains { $0.hasPrefix(" 4 hatchling") } })
        // The border between the upper two is at column 39, from 0.
        session.type("\u{1b}[<0;40;5M\u{1b}[<32;42;5M\u{1b}[<32;50;5M\u{1b}[<0;50;5m")
        #expect(
            session.wait { screen in
                let row = Array(screen.screen[4])
                return row.count > 49 && row[49] == "│" && row[39] != "│"
            }, "\(session.screen)")
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(!session.hasMouse)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGSEGV, SIGILL])
    func theMouseIsGivenBackWhateverHappens(signal: Int32) throws {
        let session = try demoLab(columns: 80, rows: 24)
        #expect(session.hasMouse)
        kill(session.pid, signal)
        #expect(session.end() == Ending(signal: signal))
        #expect(!session.hasMouse)
        #expect(session.modeNow == session.modeBefore)
    }

    @Test func theMouseIsGivenBackForAStopAndTakenAgain() throws {
        let session = try demoLab(columns: 80, rows: 24)
        session.type(prefix + "\u{1a}")
        #expect(session.end().isStopped)
        #expect(session.wait { !$0.hasMouse })
        kill(session.pid, SIGCONT)
        #expect(session.wait { $0.hasMouse })
    }

    @Test func aTerminalWithoutAMouseIsNotAsked() throws {
        let environment = Program.baseEnvironment.filter { !$0.hasPrefix("TERM=") } + ["TERM=vt100"]
        let session = TerminalSession([], columns: 80, rows: 24, environment: environment)
        try #require(session.waitForDemoLab(), "\(session.screen)")
        #expect(!session.hasMouse)
        #expect(!String(decoding: session.stream, as: UTF8.self).contains("?1002"))
    }

    @Test func aLayoutSurvivesSillySizes() throws {
        let session = try demoLab(columns: 120, rows: 40)
        session.type(prefix + "  ")
        for keys in ["L", "J", "%", "\"", "}", ">", "E", " ", "{", "!", "+", "_", "(", "F"] {
            session.type(prefix + keys)
            session.resize(columns: 1 + keys.utf8.reduce(0) { $0 + Int($1) } % 40, rows: 3)
        }
        session.resize(columns: 120, rows: 40)
        // Which sizes were seen at all, and so who is on which page and whose name fits a tab, is a matter of luck. At this size
        // all of them fit one page.
        #expect(session.wait { !$0.screen[38].isEmpty }, "\(session.screen)")
        session.type(prefix + "F")
        session.type("echo still-here\r")
        #expect(session.wait(for: "still-here", count: 2), "\(session.screen)")
        for name in ["puppy", "kitten", "duckling", "hatchling"] { #expect(session.wait(for: name)) }
    }

    @Test func aTerminalThatShrankAndGrewBackIsPaintedAnew() throws {
        let session = try demoLab(columns: 120, rows: 40)
        // The program sleeps through both changes and wakes up to the size that it knows.
        kill(session.pid, SIGSTOP)
        session.resize(columns: 20, rows: 3)
        session.resize(columns: 120, rows: 40)
        kill(session.pid, SIGCONT)
        for name in ["1 puppy", "2 kitten", "3 duckling", "4 hatchling"] { #expect(session.wait(for: name)) }
        #expect(session.waitForDemoLab(), "\(session.screen)")
    }
}
