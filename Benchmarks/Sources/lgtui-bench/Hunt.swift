// A hunt for differences between the two engines: random programs, run by the translator and by the interpreter in lock
// step, until something differs or the time is up. Not a test: tests end.

import ArgumentParser
import I386

struct Hunt: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs random programs in lock-step until the engines differ.")

    @Option(help: "Programs.") var programs = 100_000
    @Option(help: "First seed.") var seed: UInt64 = 1

    func run() throws {
        let memory = try GuestMemory(size: 1 << 20)
        let cpu = try CPU(memory: memory, engine: .lockstep)
        let machine = HuntMachine(memory: memory, cpu: cpu)
        let started = now()
        var instructions: UInt64 = 0
        for n in 0..<UInt64(programs) {
            var program = RandomProgram(seed: seed &+ n)
            let before = cpu.instructions
            machine.run(&program)
            instructions &+= cpu.instructions &- before
            if let difference = cpu.lockstepDifference {
                throw BenchError.message("seed \(seed &+ n): \(difference)")
            }
            if n % 20_000 == 19_999 {
                print(
                    "\(n + 1) programs, \(cpu.lockstepComparisons) comparisons, \(cpu.engineCounters.translated) traces, "
                        + "\(cpu.engineCounters.failed) given up, \(instructions) instructions, \(fixed(now() - started, 0)) s"
                )
            }
        }
    }
}

/// One megabyte, mapped one to one with holes, and gates that swallow faults.
final class HuntMachine {
    static let code: UInt32 = 0x10000
    static let data: UInt32 = 0x20000
    static let stack: UInt32 = 0x30800
    /// Where `int $0x80` and its like lead.
    static let handler: UInt32 = 0x11800
    private let memory: GuestMemory
    private let cpu: CPU

    /// From index 17 on: data of ring 3 with a base, data that ends soon, expand-down data, data that cannot be written to, data
    /// of ring 1, and data that wraps and has not been accessed yet.
    static let oddDescriptors: [UInt64] = [
        0x00cf_f302_0100_ffff, 0x0040_f302_0100_003f, 0x00cf_f702_0000_001f, 0x00cf_f102_0080_ffff,
        0x00cf_b302_0040_ffff, 0xffcf_f2ff_ffc0_ffff,
    ]

    init(memory: GuestMemory, cpu: CPU) {
        (self.memory, self.cpu) = (memory, cpu)
        cpu.translateEverything(items: 120, isolated: false)
        _ = memory.store32(0x2007, at: GuestPhysical(0x1000))
        for page in 0..<UInt32(256) {
            // A hole, a read-only page and one alias of the code. The page tables can be read only: a program that changed them
            // and told nobody might see the old ones or the new, and the engines need not agree which.
            let frame: UInt32 = page == 0x24 ? 0x10 : page
            let rights: UInt32 = page == 0x22 ? 0 : [1, 2, 0x23].contains(page) ? 5 : 7
            _ = memory.store32(frame << 12 | rights, at: GuestPhysical(0x2000 + page * 4))
        }
        cpu.setDescriptor(12, 0x00cf_ba00_0000_ffff)
        cpu.setDescriptor(13, 0x00cf_b200_0000_ffff)
        cpu.setDescriptor(14, 0x00cf_fa00_0000_ffff)
        cpu.setDescriptor(15, 0x00cf_f200_0000_ffff)
        for (i, raw) in Self.oddDescriptors.enumerated() { cpu.setDescriptor(17 + i, raw) }
        cpu.innerStack = (0x69, 0x41000)
        cpu.setGate(31, Gate(offset: 0, selector: 0x60, kind: .trap, dpl: 3, disposition: .exit))
        cpu.loadPageDirectory(GuestPhysical(0x1000))
    }

