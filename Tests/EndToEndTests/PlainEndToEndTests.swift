// `--plain`, scripts and recordings: the program with pipes instead of a screen, and its files played back.

import Glibc
import TerminalCore
import Testing

@Suite(.serialized) struct PlainEndToEndTests {
    private let folder = TemporaryFolder()

    private func lab(_ names: [String], _ root: String = "", guest: String = "") -> String {
        let guests = names.map { "[[guest]]\nname = \"\($0)\"\nkernel = \"demo\"\nmemory = \"16m\"\n\(guest)\n" }
        return folder.file("lab.toml", root + "\n" + guests.joined())
    }

    @Test func linesHaveTheNameOfTheirGuestAndCommandsComeFromStandardInput() {
        let commands = """
            # All of this arrives before the guests have booted.
            wait web1 "web1>" then type web1 "echo one-$\\x28\\x29\\n"
            wait web2 "web2>" then type web2 "echo two; \\e[D\\x7f\\n"
            wait web1 "^one" then type web1 "poweroff\\n"
            wait web2 "^two" then type web2 "poweroff\\n"
            no-such-command

            """
        let outcome = Program.run(["--plain", lab(["web1", "web2"])], input: Array(commands.utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.contains("web1| one-$()"), "\(outcome.output)")
        #expect(lines.contains { $0.hasPrefix("web2| two") })
        #expect(lines.allSatisfy { $0.hasPrefix("web1| ") || $0.hasPrefix("web2| ") })
        #expect(!outcome.output.utf8.contains(0x1b))
        #expect(outcome.errorLines.contains { $0.contains("no command called no-such-command") })
        #expect(outcome.errorLines.contains("lgtui: web1: powered off"))
    }

    @Test func aDeathIsTheStatusOfTheProgram() {
        let script = #"script = ["wait a a> then type a 'crash for a test\n'", "wait b b> then type b 'poweroff\n'"]"#
        let outcome = Program.run(["--plain", lab(["a", "b"], script)])
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.contains { $0.hasPrefix("lgtui: a: dead: ") && $0.contains("for a test") })
        #expect(outcome.errorLines.contains("lgtui: b: powered off"))
    }

    @Test func aScriptThatWaitsInVainEndsTheProgramAndSaysSo() {
        let script = #"script = ["wait a a> then type a 'echo x\n'", "wait a never-said timeout 0.5", "quit"]"#
        let outcome = Program.run(["--plain", lab(["a"], script)])
        #expect(outcome.status == 1)
        #expect(
            outcome.errorLines.contains {
                $0.contains("the lab's script, step 2: wait a never-said: it has not come within 0.5 s")
            }, "\(outcome.errors)")
    }

    @Test func quitEndsEverythingWithSuccess() {
        let outcome = Program.run(
            ["run", "--plain", "-c", "wait 1 'demo[1]>'", "-c", "quit", "16m", "demo", "--", "16m", "demo"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("demo1| "))
    }

    @Test(arguments: [SIGTERM, SIGINT]) func aSignalEndsIt(signal: Int32) {
        let out = folder.file("out")
        let pid = Program.spawn(["--plain", lab(["a"])], environment: Program.baseEnvironment, isSession: false) {
            posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&$0, 1, out, O_WRONLY, 0)
        }
        var deadline = Deadline()
        while !folder.text("out").contains("a| a>"), !deadline.isOver { deadline.rest() }
        #expect(folder.text("out").contains("a| a>"), "a prompt is shown although its line has no end")
        kill(pid, signal)
        #expect(Ending.wait(for: pid) == Ending(signal: signal))
    }

    @Test func aClosedPipeIsAnEndAndNoHang() {
        var pipes: [Int32] = [0, 0]
        pipe(&pipes)
        let pid = Program.spawn(["--plain", lab(["a"])], environment: Program.baseEnvironment, isSession: false) {
            posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&$0, pipes[1], 1)
            posix_spawn_file_actions_addclose(&$0, pipes[0])
        }
        close(pipes[1])
        close(pipes[0])
        #expect(Ending.wait(for: pid) == Ending(exitStatus: 1))
    }

    // MARK: Recordings

    /// The screen that `bytes` make.
    private func screen(_ bytes: some Sequence<UInt8>) -> [String] {
        let terminal = Terminal(columns: 80, rows: 24)
        terminal.feed(bytes)
        return (0..<24).map { ScreenText.line(terminal.row($0), of: terminal) }
    }

    /// What a player would write: the texts of the output events, in order.
    private func played(_ cast: String) throws -> [UInt8] {
        var output: [UInt8] = []
        for line in cast.split(separator: "\n").dropFirst() {
            let parts = line.split(separator: ",", maxSplits: 2)
            try #require(parts.count == 3 && line.hasPrefix("[") && line.hasSuffix("]"))
            if parts[1] == "\"o\"" { output += Self.unquoted(parts[2].dropLast()) }
        }
        return output
    }

    /// A JSON string's bytes.
    private static func unquoted(_ text: Substring) -> [UInt8] {
        var result = ""
        var rest = text.dropFirst().dropLast()[...]
        while let character = rest.popFirst() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "u":
                let value = UInt32(rest.prefix(4), radix: 16).flatMap(Unicode.Scalar.init)
                if let value { result.unicodeScalars.append(value) }
                rest = rest.dropFirst(4)
            case let other: if let other { result.append(other) }
            }
        }
        return Array(result.utf8)
    }

    @Test func aRecordingPlaysBackToTheSameScreen() throws {
        let script = """
            script = ["wait a a> then type a 'unicode\\n'", "wait a 'a> $' then type a 'colors\\n'",
                "wait a 'a> $' then type a 'echo the end\\n'", "wait a '^the end' then type a 'crash now\\n'"]
            """
        let path = folder.path
        for format in ["raw", "cast", "text"] {
            let outcome = Program.run(
                ["--plain", "--record=\(format):\(path)/rec.\(format)", lab(["a"], script)])
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("dead"))
        }
        let raw = Array(folder.text("rec.raw").utf8)
        #expect(!raw.isEmpty)
        let shown = screen(raw)
        #expect(shown.contains { $0.contains("the end") })
        let cast = folder.text("rec.cast")
        #expect(cast.hasPrefix("{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":"))
        // Two runs of the same guest say the same on their last screen, but for times and speeds.
        let replayed = screen(try played(cast))
        #expect(replayed.filter { $0.contains("the end") } == shown.filter { $0.contains("the end") })
        #expect(replayed.count { !$0.isEmpty } == shown.count { !$0.isEmpty })
        let text = folder.text("rec.text").split(separator: "\n")
        #expect(text.contains { $0.hasSuffix(" the end") })
        #expect(text.allSatisfy { $0.prefix(2) == "20" && $0.dropFirst(19).first == "." })
        #expect(!folder.text("rec.text").utf8.contains(0x1b))
    }

    @Test func oneGuestOnTheTerminalIsRecordedToo() throws {
        let file = folder.path + "/one.raw"
        let outcome = Program.run(
            ["run", "--record=raw:\(file)", "16m", "demo"], input: Array("echo both ways\rpoweroff\r".utf8))
        #expect(outcome.status == 0)
        #expect(folder.text("one.raw") == outcome.output)
        #expect(outcome.output.contains("both ways"))
    }
}

