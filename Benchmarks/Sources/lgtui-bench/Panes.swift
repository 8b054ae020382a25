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

    func run() throws {
        guard mib > 0, rounds > 0, keys > 0, idle > 0 else { throw ValidationError("all numbers are above zero") }
        let directory = "/tmp/lgtui-bench-\(getpid())"
        guard mkdir(directory, 0o700) == 0 else { throw BenchError.cannotStart(directory, errno) }
        defer { remove(directory) }
        print("# \(mib) MiB from the pane to the last byte on the outer screen, MB/s, \(rounds) rounds, \(machine())")
        print(column("flood", -10), column("lgtui", 8), column("tmux", 8), column("ratio", 8), column("goal", 8))
        for pattern in StreamPattern.allCases { try flood(pattern, in: directory) }
        try latencies(in: directory)
    }

    // MARK: Contenders

    /// One demo guest a pane; all but the first run what `busy` says.
    private func startLgtui(busy: [String], in directory: String, columns: Int = 80, rows: Int = 24) throws
        -> TerminalChild
    {
        var lab =
            "[[guest]]\nname = \"quick\"\nkernel = \"demo\"\nmemory = \"16m\"\nargs = [\"quiet\", \"name=quick\"]\n"
        for (number, command) in busy.enumerated() {
            lab += "[[guest]]\nname = \"busy\(number)\"\nkernel = \"demo\"\nmemory = \"16m\"\n"
            lab += "args = [\"quiet\", \"run=\(command)\"]\n"
        }
        let path = directory + "/lab.toml"
        guard let file = fopen(path, "w") else { throw BenchError.cannotStart(path, errno) }
        fputs(lab, file)
        fclose(file)
        defer { unlink(path) }
        let child = try TerminalChild([lgtui, path], columns: columns, rows: rows)
        try child.wait(30, for: "quick>") { $0.screen.contains("quick>") }
        return child
    }

    /// A server of its own, without anybody's configuration; all panes but the first pour for ever.
    private func startTmux(_ command: String, busy: Int = 0, in directory: String, columns: Int = 80, rows: Int = 24)
        throws -> TerminalChild
    {
        var words = ["tmux", "-S", directory + "/socket", "-f", "/dev/null", "new-session", command]
        for _ in 0..<busy { words += [";", "split-window", "-d", "\(Self.program) pour ascii 0"] }
        if busy > 0 { words += [";", "select-layout", "tiled"] }
        return try TerminalChild(words, columns: columns, rows: rows)
    }

    private func endTmux(_ child: TerminalChild, in directory: String) {
        if let killer = try? Child(["tmux", "-S", directory + "/socket", "kill-server"]) {
            _ = killer.wait(for: "never", patience: 5)
            killer.end()
        }
        child.end()
        unlink(directory + "/socket")
    }

    /// Echoes by the kernel's line discipline, behind the same prompt as the guest's.
    private static let cat = "printf 'quick> '; exec cat"

    private static var program: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        return String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Floods

    private func flood(_ pattern: StreamPattern, in directory: String) throws {
        let ours = try startLgtui(busy: [], in: directory)
        defer { ours.end() }
        let theirs = try startTmux("\(Self.program) pour \(pattern.name) \(mib)", in: directory)
        defer { endTmux(theirs, in: directory) }
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

    // MARK: Keys and idleness

    private func latencies(in directory: String) throws {
        print("\n# milliseconds from a key to its echo on the outer screen, \(keys) keys")
        print(
            column("", -32), column("median", 8), column("p95", 8), column("worst", 8), column("goal, p95", 12))
        let floods = ["stream ascii", "stream color", "stream scroll"]
        let quiet = try startLgtui(busy: [], in: directory)
        try echo(quiet, "lgtui, idle", goal: "<= 2")
        quiet.end()
        let cat = try startTmux(Self.cat, in: directory)
        cat.watch(1)
        try echo(cat, "tmux, idle", goal: "")
        endTmux(cat, in: directory)
        let busy = try startLgtui(busy: floods, in: directory, columns: 160, rows: 48)
        busy.watch(1)
        try echo(busy, "lgtui, three panes flooding", goal: "<= 10")
        busy.end()
        let busyCat = try startTmux(Self.cat, busy: 3, in: directory, columns: 160, rows: 48)
        busyCat.watch(1)
        try echo(busyCat, "tmux, three panes flooding", goal: "")
        endTmux(busyCat, in: directory)

        let resting = try startLgtui(busy: ["echo", "echo", "echo"], in: directory)
        defer { resting.end() }
        resting.watch(1)
        let before = resting.processorTime
        resting.watch(Double(idle))
        let share = (resting.processorTime - before) / Double(idle) * 100
        print("\nfour idle guests: \(fixed(share, 2)) % of a core (goal: at most 0.5)")
    }

    /// Types a letter and takes it back, again and again, at moments that fit no clock.
    private func echo(_ child: TerminalChild, _ name: String, goal: String) throws {
        var times: [Double] = []
        child.watch(0.3)
        for number in 0..<keys {
            child.watch(0.02 + Double.random(in: 0..<0.05))
            let isLetter = number % 2 == 0
            let start = now()
            child.type(isLetter ? "x" : "\u{7F}")
            times.append(try child.wait(10, for: "an echo") { $0.screen.contains("quick> x") == isLetter } - start)
        }
        times.sort()
        let p95 = times[min(times.count - 1, times.count * 95 / 100)]
        print(
            column(name, -32), column(fixed(times[times.count / 2] * 1000, 2), 8), column(fixed(p95 * 1000, 2), 8),
            column(fixed(times[times.count - 1] * 1000, 2), 8), column(goal, 12))
    }
}