    func run(_ program: inout RandomProgram) {
        let isUser = program.below(2) == 0
        let (code, data): (UInt16, UInt16) = isUser ? (0x73, 0x7b) : (0x61, 0x69)
        let s = cpu.state
        s.pointee.x87 = X87State()
        (s.pointee.cs.selector, s.pointee.ss.selector) = (code, data)
        (s.pointee.ds.selector, s.pointee.es.selector) = (data, data)
        (s.pointee.fs.selector, s.pointee.gs.selector) = (program.selector(), program.selector())
        // The last has to be marked as accessed by whoever loads it first.
        cpu.setDescriptor(22, Self.oddDescriptors[5])
        for vector in [3, 4, 0x80] as [UInt8] {
            cpu.setGate(
                vector,
                Gate(
                    offset: Self.handler, selector: 0x60, kind: program.below(2) == 0 ? .trap : .interrupt,
                    dpl: program.below(8) == 0 ? 1 : 3, disposition: program.below(8) == 0 ? .exit : .deliver))
        }
        cpu.refreshSegments()
        write(program.handler(), at: Self.handler)
        let bytes = program.bytes()
        // The code starts at varying distances from the end of its page.
        let start = Self.code + (program.below(4) == 0 ? 0xff0 - UInt32(program.below(64)) : UInt32(program.below(256)))
        write(bytes, at: start)
        for i in 0..<UInt32(1024) { _ = memory.store32(program.interesting(), at: GuestPhysical(Self.data + i * 4)) }
        for i in 0..<UInt32(64) {
            _ = memory.store32(start + UInt32(program.below(40)), at: GuestPhysical(Self.stack + i * 4))
        }
        (s.pointee.eax, s.pointee.ecx) = (program.interesting(), UInt32(program.below(40)))
        (s.pointee.edx, s.pointee.ebx) = (program.interesting(), Self.data + UInt32(program.below(0x1100)))
        (s.pointee.esi, s.pointee.edi) = (
            Self.data + UInt32(program.below(0x3000)), Self.data + UInt32(program.below(0x1000))
        )
        (s.pointee.ebp, s.pointee.esp) = (Self.data + UInt32(program.below(0x4800)), Self.stack)
        s.pointee.eflags = UInt32(truncatingIfNeeded: program.next()) & 0xcd5 | 0x202
        s.pointee.eip = start
        var left = 40
        while left > 0 {
            left -= 1
            switch cpu.run(budget: 4000) {
            case .trap(_, _, .fault):
                // Skip a byte: the rest of an instruction is an instruction too.
                s.pointee.eip = s.pointee.eip &+ 1
                guard s.pointee.eip &- Self.code < 0x2000 else { return }
                if program.below(3) == 0 {
                    s.pointee.esp = Self.stack
                    s.pointee.ebx = Self.data
                }
            case .budgetSpent:
                if left > 3 { left = 3 }
            default: return
            }
        }
    }

    private func write(_ bytes: [UInt8], at: UInt32) {
        for (i, byte) in bytes.enumerated() { _ = memory.store8(byte, at: GuestPhysical(at + UInt32(i))) }
    }
}

/// Bytes that are mostly instructions, of the kinds that the translator takes up.
struct RandomProgram {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x1234_5678_9abc_def1 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
    mutating func below(_ n: UInt64) -> UInt64 { next() % n }
    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
    mutating func interesting() -> UInt32 {
        switch below(6) {
        case 0: return [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x80, 0x7f, 0x8000][Int(below(8))]
        case 1: return UInt32(below(256))
        case 2: return HuntMachine.data + UInt32(below(0x1000))
        default: return UInt32(truncatingIfNeeded: next())
        }
    }

    private mutating func modrm(reg: UInt8? = nil, memoryOnly: Bool = false, registerOnly: Bool = false) -> [UInt8] {
        let reg = (reg ?? UInt8(below(8))) << 3
        if registerOnly || (!memoryOnly && below(2) == 0) { return [0xc0 | reg | UInt8(below(8))] }
        switch below(7) {
        case 0: return [0x05 | reg] + word(HuntMachine.data + UInt32(below(0x1100)))
        case 1: return [0x40 | reg | [0, 1, 2, 3, 5, 6, 7][Int(below(7))], byte() & 0x7f]
        case 2: return [0x44 | reg, 0x24, UInt8(below(16)) * 4]  // [esp + disp8]
        case 3:
            return [0x04 | reg, UInt8(below(4)) << 6 | UInt8([3, 5, 6, 7][Int(below(4))]) | UInt8(below(8)) << 3]
                .filter { _ in true }.withDisplacement(&self)
        default: return [0x43 + [0, 2, 3, 4][Int(below(4))] | reg, byte() & 0x7c]  // ebx, ebp, esi, edi
        }
    }
    fileprivate mutating func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    mutating func selector() -> UInt16 {
        [0x7b, 0x69, 0, 0x8b, 0x8b, 0x93, 0x9b, 0xa3, 0xa9, 0xb3, 0xb0, 0xbb][Int(below(12))]
    }

