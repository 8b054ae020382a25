// The whole way: a guest writes, a pane shows it, a terminal sees it; beside tmux, whose pane runs a program that writes the
// same bytes. Then the way back: how long a key takes to be seen, and what it costs to do nothing.

import ArgumentParser
import Glibc
import TerminalCore

struct Panes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Floods, keystrokes and idleness of the whole program, beside tmux.")

    @Option(help: "The lgtui program.") var lgtui = "../.build/release/lgtui"
    @Option(help: "MiB that each flood has.") var mib = 64
    @Option(help: "Rounds of each flood.") var rounds = 5
    @Option(help: "Keystrokes of each latency.") var keys = 200
    @Option(help: "Seconds of idleness.") var idle = 10
    @Argument(help: "What to measure: floods, keys, idle (default: all).") var parts: [Part] = []

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case floods, keys, idle
    }

    private var contenders: Contenders { Contenders(program: lgtui, directory: "/tmp/lgtui-bench-\(getpid())") }

    func run() throws {
        guard mib > 0, rounds > 0, keys > 0, idle > 0 else { throw ValidationError("all numbers are above zero") }
        let directory = contenders.directory
        guard mkdir(directory, 0o700) == 0 else { throw BenchError.cannotStart(directory, errno) }
        defer { remove(directory) }
        let parts = parts.isEmpty ? Part.allCases : parts
        if parts.contains(.floods) { try floods() }
        if parts.contains(.keys) { try Echoes(contenders: contenders, keys: keys).run() }
        if parts.contains(.idle) { try idleness() }
    }

    // MARK: Floods

    private func floods() throws {
        print("# \(mib) MiB from the pane to the last byte on the outer screen, MB/s, \(rounds) rounds, \(machine())")
        print(column("flood", -10), column("lgtui", 8), column("tmux", 8), column("ratio", 8), column("goal", 8))
        for pattern in StreamPattern.allCases { try flood(pattern) }
    }

    private func flood(_ pattern: StreamPattern) throws {
        let ours = try contenders.lgtui(busy: [])
        defer { ours.end() }
        let theirs = try contenders.tmux("\(Contenders.program) pour \(pattern.name) \(mib)")
        defer { contenders.endTmux(theirs) }
        try theirs.wait(30, for: "ready") { $0.screen.contains("ready") }
        var ourSeries = Series(name: "lgtui")
        var theirSeries = Series(name: "tmux")
        for _ in 0..<rounds {
            ours.type("clear\r")
            try ours.wait(30, for: "an empty screen") {
                !$0.screen.contains("streamed") && $0.screen.contains("quick>")
            }
            ours.watch(0.1)
            ourSeries.seconds.append(try time(ours, typing: "stream \(pattern.name) \(mib)\r"))
            // What the last round said scrolls away at once; until then it must not be taken for the next.
            theirSeries.seconds.append(try time(theirs, typing: "\r", isRepeated: !theirSeries.seconds.isEmpty))
        }
        let bytes = Double(mib) * 1.048576
        let ratio = theirSeries.median / ourSeries.median
        print(
            column("\(pattern.name)", -10), column(fixed(bytes / ourSeries.median, 1), 8),
            column(fixed(bytes / theirSeries.median, 1), 8), column(fixed(ratio, 1), 8), column(">= 3", 8),
            ratio < 3 ? "  missed" : "")
    }

    private func time(_ child: TerminalChild, typing text: String, isRepeated: Bool = false) throws -> Double {
        let start = now()
        child.type(text)
        if isRepeated { try child.wait(120, for: "the flood") { !$0.screen.contains("streamed") } }
        return try child.wait(300, for: "streamed") { $0.screen.contains("streamed") } - start
    }

    // MARK: Idleness

    private func idleness() throws {
        let resting = try contenders.lgtui(busy: ["echo", "echo", "echo"])
        defer { resting.end() }
        resting.watch(1)
        let before = resting.processorTime
        let switches = resting.contextSwitches
        resting.watch(Double(idle))
        let share = (resting.processorTime - before) / Double(idle) * 100
        let wakeups = Double(resting.contextSwitches - switches) / Double(idle)
        print(
            "\nfour idle guests: \(fixed(share, 2)) % of a core (goal: at most 0.5), "
                + "\(fixed(wakeups, 1)) wake-ups a second of all threads together")
    }
}
