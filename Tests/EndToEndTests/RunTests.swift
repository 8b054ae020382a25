// `lgtui run`: one guest on the terminal itself, raw.

import Glibc
import Testing

@Suite(.serialized) struct RunTests {
    private func demo(_ options: [String] = [], _ words: [String] = []) throws -> TerminalSession {
        let session = TerminalSession(["run"] + options + ["16m", "demo"] + words)
        try #require(session.wait(for: "demo>"), "\(session.screen)")
        return session
    }

    @Test func poweringOffEndsWithSuccess() throws {
        let session = try demo()
        #expect(session.modeNow != session.modeBefore)
        session.type("poweroff\r")
        #expect(session.end() == Ending(exitStatus: 0))
        #expect(session.modeNow == session.modeBefore)
    }

    @Test func aDeathEndsWithOneAndItsReason() throws {
        let session = try demo()
        session.type("crash for a test\r")
        #expect(session.end() == Ending(exitStatus: 1))
        #expect(session.screen.contains { $0.hasPrefix("lgtui: demo:") && $0.contains("for a test") })
        #expect(session.modeNow == session.modeBefore)
    }

    @Test func threeInterruptsEndWithTwo() throws {
        let session = try demo()
        #expect(session.abortGuest { $0.screen.contains { $0.contains("aborted by ^C^C^C") } })
        #expect(session.end() == Ending(exitStatus: 2))
        #expect(session.modeNow == session.modeBefore)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGILL, SIGSEGV])
    func aSignalRestoresTheTerminal(signal: Int32) throws {
        let session = try demo()
        kill(session.pid, signal)
        #expect(session.end() == Ending(signal: signal))
        #expect(session.modeNow == session.modeBefore)
    }

    @Test func suspendingGivesTheTerminalBack() throws {
        let session = try demo()
        kill(session.pid, SIGTSTP)
        #expect(session.end().isStopped)
        #expect(session.modeNow == session.modeBefore)
        kill(session.pid, SIGCONT)
        #expect(session.wait { $0.modeNow != $0.modeBefore })
        session.type("echo again\r")
        #expect(session.wait(for: "again", count: 2))
    }

    @Test func theOldDialectRunsTheSameGuest() throws {
        let session = try demo(["--dialect=mm-2007"])
        session.type("echo from 2007\r")
        #expect(session.wait(for: "from 2007", count: 2))
    }

    @Test func statisticsAreJSONOnStandardError() throws {
        let session = try demo(["--stats=json"])
        session.type("poweroff\r")
        #expect(session.end() == Ending(exitStatus: 0))
        let text = String(decoding: session.stream, as: UTF8.self)
        #expect(text.contains("{\"guests\":[{\"name\":\"demo\",\"instructions\":"))
    }

    @Test func withoutATerminalOutputGoesToThePipe() {
        let outcome = Program.run(["run", "16m", "demo"], input: Array("echo piped\rpoweroff\r".utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("piped"))
        #expect(!outcome.errors.contains("lgtui: "), "\(outcome.errors)")
    }
}
