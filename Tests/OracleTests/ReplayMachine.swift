// The virtual counterpart of the recorder's process: the same pages at the same addresses, the same descriptors, ring 3.

import Glibc
import I386

/// The recorder's nine pages, in the order in which recordings number their bytes.
enum Arena {
    static let regions: [(address: UInt32, pages: UInt32, writable: Bool)] = [
        (0x1000_0000, 2, true),  // code
        (0x2000_0000, 2, true),  // data
        (0x2000_3000, 1, false),  // read-only
        (0x3000_0000, 2, true),  // stack
        (0x0000_8000, 2, true),  // where 16-bit addresses reach
    ]
    static let count = 9 * 4096
    static let codeCount = 2 * 4096

    /// The arena offset of a linear address; nil where nothing is mapped.
    static func offset(_ address: UInt32) -> Int? {
        var start: UInt32 = 0
        for r in regions {
            if address &- r.address < r.pages * 4096 { return Int(start + (address &- r.address)) }
            start += r.pages * 4096
        }
        return nil
    }

    /// What the arena holds before the code and the window are put into it.
    static func pristine() -> [UInt8] {
        var random = Random(state: 0x0A11CE)
        var bytes: [UInt8] = []
        while bytes.count < count {
            let word = random.interesting()
            for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * i))) }
        }
        for i in 0..<codeCount { bytes[i] = 0xcc }
        return bytes
    }
}

/// A virtual CPU set up like the recorder's process. Belongs to one test.
final class ReplayMachine {
    let cpu: CPU
    private let memory: GuestMemory
    /// The arena in guest memory.
    let arena: UnsafeMutableRawBufferPointer
    private let arenaPhysical = GuestPhysical(0x10000)
    private let pristine = Arena.pristine()
    private var expected: [UInt8] = []
    private var descriptors: [UInt16: SegmentRegister] = [:]
    private let blank: CPUState

    struct SetupError: Error {}

    init(engine: Engine = .interpreter) throws {
        memory = try GuestMemory(size: 1 << 20)
        cpu = try CPU(memory: memory, engine: engine)
        guard let arena = memory.bytes(at: arenaPhysical, count: Arena.count) else { throw SetupError() }
        self.arena = arena

        // Page directory at 0x1000, one table for each region that needs one behind it.
        var tables: [UInt32: UInt32] = [:]
        var frame = arenaPhysical.rawValue
        for region in Arena.regions {
            let index = region.address >> 22
            let table = tables[index] ?? 0x2000 + UInt32(tables.count) * 0x1000
            tables[index] = table
            _ = memory.store32(table | 7, at: GuestPhysical(0x1000 + index * 4))
            for page in 0..<region.pages {
                let entry = table + ((region.address >> 12 & 0x3ff) + page) * 4
                _ = memory.store32(frame | (region.writable ? 7 : 5), at: GuestPhysical(entry))
                frame += 4096
            }
        }
        cpu.loadPageDirectory(GuestPhysical(0x1000))

        // Linux's descriptors as ring 3 can meet them, plus the recorder's two.
        cpu.gdtLimit = 0x7f
        let gdt: [(Int, UInt64)] = [
            (1, 0x00cf_9b00_0000_ffff), (3, 0x00cf_9300_0000_ffff), (4, 0x00cf_fb00_0000_ffff),
            (5, 0x00cf_f300_0000_ffff),
            (13, 0x2050_f300_0000_17ff),  // base 0x20000000, limit 0x17ff
            (14, 0x00d1_f700_0000_ffff),  // expand-down above 0x1fffffff
        ]
        for (index, raw) in gdt { cpu.setDescriptor(index, raw) }
        for (index, raw) in gdt { descriptors[UInt16(index * 8 + 3)] = Self.cached(raw, UInt16(index * 8 + 3)) }
        for vector: UInt8 in [3, 4] {
            cpu.setGate(vector, Gate(offset: 0, selector: 0, kind: .trap, dpl: 3, disposition: .exit))
        }
        var s = cpu.state.pointee
        if let code = descriptors[0x23] { s.cs = code }
        blank = s
    }

    private static func cached(_ raw: UInt64, _ selector: UInt16) -> SegmentRegister {
        let limit = UInt32(truncatingIfNeeded: raw & 0xffff | raw >> 32 & 0xf_0000)
        return SegmentRegister(
            base: UInt32(truncatingIfNeeded: raw >> 16 & 0xff_ffff | raw >> 32 & 0xff00_0000),
            limit: raw >> 55 & 1 != 0 ? limit << 12 | 0xfff : limit,
            selector: selector, attributes: UInt16(truncatingIfNeeded: raw >> 40) & 0xf0ff)
    }

    /// Puts the group's code in place; call before its cases.
    func prepare(_ g: Group) {
        expected = pristine
        place(g.code, at: g.address)
        expected.withUnsafeBytes { arena.copyMemory(from: $0) }
        memory.noteExternalWrite(at: arenaPhysical, count: Arena.codeCount)
    }

    private func place(_ bytes: [UInt8], at address: UInt32) {
        for (i, byte) in bytes.enumerated() {
            if let offset = Arena.offset(address &+ UInt32(i)) { expected[offset] = byte }
        }
    }

    /// What a run ended with.
    struct Ending: Equatable {
        var vector: UInt8 = 1
        var errorCode: UInt32 = 0
        var cr2: UInt32 = 0
        /// An exit that no recorded case can have.
        var strange: String?
    }