/// The same things by keys, in panes.
@Suite(.serialized) struct ConsoleKeysTests {
    private let folder = TemporaryFolder()
    private let prefix = "\u{1d}"

    private func session(_ keys: [String] = [], _ root: String = "", commands: [String] = []) throws -> TerminalSession
    {
        let guests = ["one", "two"].map { name in
            "[[guest]]\nname = \"\(name)\"\nkernel = \"demo\"\nmemory = \"16m\"\n"
                + (name == "two" ? keys.joined(separator: "\n") : "") + "\n"
        }
        let lab = folder.file("lab.toml", root + "\n" + guests.joined())
        let session = TerminalSession(commands.flatMap { ["-c", $0] } + [lab], columns: 160, rows: 40)
        try #require(session.wait(for: "one>"), "\(session.screen)")
        try #require(session.wait(for: "two>"), "\(session.screen)")
        return session
    }

    @Test func aBroadcastIsLoudAndReachesEverybody() throws {
        let session = try session()
        session.type(prefix + "B")
        #expect(session.wait { $0.screen.first.map { occurrences(of: "BROADCAST", in: $0) } == 2 }, "\(session.screen)")
        session.type("echo to-all\r")
        #expect(session.wait { $0.screen.contains { occurrences(of: "to-all", in: $0) >= 2 } }, "\(session.screen)")
        session.type(prefix + "B")
        #expect(session.wait { !$0.screen.contains { $0.contains("BROADCAST") } })
    }

    @Test func aReadOnlyPaneTakesNothing() throws {
        let session = try session()
        session.type(prefix + "V")
        #expect(session.wait { $0.screen[0].contains("read-only") })
        session.type("echo never\r")
        #expect(session.wait(for: "one is read-only"))
        session.type(prefix + "V")
        #expect(session.wait { !$0.screen[0].contains("read-only") })
        session.type("echo ever\r")
        #expect(session.wait(for: "ever", count: 2))
        #expect(!session.screen.contains { $0.contains("never") })
    }

    @Test func aMonitorMarksItsPaneAndRunsItsCommand() throws {
        let session = try session(["monitor = [\"match '^panic' type one 'echo heard\\\\n'\"]"])
        session.type(prefix + "2")
        session.type("echo panic\r" + prefix + "1")
        #expect(session.wait(for: "heard", count: 2), "\(session.screen)")
        #expect(session.wait { $0.screen[0].contains("!match") }, "\(session.screen)")
        session.type(prefix + "2")
        #expect(session.wait { !$0.screen[0].contains("!match") })
    }

    @Test func aKeyRecordsUntilTheEndOfTheProgram() throws {
        let session = try session([], commands: ["at two record text \(folder.path)/two.txt"])
        #expect(session.wait { $0.screen[0].contains("rec ") || $0.screen[0].contains(" rec") }, "\(session.screen)")
        session.type(prefix + "2")
        session.type("echo for the record\r")
        #expect(session.wait(for: "for the record", count: 2))
        session.type(prefix + "qy")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(folder.text("two.txt").contains(" for the record\n"))
    }

    @Test func aFullDiskIsToldInBothPlacesAndTheGuestLivesOn() throws {
        let session = try session()
        session.type(prefix + ":record raw /dev/full\r" + "echo alive\r")
        #expect(session.wait(for: "No space left on device", count: 2), "\(session.screen)")
        session.type("echo and kicking\r")
        #expect(session.wait(for: "and kicking", count: 2), "\(session.screen)")
    }

    @Test func aFileIsTypedAtTheGuest() throws {
        let lines = (1...60).map { "echo sent-\($0)" }.joined(separator: "\n") + "\n"
        let path = folder.file("lines", lines)
        let session = try session(commands: ["wait 1 one> then send-file \(path)"])
        var isTold = false
        let isTyped = session.wait { session in
            isTold = isTold || occurrences(of: "is typed", inLines: session.screen) > 0
            return isTold && occurrences(of: "sent-60", inLines: session.screen) >= 2
        }
        #expect(isTyped, "\(session.screen)")
    }
}
