// `--profile`, `lgtui debug block` and the engine's share of `--stats`, with the demo guest.

import Glibc
import Testing

@Suite(.serialized) struct ProfileTests {
    /// The samples of a folded profile.
    private func samples(_ text: String) -> Int {
        text.split(separator: "\n").reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
    }

    @Test func aBusyGuestIsSampled() throws {
        let folder = TemporaryFolder()
        let file = folder.file("out.folded")
        let outcome = Program.run(
            ["run", "--profile=\(file)", "16m", "demo"], input: Array("spin 1\rpoweroff\r".utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("demo: profile of "), "\(outcome.errors)")
        #expect(outcome.errors.contains("has no symbols"), "\(outcome.errors)")
        let text = folder.text("out.folded")
        #expect(text.contains("demo;kernel;0x"), "\(text)")
        #expect(samples(text) > 20, "\(text)")
    }

    @Test func aMapGivesNames() throws {
        let folder = TemporaryFolder()
        // The whole demo guest as one function.
        let map = folder.file("System.map", "c0100000 T the_kernel\nc010ffff T behind_it\nc0200000 A _etext\n")
        let file = folder.file("out.txt")
        let outcome = Program.run(
            ["run", "--profile=\(file)", "--symbols", map, "16m", "demo"], input: Array("spin 1\rpoweroff\r".utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let text = folder.text("out.txt")
        #expect(text.contains("symbols from \(map)"), "\(text)")
        #expect(text.contains(" the_kernel"), "\(text)")
    }

    @Test(arguments: ["crash now", "kill"])
    func aGuestThatDoesNotEndWellLeavesItsProfile(_ how: String) throws {
        let folder = TemporaryFolder()
        let file = folder.file("out.txt")
        let session = TerminalSession(["run", "--profile=\(file)", "16m", "demo"])
        try #require(session.wait(for: "demo>"), "\(session.screen)")
        session.type("spin 1\r")
        #expect(session.wait(for: "demo>", count: 2), "\(session.screen)")
        if how == "kill" { kill(session.pid, SIGTERM) } else { session.type(how + "\r") }
        let ending = session.end()
        #expect(how == "kill" ? ending == Ending(signal: SIGTERM) : ending == Ending(exitStatus: 1))
        #expect(folder.text("out.txt").contains("# demo: "))
        #expect(folder.text("out.txt").contains("kernel  0x"))
    }

    @Test func aProfileOfNothingIsAUsageError() {
        #expect(Program.run(["run", "--symbols=x", "16m", "demo"]).status == 64)
        #expect(Program.run(["run", "--profile=", "16m", "demo"]).status == 64)
        let outcome = Program.run(["run", "--profile=/nowhere/x", "16m", "demo"])
        #expect(outcome.status == 1 && outcome.errors.contains("/nowhere/x cannot be written"), "\(outcome.errors)")
    }

    @Test func aHotBlockIsFollowedToHostCode() throws {
        // The profile says where it is hot, and the block is shown there.
        let folder = TemporaryFolder()
        let file = folder.file("hot.txt")
        _ = Program.run(["run", "--profile=\(file)", "16m", "demo"], input: Array("spin 1\rpoweroff\r".utf8))
        let row = try #require(
            folder.text("hot.txt").split(separator: "\n").first { !$0.hasPrefix("#") && $0.contains("kernel  0x") })
        let address = String(try #require(row.split(separator: " ").first { $0.hasPrefix("0x") }))
        let outcome = Program.run(["debug", "block", "--type", "spin 2\\r", address])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("\nguest, "), "\(outcome.output)")
        #expect(outcome.output.contains("\nhost, "))
        #expect(outcome.output.contains("; entered from inside the page"))
    }

    @Test func codeThatNeverRunsIsReportedAsSuch() {
        let outcome = Program.run(["debug", "block", "--seconds=1", "0xc0fff000"])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("has not run in 1 seconds"), "\(outcome.errors)")
        let unknown = Program.run(["debug", "block", "sys_fork"])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("there is no function `sys_fork`: demo has no symbols"), "\(unknown.errors)")
    }

    @Test func statisticsTellOfTheEngine() {
        let text = Program.run(["run", "--stats", "16m", "demo"], input: Array("poweroff\r".utf8)).errors
        for words in [
            "exits, by kind:", "hypercall", "engine:", "blocks decoded", "TLB misses", "address spaces entered",
        ] {
            #expect(text.contains(words), "\(text)")
        }
        let json = Program.run(["run", "--stats=json", "16m", "demo"], input: Array("poweroff\r".utf8)).errors
        #expect(json.contains("\"engine\":{\"instructions_translated\":"))
        #expect(json.contains("\"exits_by_kind\":{\"hypercall\":"))
    }
}
