// From a key to its echo on the outer screen, when nothing else happens, when three other panes flood their consoles, and
// when three other guests keep every processor busy; beside tmux in the same situations. Lines of figures for people:
// what everybody waits for is the worst of twenty keys, so that is the column with a goal.

import Glibc

struct Echoes {
    var contenders: Contenders
    var keys: Int

    func run() throws {
        print("\n# milliseconds from a key to its echo on the outer screen, \(keys) keys, \(machine())")
        print(
            column("", -32), column("median", 8), column("p95", 8), column("worst", 8), column("goal, p95", 12))
        try measure("idle", goal: 2, guests: [], others: nil)
        try measure(
            "three panes flooding", goal: 10, guests: ["stream ascii", "stream color", "stream scroll"],
            others: "\(Contenders.program) pour ascii 0")
        try measure(
            "three guests computing", goal: 10, guests: ["spin", "spin", "spin"],
            others: "sh -c 'while :; do :; done'")
    }

    private func measure(_ name: String, goal: Double, guests: [String], others: String?) throws {
        let (columns, rows) = guests.isEmpty ? (80, 24) : (160, 48)
        let ours = try contenders.lgtui(busy: guests, columns: columns, rows: rows)
        ours.watch(1)
        try echo(ours, "lgtui, \(name)", goal: goal)
        ours.end()
        let theirs = try contenders.tmux(
            Contenders.cat, beside: others.map { Array(repeating: $0, count: guests.count) } ?? [],
            columns: columns, rows: rows)
        theirs.watch(1)
        try echo(theirs, "tmux, \(name)", goal: nil)
        contenders.endTmux(theirs)
    }

    /// Types a letter and takes it back, again and again, at moments that fit no clock.
    private func echo(_ child: TerminalChild, _ name: String, goal: Double?) throws {
        var times: [Double] = []
        child.watch(0.3)
        // The whole screen as text would take longer to make than a key to echo.
        guard let row = (0..<child.rows).first(where: { child.line($0).contains("quick>") }) else {
            throw BenchError.missing(marker: "quick>", command: name)
        }
        for number in 0..<keys {
            child.watch(0.02 + Double.random(in: 0..<0.05))
            let isLetter = number % 2 == 0
            let start = now()
            child.type(isLetter ? "x" : "\u{7F}")
            let end = try child.wait(10, for: "an echo") { $0.line(row).contains("quick> x") == isLetter }
            times.append((end - start) * 1000)
        }
        times.sort()
        let p95 = times[min(times.count - 1, times.count * 95 / 100)]
        print(
            column(name, -32), column(fixed(times[times.count / 2], 2), 8), column(fixed(p95, 2), 8),
            column(fixed(times[times.count - 1], 2), 8), column(goal.map { "<= \(fixed($0, 0))" } ?? "", 12),
            goal.map { p95 > $0 ? "  missed" : "" } ?? "")
    }
}
