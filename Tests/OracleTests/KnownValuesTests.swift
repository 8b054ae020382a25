// The translator spares checks by knowing how registers come about. What it claims to know is held against what the real processor
// did: a wrong claim would let a guest reach past its memory.

import I386
import Testing

#if arch(x86_64)
    @Suite struct KnownValuesTests {
        @Test func whatIsClaimedOfRegistersIsWhatTheProcessorDid() throws {
            let machine = try ReplayMachine(engine: .translator)
            let replay = Replay(machine: machine, stepping: true)
            var (claims, constants, wrong) = (0, 0, [String]())
            for g in try Recording.load("integer.cases.gz") + Recording.load("x87.cases.gz") {
                guard !g.isPair, !g.isSequence else { continue }
                // Sets segments and code; the instruction may have overwritten itself.
                machine.prepare(g)
                _ = replay.check(g, 0, InstructionShape(g.code))
                machine.prepare(g)
                guard let known = machine.cpu.registersKnown(after: GuestVirtual(g.address)) else { continue }
                for index in 0..<g.count where g.cases[index].vector == 1 {
                    let before = CaseState(g, index: index)
                    let after = before.after(g.cases[index], in: g)
                    for (r, claim) in known.enumerated() {
                        guard let claim else { continue }
                        claims += 1
                        if claim.register != r || claim.plus != 0 { constants += 1 }
                        let value = (claim.register.map { before.gpr[$0] } ?? 0) &+ claim.plus
                        if value != after.gpr[r] {
                            wrong.append(
                                "\(g.name), case \(index): \(Replay.registers[r]) is \(hex(after.gpr[r])), not \(hex(value))"
                            )
                        }
                    }
                }
            }
            #expect(wrong.count == 0, "\(wrong.prefix(10))")
            #expect(claims > 100_000 && constants > 1000)
        }
    }
#endif
