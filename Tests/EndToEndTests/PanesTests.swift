// The panes, as a user sees them: the program on a pseudo-terminal, with real guests in it.

import Glibc
import Testing

/// Ctrl-].
private let prefix = "\u{1d}"

@Suite(.serialized) struct PanesTests {
    /// The demo lab with all four guests at their prompts.
    private func demoLab(columns: Int = 200, rows: Int = 50, environment: [String] = []) throws -> TerminalSession {
        let session = TerminalSession(
            [], columns: columns, rows: rows, environment: Program.baseEnvironment + environment)
        try #require(session.waitForDemoLab(), "\(session.screen)")
        return session
    }

    /// The inside of the first pane at 200×50.
    private func firstPane(_ session: TerminalSession) -> [String] { session.part(columns: 1..<98, rows: 1..<23) }
    private func otherPanes(_ session: TerminalSession) -> [String] {
        session.part(columns: 100..<199, rows: 1..<23) + session.part(columns: 1..<199, rows: 25..<46)
    }

    @Test func theDemoLabShowsFourGuests() throws {
        let session = try demoLab()
        for name in ["1 puppy", "2 kitten", "3 duckling", "4 hatchling"] { #expect(session.wait(for: name)) }
        #expect(session.wait(for: "running", count: 5))
        #expect(session.wait(for: "4/4"))
    }

    @Test func theGuestsOfTheDemoLabHearEachOtherFromTheStart() throws {
        let session = try demoLab()
        #expect(session.wait(for: "↓1 ↑1", count: 4), "\(session.screen)")
        session.type("net\r")
        #expect(session.wait(for: "10.0.0.2 kitten"))
        session.type("chat 10.0.0.2 over the fence\r")
        #expect(session.wait(for: "10.0.0.1 over the fence"))
    }

    @Test func typingReachesOnlyTheFocusedGuest() throws {
        let session = try demoLab()
        session.type("echo only-here\r")
        #expect(session.wait { self.firstPane($0).count { $0.hasPrefix("only-here") } == 1 })
        #expect(!otherPanes(session).contains { $0.contains("only-here") })
        session.type(prefix + "4echo down-there\r")
        #expect(session.wait { self.otherPanes($0).contains { $0.contains("down-there") } })
        #expect(!firstPane(session).contains { $0.contains("down-there") })
    }

    @Test func theBarMovesWhenADiskIsRead() throws {
        let session = try demoLab()
        session.type("disk sum\r")
        #expect(
            session.wait { screen in
                guard let bar = screen.screen.first(where: { $0.contains("disk r") }) else { return false }
                return !bar.contains("disk r    0B/s")
            })
    }

    @Test func threeInterruptsAbortOneGuestAndTheRestLiveOn() throws {
        let session = try demoLab()
        var counts: Set<Character> = []
        let isAborted = session.abortGuest { screen in
            let line = screen.screen.last ?? ""
            if let end = line.firstRange(of: " of 3")?.lowerBound, end > line.startIndex {
                counts.insert(line[line.index(before: end)])
            }
            return self.firstPane(screen).contains { $0.contains("Aborted by ^C^C^C") }
        }
        try #require(isAborted, "\(session.screen)")
        // The guest may show its ^C a moment before we show the count, but never two counts late.
        #expect(!counts.isDisjoint(with: ["1", "2"]))
        #expect(session.wait(for: "(3 of 3)"))
        #expect(session.wait(for: "3/4"))
        session.type(prefix + "2echo still-alive\r")
        #expect(session.wait(for: "still-alive", count: 2))
        session.type(prefix + "1" + prefix + "r")
        #expect(session.wait(for: "4/4"))
        #expect(session.waitForDemoLab())
    }

