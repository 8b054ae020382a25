// One case replayed and compared; what differs is put in words that a person can act upon.

import I386

/// Differences of one case.
struct Mismatch {
    var form: String
    /// What kinds of things differ, for grouping.
    var kinds: String
    var report: String
}

struct Replay {
    let machine: ReplayMachine
    /// End each case by the trap flag, as the recording did; otherwise by the instruction budget.
    let stepping: Bool

    /// nil: everything is as recorded.
    func check(_ g: Group, _ index: Int, _ shape: InstructionShape) -> Mismatch? {
        let recorded = g.cases[index]
        let before = CaseState(g, index: index)
        var wanted = before.after(recorded, in: g)
        let ending = machine.run(g, before, stepping: stepping)
        var got = machine.state(basedOn: before, x87: g.hasX87)
        var kinds: [String] = []
        var lines: [String] = []
        func differ(_ kind: String, _ line: String) {
            if kinds.last != kind { kinds.append(kind) }
            lines.append(line)
        }

        if let strange = ending.strange { differ("exit", "exit: \(strange)") }
        // #DB of ICEBP and of single steps look alike in a recording. NX is newer than the CPU we are: no fetch bit.
        let errorCode = recorded.vector == 14 ? recorded.errorCode & ~0x10 : recorded.errorCode
        if ending.vector != recorded.vector {
            differ("vector", "vector: expected \(Self.name(recorded.vector)), got \(Self.name(ending.vector))")
        } else if ending.errorCode != errorCode {
            differ("error code", "error code: expected \(hex(errorCode)), got \(hex(ending.errorCode))")
        }
        let addressBits = Undefined.faultAddressBits(shape)
        if ending.vector == recorded.vector, (ending.cr2 ^ recorded.cr2) & addressBits != 0 {
            differ("cr2", "cr2: expected \(hex(recorded.cr2)), got \(hex(ending.cr2))")
        }

        let completed = recorded.vector == 1 && !g.isSequence
        if completed, Undefined.destination(shape, before) {
            wanted.gpr = got.gpr
        } else if completed, g.flags & Group.Flag.volatileResults != 0 {
            wanted.gpr[0..<4] = got.gpr[0..<4]
        }
        let ignoredBits = completed ? Undefined.destinationBits(shape) : 0
        for i in 0..<8 where (wanted.gpr[i] ^ got.gpr[i]) & ~(i == shape.reg ? ignoredBits : 0) != 0 {
            differ("register", "\(Self.registers[i]): expected \(hex(wanted.gpr[i])), got \(hex(got.gpr[i]))")
        }
        if wanted.eip != got.eip { differ("eip", "eip: expected \(hex(wanted.eip)), got \(hex(got.eip))") }
        compareFlags(g, recorded, shape, before, wanted.eflags, got.eflags, differ)
        for i in 0..<6 where wanted.selectors[i] != got.selectors[i] {
            let name = ["es", "cs", "ss", "ds", "fs", "gs"][i]
            differ(
                "segment", "\(name): expected \(hex(UInt32(wanted.selectors[i]))), got \(hex(UInt32(got.selectors[i])))"
            )
        }
        if g.hasX87 { X87Comparison(shape: shape, before: before.x87).compare(&wanted.x87, &got.x87, differ) }
        let memory = machine.memoryDifferences(recorded)
        if !memory.isEmpty, !(completed && Undefined.destination(shape, before)) {
            for d in memory.prefix(16) {
                differ(
                    "memory",
                    "memory[+\(hex(UInt32(d.offset)))]: expected \(hex(UInt32(d.expected))), got \(hex(UInt32(d.got)))")
            }
        }
        guard !kinds.isEmpty else { return nil }
        return Mismatch(
            form: g.isSequence ? g.name : shape.form, kinds: kinds.joined(separator: "+"),
            report: describe(g, index, before) + "\n    " + lines.joined(separator: "\n    "))
    }

    private func compareFlags(
        _ g: Group, _ recorded: RecordedCase, _ shape: InstructionShape, _ before: CaseState, _ wanted: UInt32,
        _ got: UInt32,
        _ differ: (String, String) -> Void
    ) {
        // RF is set in the image of every fault and cleared by every completed instruction; the recorder drops it.
        var ignored: UInt32 = 0x10000
        if g.isSequence {
            ignored |= g.undefinedFlags
        } else if recorded.vector == 1 {
            ignored |= Undefined.flags(shape, before)
        }
        // Without stepping, TF starts clear; only a loaded flags image decides about it then.
        let loadsFlags = recorded.vector == 1 && (shape.opcode == 0x9d || shape.opcode == 0xcf)
        if !stepping, !loadsFlags { ignored |= 0x100 }
        guard (wanted ^ got) & ~ignored != 0 else { return }
        differ(
            "eflags " + Self.flagNames((wanted ^ got) & ~ignored),
            "eflags: expected \(hex(wanted)) [\(Self.flagNames(wanted))], got \(hex(got)) [\(Self.flagNames(got))]")
    }

    private func describe(_ g: Group, _ index: Int, _ s: CaseState) -> String {
        let bytes = g.code.map { hex2($0) }.joined(separator: " ")
        var text = "\(g.name): \(bytes) at \(hex(g.address)), case \(index), eflags \(hex(s.eflags))\n   "
        for i in 0..<8 { text += " \(Self.registers[i])=\(hex(s.gpr[i]))" }
        if g.selectors != [0x2b, 0x23, 0x2b, 0x2b, 0x2b, 0x2b] {
            text += " selectors \(g.selectors.map { hex(UInt32($0)) })"
        }
        if !s.window.isEmpty {
            text += "\n    window at \(hex(g.window)): " + s.window.prefix(32).map { hex2($0) }.joined(separator: " ")
        }
        if g.hasX87 {
            let top = Int(s.x87.status >> 11 & 7)
            text += "\n    control \(hex(UInt32(s.x87.control))) status \(hex(UInt32(s.x87.status)))"
            for i in 0..<3 { text += " ST(\(i))=" + X87Comparison.describe(s.x87, (top + i) & 7) }
        }
        return text
    }

    static let registers = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"]

    static func name(_ vector: UInt8) -> String {
        let names: [UInt8: String] = [
            0: "#DE", 1: "completion", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 11: "#NP", 12: "#SS", 13: "#GP",
            14: "#PF", 16: "#MF",
        ]
        return names[vector] ?? "#\(vector)"
    }

    static func flagNames(_ flags: UInt32) -> String {
        let names: [(UInt32, String)] = [
            (1, "CF"), (4, "PF"), (0x10, "AF"), (0x40, "ZF"), (0x80, "SF"), (0x100, "TF"), (0x200, "IF"), (0x400, "DF"),
            (0x800, "OF"),
            (0x3000, "IOPL"), (0x4000, "NT"), (0x10000, "RF"), (0x20000, "VM"), (0x40000, "AC"), (0x180000, "VI"),
            (0x200000, "ID"),
        ]
        return names.filter { flags & $0.0 != 0 }.map(\.1).joined(separator: " ")
    }
}

func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
func hex2(_ value: UInt8) -> String { (value < 16 ? "0" : "") + String(value, radix: 16) }