    /// Executes one case from `initial`. With `stepping` the trap flag ends it, as in the recording; without, the budget.
    /// A sequence runs to its breakpoint, in one go or (stepping) with a budget of one instruction at a time.
    func run(_ g: Group, _ initial: CaseState, stepping: Bool) -> Ending {
        place(initial.window, at: g.window)
        expected.withUnsafeBytes { arena.copyMemory(from: $0) }
        load(initial, x87: g.hasX87, stepping: stepping)
        let budget = g.isSequence && !stepping ? 1000 : g.isPair ? 2 : 1
        // One turn of a repeated string instruction may end in a trap of its own.
        for _ in 0..<10_000 {
            let exit = cpu.run(budget: budget)
            switch exit {
            case .budgetSpent where g.isSequence: continue
            case .trap(1, _, _), .budgetSpent:
                if g.isRepeated, cpu.state.pointee.eip == g.address { continue }
                return Ending()
            case .trap(let vector, let errorCode, _):
                return Ending(
                    vector: vector, errorCode: errorCode ?? 0, cr2: vector == 14 ? cpu.state.pointee.cr2 : 0)
            case .interrupted: continue
            default: return Ending(strange: "\(exit)")
            }
        }
        return Ending(strange: "never ends")
    }

    private func load(_ s: CaseState, x87: Bool, stepping: Bool) {
        let p = cpu.state
        p.pointee = blank
        (p.pointee.eax, p.pointee.ecx, p.pointee.edx, p.pointee.ebx) = (s.gpr[0], s.gpr[1], s.gpr[2], s.gpr[3])
        (p.pointee.esp, p.pointee.ebp, p.pointee.esi, p.pointee.edi) = (s.gpr[4], s.gpr[5], s.gpr[6], s.gpr[7])
        p.pointee.eip = s.eip
        p.pointee.eflags = stepping ? s.eflags : s.eflags & ~0x100
        p.pointee.es = register(s.selectors[0])
        p.pointee.ss = register(s.selectors[2])
        p.pointee.ds = register(s.selectors[3])
        p.pointee.fs = register(s.selectors[4])
        p.pointee.gs = register(s.selectors[5])
        guard x87 else { return }
        p.pointee.x87.control = s.x87.control
        p.pointee.x87.statusWord = s.x87.status
        p.pointee.x87.occupied = s.x87.valid
        p.pointee.x87.instructionPointer = s.x87.eip
        p.pointee.x87.operandPointer = s.x87.data
        p.pointee.x87.lastOpcode = s.x87.opcode
        withUnsafeMutableBytes(of: &p.pointee.x87.registers) { raw in
            for i in 0..<8 {
                let value = Extended80(signExponent: s.x87.signExponent[i], mantissa: s.x87.mantissa[i])
                raw.storeBytes(of: value, toByteOffset: i * MemoryLayout<Extended80>.stride, as: Extended80.self)
            }
        }
    }

    private func register(_ selector: UInt16) -> SegmentRegister {
        descriptors[selector] ?? SegmentRegister(base: 0, limit: 0, selector: selector, attributes: 0)
    }

    /// The state after `run`, on top of `before` for what is not compared.
    func state(basedOn before: CaseState, x87: Bool) -> CaseState {
        var s = before
        let p = cpu.state.pointee
        s.gpr = [p.eax, p.ecx, p.edx, p.ebx, p.esp, p.ebp, p.esi, p.edi]
        s.eip = p.eip
        s.eflags = p.eflags
        s.selectors = [p.es, p.cs, p.ss, p.ds, p.fs, p.gs].map(\.selector)
        guard x87 else { return s }
        s.x87.control = p.x87.control
        s.x87.status = p.x87.statusWord
        s.x87.valid = p.x87.occupied
        s.x87.eip = p.x87.instructionPointer
        s.x87.data = p.x87.operandPointer
        s.x87.opcode = p.x87.lastOpcode
        var registers = p.x87.registers
        withUnsafeBytes(of: &registers) { raw in
            for i in 0..<8 {
                let r = raw.load(fromByteOffset: i * MemoryLayout<Extended80>.stride, as: Extended80.self)
                s.x87.mantissa[i] = r.mantissa
                s.x87.signExponent[i] = r.signExponent
            }
        }
        return s
    }

    /// Arena offsets (with expected and found bytes) that are not as recorded, the first few.
    func memoryDifferences(_ c: RecordedCase) -> [(offset: Int, expected: UInt8, got: UInt8)] {
        var differences: [(offset: Int, expected: UInt8, got: UInt8)] = []
        var saved: [RecordedCase.Run] = []
        for run in c.memory {
            saved.append(.init(offset: run.offset, bytes: Array(expected[run.offset..<run.offset + run.bytes.count])))
            expected.replaceSubrange(run.offset..<run.offset + run.bytes.count, with: run.bytes)
        }
        expected.withUnsafeBytes { wanted in
            guard let a = wanted.baseAddress, let b = arena.baseAddress, memcmp(a, b, Arena.count) != 0 else { return }
            for i in 0..<Arena.count where wanted[i] != arena[i] && differences.count < 64 {
                differences.append((i, wanted[i], arena[i]))
            }
        }
        for run in saved { expected.replaceSubrange(run.offset..<run.offset + run.bytes.count, with: run.bytes) }
        // An instruction that wrote into the code pages: the next case wants its code back.
        let touched = expected.withUnsafeBytes { wanted in
            guard let a = wanted.baseAddress, let b = arena.baseAddress else { return false }
            return memcmp(a, b, Arena.codeCount) != 0
        }
        if touched {
            expected.withUnsafeBytes { arena.copyMemory(from: $0) }
            memory.noteExternalWrite(at: arenaPhysical, count: Arena.codeCount)
        }
        return differences
    }
}
