// The real processor as referee: every recorded case must end on our CPU as it ended there.

import I386
import Testing

@Suite struct OracleTests {
    static let files = ["integer.cases.gz", "sequences.cases.gz", "x87.cases.gz"]

    @Test(arguments: files, [true, false])
    func everyRecordedCaseEndsAsOnTheRealProcessor(file: String, stepping: Bool) throws {
        let groups = try Recording.load(file)
        let replay = Replay(machine: try ReplayMachine(), stepping: stepping)
        var tally = Tally()
        for g in groups {
            let shape = InstructionShape(g.code, isPair: g.isPair)
            // PUSHF shows the trap flag itself: comparable only where both have it set.
            if !stepping, !g.isSequence, shape.opcode == 0x9c { continue }
            replay.machine.prepare(g)
            for index in 0..<g.count {
                tally.cases += 1
                if let mismatch = replay.check(g, index, shape) { tally.add(mismatch) }
            }
        }
        #expect(tally.failures == 0, "\(tally.summary)")
    }

    @Test func thereAreAtLeastAHundredThousandCases() throws {
        var count = 0
        for file in Self.files {
            for g in try Recording.load(file) { count += g.count }
        }
        #expect(count >= 100_000)
    }
}

/// Mismatches by form, with a few examples of each.
struct Tally {
    var cases = 0
    var failures = 0
    private var groups: [String: (count: Int, kinds: [String: Int], examples: [String])] = [:]

    mutating func add(_ m: Mismatch) {
        failures += 1
        var entry = groups[m.form] ?? (0, [:], [])
        entry.count += 1
        let seen = entry.kinds[m.kinds, default: 0]
        entry.kinds[m.kinds] = seen + 1
        if seen == 0, entry.examples.count < 3 { entry.examples.append(m.report) }
        groups[m.form] = entry
    }

    var summary: String {
        var text = "\(failures) of \(cases) cases differ, in \(groups.count) forms\n"
        for (form, entry) in groups.sorted(by: { ($0.value.count, $1.key) > ($1.value.count, $0.key) }) {
            let kinds = entry.kinds.sorted { ($0.value, $0.key) > ($1.value, $1.key) }
                .prefix(6).map { "\($0.key) ×\($0.value)" }
            text += "\n== \(form): \(entry.count) (\(kinds.joined(separator: ", ")))\n"
            text += entry.examples.map { "  " + $0 }.joined(separator: "\n") + "\n"
        }
        return text
    }
}
