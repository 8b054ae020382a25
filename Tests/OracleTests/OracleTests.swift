// The real processor as referee: every recorded case must end on our CPU as it ended there.

import I386
import Testing

@Suite struct OracleTests {
    static let files = ["integer.cases.gz", "sequences.cases.gz", "x87.cases.gz"]

    /// How a case is run: to the trap or to the budget by the interpreter, or by translations of one instruction each, or
    /// of as many as fit.
    enum Way: CaseIterable { case stepping, budget, translatedAlone, translated }

    @Test(arguments: files, Way.allCases)
    func everyRecordedCaseEndsAsOnTheRealProcessor(file: String, way: Way) throws {
        let groups = try Recording.load(file)
        let stepping = way == .stepping
        let machine = try ReplayMachine(engine: way == .stepping || way == .budget ? .interpreter : .translator)
        switch way {
        case .stepping, .budget: break
        case .translatedAlone: machine.cpu.translateEverything(items: 1, isolated: true)
        case .translated: machine.cpu.translateEverything(items: 120, isolated: false)
        }
        let replay = Replay(machine: machine, stepping: stepping)
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

    /// The referee is not blind: a recording with one wrong bit is refused, in words.
    @Test(arguments: ["register", "eflags CF", "memory", "vector"])
    func aFalsifiedRecordingIsNoticed(what: String) throws {
        let groups = try Recording.load("integer.cases.gz")
        var g = try #require(
            groups.first { $0.name == "cmp Ev,Gv" && $0.windowKind == 1 })
        switch what {
        case "register":
            g.cases[0].registersChanged = 1
            g.cases[0].registers = [CaseState(g, index: 0).gpr[0] ^ 0x100]
        case "eflags CF": g.cases[0].flagsChanged ^= 1
        case "memory": g.cases[0].memory = [.init(offset: 0x6001, bytes: [0x5a, 0xa5, 0x5a])]
        default: g.cases[0].vector = 6
        }
        let replay = Replay(machine: try ReplayMachine(), stepping: true)
        replay.machine.prepare(g)
        let mismatch = try #require(replay.check(g, 0, InstructionShape(g.code)))
        #expect(mismatch.kinds.contains(what))
        #expect(mismatch.report.contains("cmp Ev,Gv: "))
        #expect(mismatch.report.contains("expected"))
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