    @Test func aDeadGuestKeepsItsScreenAndSaysWhy() throws {
        let session = try demoLab()
        session.type("crash the boat is sinking\r")
        #expect(
            session.wait { screen in
                let pane = self.firstPane(screen)
                return pane.contains { $0.contains("Dead:") && $0.contains("the boat is sinking") }
                    && pane.contains { $0.contains("Ctrl-] r") } && pane.contains { $0.contains("puppy> crash") }
            }, "\(session.screen)")
    }

    @Test func killAndRestartHaveKeys() throws {
        let session = try demoLab()
        session.type(prefix + "3" + prefix + "k")
        #expect(session.wait(for: "Killed."))
        session.type(prefix + "r")
        #expect(session.wait(for: "4/4"))
        #expect(session.waitForDemoLab())
    }

    @Test func theDoubledPrefixReachesTheGuest() throws {
        let session = try demoLab()
        session.type(prefix + prefix)
        session.type("echo x\r")
        // The guest was asked something, and it was not "echo x" alone or nothing at all.
        #expect(session.wait { self.firstPane($0).count { $0.hasPrefix("puppy>") } >= 2 })
    }

    @Test func helpLiesOverThePanesAndGoesAway() throws {
        let session = try demoLab()
        session.type(prefix + "?")
        #expect(session.wait(for: "Moving around"))
        session.type("x")
        #expect(session.wait { !$0.screen.contains { $0.contains("Moving around") } })
        #expect(session.waitForDemoLab())
    }

    @Test func zoomGivesOneGuestTheScreen() throws {
        let session = try demoLab()
        session.type(prefix + "2" + prefix + "z")
        #expect(session.wait { $0.screen[0].contains("2/4 kitten") && !$0.screen.contains { $0.contains("puppy") } })
        session.type(prefix + "z")
        #expect(session.wait(for: "1 puppy"))
    }

    @Test func quittingAsksAndRestoresTheTerminal() throws {
        let session = try demoLab()
        #expect(session.modeNow != session.modeBefore)
        session.type(prefix + "q")
        #expect(session.wait(for: "Quit? (y/n)"))
        session.type("n")
        #expect(session.wait { !$0.screen.contains { $0.contains("Quit?") } })
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(session.modeNow == session.modeBefore)
        #expect(session.emulatorModes == TerminalSession.emulatorModesBefore)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
    func aSignalEndsTheProgramWithTheTerminalRestored(signal: Int32) throws {
        let session = try demoLab()
        kill(session.pid, signal)
        #expect(session.end() == Ending(signal: signal))
        #expect(session.modeNow == session.modeBefore)
        #expect(session.emulatorModes == TerminalSession.emulatorModesBefore)
    }

    @Test(arguments: [SIGILL, SIGTRAP, SIGSEGV, SIGABRT])
    func aTrapLeavesTheTerminalRestored(signal: Int32) throws {
        let session = try demoLab()
        kill(session.pid, signal)
        #expect(session.end() == Ending(signal: signal))
        #expect(session.modeNow == session.modeBefore)
        #expect(session.emulatorModes == TerminalSession.emulatorModesBefore)
    }

    @Test(arguments: [true, false]) func suspendingGivesTheTerminalBackAndContinuingTakesIt(byKey: Bool) throws {
        let session = try demoLab()
        if byKey { session.type(prefix + "\u{1a}") } else { kill(session.pid, SIGTSTP) }
        #expect(session.end().isStopped)
        #expect(session.modeNow == session.modeBefore)
        #expect(session.wait { $0.emulatorModes == TerminalSession.emulatorModesBefore })
        kill(session.pid, SIGCONT)
        #expect(session.wait { $0.isOnAlternateScreen && $0.modeNow != $0.modeBefore })
        session.type("echo back-again\r")
        #expect(session.wait(for: "back-again", count: 2))
    }

    @Test func aStormOfSizesDoesNoHarm() throws {
        let session = try demoLab(columns: 80, rows: 24)
        let sizes = [(1, 1), (2, 2), (300, 1), (1, 100), (20, 5), (19, 4), (200, 50), (3, 3), (40, 10), (250, 80)]
        for round in 0..<3 {
            for (columns, rows) in sizes {
                session.resize(columns: columns, rows: rows)
                session.type(round == 1 ? prefix + "z" : prefix + "n")
                _ = session.wait(seconds: 0) { _ in true }
            }
        }
        session.resize(columns: 120, rows: 40)
        // Wherever the focus and the zoom ended up, the guest in front answers.
        session.type("echo survived\r")
        #expect(session.wait(for: "survived", count: 2), "\(session.screen)")
    }

    @Test func twentyByFiveIsUsable() throws {
        let session = TerminalSession([], columns: 20, rows: 5)
        try #require(session.wait(for: "puppy>"))
        #expect(session.screen[0].contains("1/4 puppy"))
        session.type("echo tiny\r")
        #expect(session.wait { $0.screen.contains { $0.hasPrefix("tiny") } }, "\(session.screen)")
        session.type(prefix + "n")
        #expect(session.wait { $0.screen[0].contains("2/4 kitten") })
        session.type(prefix + "q")
        #expect(session.wait(for: "(y/n)"))
        session.type("y")
        #expect(session.end() == Ending(exitStatus: 0))
    }

    @Test func withoutColourNothingIsColoured() throws {
        let session = try demoLab(environment: ["NO_COLOR=1"])
        #expect(!session.isColored)
        let colored = try demoLab()
        #expect(colored.isColored)
    }

    @Test(arguments: ["xterm-256color", "linux", "vt100", "screen", "tmux-256color"])
    func commonTerminalsShowThePanes(name: String) throws {
        let environment = Program.baseEnvironment.filter { !$0.hasPrefix("TERM=") } + ["TERM=\(name)"]
        let session = TerminalSession([], columns: 120, rows: 40, environment: environment)
        #expect(session.waitForDemoLab(), "\(session.screen)")
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(session.modeNow == session.modeBefore)
        #expect(session.emulatorModes == TerminalSession.emulatorModesBefore)
    }

    @Test func guestsFromTheCommandLineGetPanes() throws {
        let session = TerminalSession(
            ["run", "--theme", "mono", "16m", "demo", "--name=one", "--", "16m", "demo", "--name=two"],
            columns: 120, rows: 40)
        #expect(session.wait(for: "one>"))
        #expect(session.wait(for: "two>"))
        #expect(session.wait(for: "1 one"))
        #expect(session.wait(for: "2 two"))
    }
}