    mutating func bytes() -> [UInt8] {
        var code: [UInt8] = []
        var starts: [Int] = []
        let count = Int(below(45)) + 4
        for _ in 0..<count {
            starts.append(code.count)
            // What it means for the others does not matter, as long as both engines think the same.
            if below(10) == 0 { code.append(0x64 + UInt8(below(2))) }
            switch below(37) {
            case 0...5: code += [UInt8(below(8)) << 3 | UInt8(below(4))] + modrm()
            case 6: code += [UInt8(below(8)) << 3 | 4, byte()]
            case 7: code += [0x83] + modrm(reg: UInt8(below(8))) + [byte()]
            case 8: code += [0x81] + modrm(reg: UInt8(below(8))) + word(interesting())
            case 9: code += [0x40 | UInt8(below(16))]
            case 10: code += [0xc1 - UInt8(below(2))] + modrm(reg: UInt8(below(8))) + [byte()]
            case 11: code += [0xd3 - UInt8(below(4))] + modrm(reg: UInt8(below(8)))
            case 12: code += [0x84 | UInt8(below(4))] + modrm()
            case 13: code += [0xf7 - UInt8(below(2))] + modrm(reg: UInt8(below(4)) + 2)
            case 14: code += [0xf7 - UInt8(below(2))] + modrm(reg: UInt8(below(4)) + 4)
            case 15: code += [0x0f, 0x90 | UInt8(below(16))] + modrm()
            case 16: code += [0x0f, 0x40 | UInt8(below(16))] + modrm()
            case 17: code += [0x0f, 0xaf] + modrm()
            case 18: code += [0x6b] + modrm() + [byte()]
            case 19...20: code += [0x88 | UInt8(below(4))] + modrm()
            case 21: code += [0x0f, [0xb6, 0xb7, 0xbe, 0xbf][Int(below(4))]] + modrm()
            case 22: code += [0x8d] + modrm(memoryOnly: true)
            case 23: code += [0x50 | UInt8(below(16))]
            case 24: code += [0xff] + modrm(reg: [0, 1, 6][Int(below(3))])
            case 25:
                code +=
                    [0x0f, [0xa3, 0xab, 0xb3, 0xbb, 0xbc, 0xbd, 0xa4, 0xac, 0xa5, 0xad][Int(below(10))]] + modrm() + [
                        byte() & 3
                    ]
            case 26: code += [0x0f, 0xba] + modrm(reg: 4 + UInt8(below(4))) + [byte()]
            case 27:
                code +=
                    [
                        [0x9c, 0x58], [0x9f], [0xf5], [0xf9], [0xf8], [0x50, 0x5b], [0x0f, 0xc8 | UInt8(below(8))],
                        [0x98], [0x99], [0xc9],
                        [0x66, 0x98], [0x66, 0x99], [0x9e], [0xfc], [0xd6], [0x50, 0x9d], [0x60], [0x61], [0xfd],
                        [0xfc],
                    ][Int(below(20))]
            case 28:
                code +=
                    [
                        [0xa4], [0xa5], [0xaa], [0xab], [0xac], [0xad], [0xae], [0xa6], [0xf3, 0xa4], [0xf3, 0xab],
                        [0xf3, 0xa6],
                        [0xf2, 0xae],
                    ][Int(below(12))]
            case 29: code += [0x0f, [0xc0, 0xc1, 0xb0, 0xb1][Int(below(4))]] + modrm()
            case 30: code += [0x66, [0x01, 0x29, 0x39, 0x89, 0x8b, 0x31, 0x21, 0x85][Int(below(8))]] + modrm()
            case 31: code += x87()
            case 33: code += segment()
            case 34...35: code += crossing()
            case 32:
                // To an earlier instruction, or a little ahead.
                let target = below(3) == 0 ? starts[Int(below(UInt64(starts.count)))] : code.count + 2 + Int(below(24))
                let distance = target - (code.count + 2)
                if distance >= -128 {
                    code += [[0x70 | UInt8(below(16)), 0xeb, 0xe2, 0xe3, 0xe8][Int(below(5))]] + [0]
                }
                if let last = code.indices.last, distance >= -128 {
                    if code[last - 1] == 0xe8 {
                        code.removeLast()
                        code += word(UInt32(truncatingIfNeeded: distance - 3))
                    } else {
                        code[last] = UInt8(truncatingIfNeeded: distance)
                    }
                }
            default:
                code +=
                    [
                        [0x70 | UInt8(below(16)), UInt8(below(12))], [0xc3], [byte(), byte()],
                        [0xff, 0xe0 | UInt8(below(8))], [0x64, 0x8b] + modrm(),
                        [0x64, 0x03, 0x05] + word(UInt32(below(0x200))),
                        [0x65, 0xff, 0x15] + word(0x10700 + UInt32(below(64)) * 4),
                    ][
                        [0, 0, 0, 1, 2, 3, 4, 5, 6][Int(below(9))]]
            }
        }
        // Round again, by a counter in memory.
        code += [0xff, 0x0d] + word(HuntMachine.data + 0x800) + [0x0f, 0x85]
        code += word(UInt32(truncatingIfNeeded: -(code.count + 4)))
        return code + [0xcd, 0x1f]
    }

