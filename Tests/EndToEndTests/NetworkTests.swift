// Two programs on one cable. Each is started, killed and started again as users and bad days do it, and the other must not mind.

import Glibc
import Testing

@Suite(.serialized) struct NetworkTests {
    private let folder = TemporaryFolder()
    private var cable: String { folder.path + "/wire" }

    private func words(_ address: String, _ options: [String] = [], _ arguments: [String] = []) -> [String] {
        ["run", "16m", "demo", "--sharenet=\(cable)"] + options + ["ip=\(address)", "quiet"] + arguments
    }

    private func session(_ words: [String]) throws -> TerminalSession {
        let session = TerminalSession(words, columns: 100)
        try #require(session.wait(for: "demo>"), "\(session.screen)")
        return session
    }

    @Test func `guests of two programs ping each other, and a capture has every packet`() throws {
        let capture = folder.path + "/capture"
        let one = try session(words("10.9.0.1", ["--pcap=\(capture)"]))
        let two = try session(words("10.9.0.2"))
        one.type("ping 10.9.0.2 500\r")
        #expect(one.wait(for: "500 sent, 500 answered"), "\(one.screen)")
        two.type("ping 10.9.0.1 500\r")
        #expect(two.wait(for: "500 sent, 500 answered"), "\(two.screen)")
        one.type("poweroff\r")
        #expect(one.end() == Ending(exitStatus: 0))
        // Whoever is left alone notices, and has company again as soon as somebody comes.
        two.type("ping 10.9.0.1 1\r")
        #expect(two.wait(for: "1 sent, 0 answered"), "\(two.screen)")
        let next = try session(words("10.9.0.1"))
        two.type("ping 10.9.0.1 2\r")
        #expect(two.wait(for: "2 sent, 2 answered"), "\(two.screen)")
        withExtendedLifetime(next) {}

        guard access("/usr/bin/tcpdump", X_OK) == 0 else {
            print("not read back: tcpdump is not installed")
            return
        }
        let text = folder.path + "/text"
        #expect(system("/usr/bin/tcpdump -n -r \(capture) icmp > \(text) 2>/dev/null") == 0)
        let lines = folder.text("text").split(separator: "\n")
        #expect(lines.count { $0.contains("10.9.0.1 > 10.9.0.2: ICMP echo request") } == 500)
        #expect(lines.count { $0.contains("10.9.0.1 > 10.9.0.2: ICMP echo reply") } == 500)
        #expect(lines.count == 2000)
    }

    @Test func `a program is killed a hundred times in full flow, and its neighbour lives on`() throws {
        let survivor = try session(words("10.9.0.1"))
        survivor.type("listen\r")
        #expect(survivor.wait(for: "listening"))
        let output = folder.path + "/output"
        let victim = words("10.9.0.2", [], ["run=ping 10.9.0.1 1; flood 10.9.0.1 100000000 1000"])
        for round in 0..<100 {
            let pid = Program.spawn(victim, environment: Program.baseEnvironment, isSession: true) { actions in
                posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
                posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
                posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
            }
            var deadline = Deadline()
            var isHeard = false
            while !isHeard, !deadline.isOver {
                isHeard = folder.text("output").contains("1 sent, 1 answered")
                deadline.rest()
            }
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            try #require(isHeard, "round \(round): \(folder.text("output"))")
        }
        survivor.type("\u{3}")
        #expect(survivor.wait(for: "gaps between numbered ones"), "\(survivor.screen)")
        // The last victim's MAC goes with the next comer, who gets its slot and is the only neighbour.
        let next = try session(words("10.9.0.3"))
        next.type("ping 10.9.0.1 100\r")
        #expect(next.wait(for: "100 sent, 100 answered"), "\(next.screen)")
        next.type("net\r")
        #expect(next.wait(for: "10.9.0.3/16  slot 1"), "\(next.screen)")
        survivor.type("ping 10.9.0.3 100\r")
        #expect(survivor.wait(for: "100 sent, 100 answered"), "\(survivor.screen)")
    }
}
