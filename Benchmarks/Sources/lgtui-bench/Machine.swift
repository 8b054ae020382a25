// The smallest machine that runs a workload: flat segments, identity page tables, ring 1, and nothing else. A port
// access comes out as a protection fault, which is all the output a workload has.

import I386

struct Machine {
    private static let size: UInt64 = 64 << 20
    private static let directory: UInt32 = 0x1000
    private let cpu: CPU

    struct Result {
        var sum: String
        var seconds: Double
        var instructions: UInt64
    }

    /// Loads the PT_LOAD segments of a freestanding ELF file at their physical addresses.
    init(_ image: [UInt8]) throws {
        let memory = try GuestMemory(size: Self.size)
        cpu = try CPU(memory: memory)
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(image[at + $1]) << UInt32(8 * $1) } }
        guard image.count > 52, word(0) == 0x464c_457f else {
            throw BenchError.message("a workload is not an ELF file")
        }
        for i in 0..<Int(word(44) & 0xffff) {
            let header = Int(word(28)) + 32 * i
            guard word(header) == 1 else { continue }
            let (offset, count) = (Int(word(header + 4)), Int(word(header + 16)))
            memory.bytes(at: GuestPhysical(word(header + 12)), count: count)?
                .copyBytes(from: image[offset..<offset + count])
        }
        for table in 0..<16 as Range<UInt32> {
            _ = memory.store32(0x2007 + table * 4096, at: GuestPhysical(Self.directory + table * 4))
        }
        for frame in 0..<UInt32(Self.size / 4096) {
            _ = memory.store32(frame << 12 | 7, at: GuestPhysical(0x2000 + frame * 4))
        }
        cpu.setDescriptor(12, 0x00cf_bb00_0000_ffff)
        cpu.setDescriptor(13, 0x00cf_b300_0000_ffff)
        cpu.loadPageDirectory(GuestPhysical(Self.directory))
        cpu.state.pointee.cs = SegmentRegister(base: 0, limit: .max, selector: 0x61, attributes: 0xc0bb)
        let data = SegmentRegister(base: 0, limit: .max, selector: 0x69, attributes: 0xc0b3)
        (cpu.state.pointee.ss, cpu.state.pointee.ds, cpu.state.pointee.es) = (data, data, data)
        cpu.refreshSegments()
        cpu.state.pointee.eip = word(24)
    }

    func run() throws -> Result {
        var text = ""
        var (start, seconds, before, instructions) = (0.0, 0.0, UInt64(0), UInt64(0))
        while true {
            switch cpu.run(budget: 1_000_000_000) {
            case .budgetSpent, .interrupted: continue
            case .trap(vector: 13, _, _) where cpu.instructionBytes(1) == [0xe6]:
                let character = Character(Unicode.Scalar(UInt8(truncatingIfNeeded: cpu.state.pointee.eax)))
                cpu.state.pointee.eip &+= 2
                switch character {
                case "S": (start, before) = (now(), cpu.instructions)
                case "E": (seconds, instructions) = (now() - start, cpu.instructions &- before)
                case "\n": return Result(sum: text, seconds: seconds, instructions: instructions)
                default: text.append(character)
                }
            case let other:
                throw BenchError.message("the workload stopped at \(GuestVirtual(cpu.state.pointee.eip)): \(other)")
            }
        }
    }
}
