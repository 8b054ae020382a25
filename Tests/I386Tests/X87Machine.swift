// A CPU with just enough around it to run single x87 instructions: two writable pages, a read-only one, nothing else.

import I386

/// Executes x87 instructions by their bytes, against memory that can fault. Belongs to one test.
struct X87Machine {
    let cpu: CPU
    private let memory: GuestMemory

    /// Two writable pages at `data`, a read-only one after them, then nothing.
    static let data: UInt32 = 0x10000
    static let readOnly: UInt32 = 0x12000
    static let missing: UInt32 = 0x13000

    init() throws {
        memory = try GuestMemory(size: 1 << 20)
        cpu = try CPU(memory: memory)
        _ = memory.store32(0x2007, at: GuestPhysical(0x1000))
        for page: UInt32 in 0x10...0x12 {
            // Ring 3, so that the read-only page is read-only for the code.
            let rights: UInt32 = page == 0x12 ? 5 : 7
            _ = memory.store32(page << 12 | rights, at: GuestPhysical(0x2000 + page * 4))
        }
        cpu.loadPageDirectory(GuestPhysical(0x1000))
        cpu.state.pointee.cs.selector = 0x1B
        cpu.state.pointee.eip = 0xC0DE
    }

    var unit: X87Unit { cpu.x87 }
    var status: UInt16 { unit.statusWord }

    /// The exceptions in the status word.
    var exceptions: UInt16 { status & 0x3F }

    /// `modrm` 0xC0 and above is a register form; below, only bits 3–5 count and `at` is the operand.
    func run(_ opcode: UInt8, _ modrm: UInt8, at address: UInt32 = data, operand16: Bool = false) throws(CPUFault) {
        try cpu.executeX87(
            opcode: opcode, modrm: modrm, address: address, offset: address &- 0x100, selector: 0x2B,
            operand16: operand16)
    }

    /// What `run` threw; nil when it ran.
    func fault(_ opcode: UInt8, _ modrm: UInt8, at address: UInt32 = data) -> CPUFault? {
        do throws(CPUFault) {
            try run(opcode, modrm, at: address)
            return nil
        } catch {
            return error
        }
    }

    /// What WAIT threw.
    func waitFault() -> CPUFault? {
        do throws(CPUFault) {
            try cpu.waitX87()
            return nil
        } catch {
            return error
        }
    }

    /// Empties the stack and loads these, the last one on top.
    func load(_ values: Extended80..., control: UInt16 = 0x37F) {
        unit.initialize()
        for value in values { unit.push(value) }
        unit.controlWord = control
    }

    func store32(_ value: UInt32, at offset: UInt32 = 0) {
        _ = memory.store32(value, at: GuestPhysical(Self.data + offset))
    }
    func store64(_ value: UInt64, at offset: UInt32 = 0) {
        store32(UInt32(truncatingIfNeeded: value), at: offset)
        store32(UInt32(truncatingIfNeeded: value >> 32), at: offset + 4)
    }
    func load16(_ offset: UInt32 = 0) -> UInt16 {
        memory.load16(at: GuestPhysical(Self.data + offset)) ?? 0
    }
    func load32(_ offset: UInt32 = 0) -> UInt32 {
        memory.load32(at: GuestPhysical(Self.data + offset)) ?? 0
    }
    func load64(_ offset: UInt32 = 0) -> UInt64 {
        UInt64(load32(offset)) | UInt64(load32(offset + 4)) << 32
    }
}

extension Extended80 {
    /// `sign+exponent`, then the significand, in the order in which debuggers print them.
    init(_ signExponent: UInt16, _ mantissa: UInt64) {
        self.init(signExponent: signExponent, mantissa: mantissa)
    }

    static let two = Extended80(0x4000, 1 << 63)
    static let three = Extended80(0x4000, 0xC000_0000_0000_0000)
    static let half = Extended80(0x3FFE, 1 << 63)
    static let minusOne = Extended80(0xBFFF, 1 << 63)
    static let infinity = Extended80(0x7FFF, 1 << 63)
    static let minusInfinity = Extended80(0xFFFF, 1 << 63)
    static let minusZero = Extended80(0x8000, 0)
    static let largest = Extended80(0x7FFE, .max)
    static let smallestNormal = Extended80(0x0001, 1 << 63)
    static let smallestDenormal = Extended80(0x0000, 1)
    static let largestDenormal = Extended80(0x0000, .max >> 1)
    static let pseudoDenormal = Extended80(0x0000, 1 << 63 | 1)
    static let unnormal = Extended80(0x3FFF, 1 << 62)
    static let pseudoInfinity = Extended80(0x7FFF, 0)
    static let quietNaN = Extended80(0x7FFF, 0xC000_0000_0000_0001)
    static let signalingNaN = Extended80(0x7FFF, 0x8000_0000_0000_0001)
}

/// One seeded stream of 64-bit numbers (SplitMix64), so that every run tests the same.
struct X87Random {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
    mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }

    /// A register pattern with a taste for the places where arithmetic goes wrong.
    mutating func extended() -> Extended80 {
        let sign: UInt16 = below(2) == 0 ? 0x8000 : 0
        let special: [Extended80] = [
            .zero, .one, .two, .three, .half, .infinity, .largest, .smallestNormal, .smallestDenormal, .largestDenormal,
            .pseudoDenormal, .unnormal, .pseudoInfinity, .quietNaN, .signalingNaN,
        ]
        var mantissa = next()
        switch below(5) {
        case 0: mantissa = 1 << below(63)
        case 1: mantissa = .max << below(64)
        case 2: mantissa >>= below(64)
        case 3:
            // Half way between two neighbours at some precision.
            let cut = [UInt64(11), 40, 12, 39][Int(below(4))]
            mantissa = mantissa & (.max << cut) | 1 << (cut - 1)
        default: break
        }
        mantissa |= 1 << 63
        switch below(10) {
        case 0, 1:
            let value = special[Int(below(UInt64(special.count)))]
            return Extended80(value.signExponent | sign, value.mantissa)
        case 2: return Extended80(sign | UInt16(below(100)), mantissa)
        case 3: return Extended80(sign | UInt16(0x7FFE - below(100)), mantissa)
        case 4: return Extended80(sign, next() >> below(64))
        case 5: return Extended80(sign | UInt16(below(0x8000)), next())
        case 6: return Extended80(sign | UInt16(0x3F60 + below(0x140)), mantissa)
        default: return Extended80(sign | UInt16(0x3FF0 + below(32)), mantissa)
        }
    }
}