    /// Segment registers, loaded with what they hold, with what they may hold, and with what changes the mode or faults.
    private mutating func segment() -> [UInt8] {
        let which = UInt8([0, 3, 4, 5][Int(below(4))])
        switch below(6) {
        case 0: return [0x1e, [0x07, 0x1f][Int(below(2))]]
        case 1: return [0x06] + [[0x0f, 0xa1], [0x0f, 0xa9], [0x1f]][Int(below(3))]
        case 2: return [0x8c, 0xd8, 0x8e, 0xc0 | which << 3]
        case 3: return [0x8e] + modrm(reg: UInt8(below(8)))
        case 4:
            let selector: UInt8 = [0x7b, 0x7b, 0x78, 0x69, 0x68, 0x73, 0, 0x83][Int(below(8))]
            return [0xb8, selector, 0, 0, 0, 0x8e, 0xc0 | which << 3]
        default:
            return [0x68] + word(UInt32(selector())) + (below(2) == 0 ? [0x0f, 0xa1] : [0x0f, 0xa9])
        }
    }

    /// Into the kernel and back, inside of one ring, and out to ring 3.
    private mutating func crossing() -> [UInt8] {
        // call $ + 5; add dword [esp], the length up to behind the iret; iret
        let back: [UInt8] = [0xe8, 0, 0, 0, 0, 0x83, 0x04, 0x24, 5, 0xcf]
        switch below(8) {
        case 0: return [[0xcc], [0xce], [0xf1]][Int(below(3))]
        case 1: return [0x9c, 0x0e] + back
        case 2:
            // push $0x7b; pop ds; push $0x7b; pop es; push $0x7b; push esp; pushf; push $0x73
            return [0x6a, 0x7b, 0x1f, 0x6a, 0x7b, 0x07, 0x6a, 0x7b, 0x54, 0x9c, 0x6a, 0x73] + back
        case 3: return [0xff, 0x05] + word(HuntMachine.handler) + [0xcd, 0x80]
        default: return [0xcd, 0x80]
        }
    }

    /// What a kernel does: save, load its own segments, work, restore, return.
    mutating func handler() -> [UInt8] {
        let (save, restore): ([UInt8], [UInt8]) = [
            ([], []), ([0x50, 0x52], [0x5a, 0x58]), ([0xfc, 0x06, 0x1e, 0x0f, 0xa0], [0x0f, 0xa1, 0x1f, 0x07]),
            ([0x60, 0x0f, 0xa8], [0x0f, 0xa9, 0x61]),
        ][Int(below(4))]
        let work: [[UInt8]] = [
            [0xba, 0x7b, 0, 0, 0, 0x8e, 0xda, 0x8e, 0xc2], [0xba] + word(UInt32(selector())) + [0x8e, 0xe2],
            [0x64, 0xa1] + word(UInt32(below(0x200))), [0x01, 0x44, 0x24, UInt8(below(8)) * 4],
            [0xff, 0x05] + word(HuntMachine.data + 0x900),
            [0x81, 0x64, 0x24, 8] + word(UInt32(truncatingIfNeeded: next()) | 0xffff_0000), [0x9c, 0x9d], [0x40],
            [0xd9, 0xe8, 0xdd, 0xd8],
        ]
        var code = save
        for _ in 0..<Int(below(4)) { code += work[Int(below(UInt64(work.count)))] }
        return code + restore + [0xcf]
    }

    private mutating func x87() -> [UInt8] {
        switch below(3) {
        case 0: return [[0xd8, 0xd9, 0xdc, 0xdd, 0xdb, 0xde][Int(below(6))]] + modrm(memoryOnly: true)
        case 1: return [[0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf][Int(below(8))], 0xc0 | byte()]
        default: return [0xd9, [0xe8, 0xee, 0xeb, 0xe0, 0xe1, 0xc9, 0xc1][Int(below(7))]]
        }
    }
}

extension [UInt8] {
    /// A SIB byte whose base is ebp without a displacement means a 32-bit displacement.
    fileprivate func withDisplacement(_ r: inout RandomProgram) -> [UInt8] {
        guard let sib = last, sib & 7 == 5 else { return self }
        return self + r.word(HuntMachine.data + UInt32(r.below(0x1000)))
    }
}
