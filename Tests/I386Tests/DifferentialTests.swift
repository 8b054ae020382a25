// The same code twice: in blocks, with fused and flag-less forms and chained jumps, and one instruction at a time, which
// is what the recorded cases of a real processor have vetted. Whatever the bytes, both must end alike. Half of the
// programs are plausible arithmetic, the other half plain noise: a guest owes us no sense.

import Glibc
import I386
import Testing

@Suite struct DifferentialTests {
    struct Random {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return z ^ z >> 31
        }
        mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
        mutating func below(_ n: UInt64) -> UInt64 { next() % n }
    }

    /// Arithmetic on registers and on [data page], with jumps forward, and a loop around it all.
    static func arithmetic(_ r: inout Random) -> [UInt8] {
        var code: [UInt8] = []
        func modrm(_ r: inout Random) -> [UInt8] {
            // Mostly registers except esp; sometimes [ebp + disp8], where ebp is the data page.
            let reg = UInt8(r.below(4)) << 3
            return r.below(4) == 0 ? [0x45 | reg, r.byte()] : [0xc0 | reg | UInt8(r.below(4))]
        }
        for _ in 0..<Int(r.below(40) + 5) {
            switch r.below(18) {
            case 0...3: code += [UInt8(r.below(8)) << 3 | UInt8(r.below(4))] + modrm(&r)
            case 4: code += [0x83, 0xc0 | UInt8(r.below(8)) << 3 | UInt8(r.below(4)), r.byte()]
            case 5:
                code +=
                    [0x81, 0xc0 | UInt8(r.below(8)) << 3 | UInt8(r.below(4))] + le(UInt32(truncatingIfNeeded: r.next()))
            case 6: code += [0x40 | UInt8(r.below(2)) << 3 | UInt8(r.below(4))]
            case 7: code += [0xc1, 0xc0 | UInt8(r.below(8)) << 3 | UInt8(r.below(4)), r.byte()]
            case 8: code += [0xd3, 0xc0 | UInt8(r.below(8)) << 3 | UInt8(r.below(4))]
            case 9: code += [0x85] + modrm(&r)
            case 10: code += [0xf7, 0xd0 | UInt8(r.below(2)) << 3 | UInt8(r.below(4))]
            case 11: code += [0x0f, 0x90 | UInt8(r.below(16)), 0xc0 | UInt8(r.below(4))]
            case 12: code += [0x0f, 0x40 | UInt8(r.below(16))] + modrm(&r)
            case 13: code += [0x0f, 0xaf] + modrm(&r)
            case 14: code += [0x39 | UInt8(r.below(2)) << 1] + modrm(&r) + [0x70 | UInt8(r.below(16)), 1, 0x40]
            case 15: code += [0x85] + modrm(&r) + [0x70 | UInt8(r.below(16)), 2, 0x01, 0xd8]
            case 16: code += [[0x9c, 0x58], [0x9f], [0xf5], [0xf9], [0x50, 0x5b], [0x0f, 0xc8]][Int(r.below(6))]
            default: code += [0x80, 0xc0 | UInt8(r.below(8)) << 3 | UInt8(r.below(8)), r.byte()]
            }
        }
        // dec dword [ebp]; jnz start, ten times round.
        code += [0xff, 0x4d, 0, 0x0f, 0x85]
        return code + le(0 &- UInt32(code.count + 4)) + TestMachine.stop
    }

    static func noise(_ r: inout Random) -> [UInt8] {
        (0..<Int(r.below(60) + 4)).map { _ in r.byte() }
    }

    static func machine(_ code: [UInt8], seed: UInt64, engine: Engine = .interpreter) throws -> TestMachine {
        let m = try TestMachine(ring: seed & 4 == 0 ? 3 : 1, code, engine: engine)
        if engine == .translator { m.cpu.translateEverything(items: 120, isolated: false) }
        var r = Random(state: ~seed)
        for i: UInt32 in 0..<64 { m.set(UInt32(truncatingIfNeeded: r.next()), at: TestMachine.data + i * 4) }
        m.set(10, at: TestMachine.data)
        m.s.pointee.eax = UInt32(truncatingIfNeeded: r.next())
        m.s.pointee.ebx = UInt32(truncatingIfNeeded: r.next()) & 0xfffff
        m.s.pointee.ecx = UInt32(r.below(64))
        m.s.pointee.edx = UInt32(truncatingIfNeeded: r.next())
        m.s.pointee.ebp = TestMachine.data
        m.s.pointee.esi = TestMachine.data + 0x100
        m.s.pointee.edi = TestMachine.code + UInt32(r.below(64))
        m.s.pointee.esp = TestMachine.stack - 0x100
        for vector in 0..<32 where vector % 3 == 0 {
            m.cpu.setGate(
                UInt8(vector),
                Gate(offset: TestMachine.code + 5, selector: 0x60, kind: .trap, dpl: 3, disposition: .deliver))
        }
        m.cpu.setGate(31, Gate(offset: 0, selector: 0x60, kind: .trap, dpl: 3, disposition: .exit))
        return m
    }

    /// Everything that a guest could compare.
    static func difference(_ a: TestMachine, _ b: TestMachine) -> String? {
        let (x, y) = (a.s.pointee, b.s.pointee)
        func words(_ s: CPUState) -> [UInt32] {
            [s.eax, s.ecx, s.edx, s.ebx, s.esp, s.ebp, s.esi, s.edi, s.eip, s.eflags, s.cr2]
        }
        if words(x) != words(y) { return "registers \(words(x)) and \(words(y))" }
        if [x.es, x.cs, x.ss, x.ds, x.fs, x.gs] != [y.es, y.cs, y.ss, y.ds, y.fs, y.gs] { return "segments" }
        let size = 1 << 20
        guard let left = a.memory.bytes(at: GuestPhysical(0), count: size), let p = left.baseAddress,
            let right = b.memory.bytes(at: GuestPhysical(0), count: size), let q = right.baseAddress
        else { return "no memory" }
        if memcmp(p, q, size) != 0 {
            let at = (0..<size).first { left[$0] != right[$0] } ?? 0
            return "memory at \(GuestPhysical(UInt32(at))): \(left[at]) and \(right[at])"
        }
        return nil
    }

    @Test(arguments: 0..<400 as Range<UInt64>, [Engine.interpreter, .translator])
    func blocksAndSingleInstructionsAgree(_ seed: UInt64, engine: Engine) throws {
        var r = Random(state: seed)
        let code = seed & 1 == 0 ? Self.arithmetic(&r) : Self.noise(&r)
        // RDTSC shows real time: not comparable.
        guard !zip(code, code.dropFirst()).contains(where: { $0 == (0x0f, 0x31) }) else { return }
        let a = try Self.machine(code, seed: seed, engine: engine)
        let b = try Self.machine(code, seed: seed)
        var budget = 5000
        var first = a.run(budget)
        while budget > 0 {
            // Step as far as the blocks got.
            let until = a.cpu.instructions
            var second = Exit.budgetSpent
            var steps = 0
            while second == .budgetSpent, b.cpu.instructions < until || first != .budgetSpent {
                second = b.step()
                steps += 1
                try #require(steps < 20_000)
            }
            #expect(first == second, "\(code)")
            if let difference = Self.difference(a, b) {
                Issue.record("\(difference) after \(until) instructions of \(code)")
                return
            }
            #expect(a.cpu.instructions == b.cpu.instructions)
            guard first != .budgetSpent else { return }
            // An exit is not the end: go on behind or before it, as a hypervisor might.
            if case .trap(_, _, .fault) = first {
                a.s.pointee.eip &+= 1
                b.s.pointee.eip &+= 1
            }
            guard case .trap(_, _, _) = first else { return }
            budget -= 500
            first = a.run(500)
        }
    }
}
