// The opcode maps of SDM 2, appendix A, as data: one line per row or family. The decoder knows no opcode by number; it
// only follows what stands here.

/// How the bytes after the opcode give the operands, destination first. `rm` and `reg` are the ModRM fields (alone, `reg`
/// is the low bits of the opcode), `acc` the accumulator, `mem` an `rm` that must be memory, `offset` an absolute address,
/// `rel` a jump target.
enum Form: UInt8 {
    case none, rmReg, regRM, accImm, rmImm, rmImm8, rm, rmOne, rmCL, rmRegImm8, rmRegCL, regRMImm, regRMImm8
    case reg, regImm, accReg, regMem, mem, rel8, rel, pointer, imm8, imm8Signed, imm16, imm, imm16Imm8
    case accOffset, offsetAcc, rmSegment, segmentRM
    /// The ModRM reg field selects from eight specs.
    case group
}

/// Operand width: a byte, by prefix (2 or 4), or fixed.
enum Width: UInt8 {
    case byte, variable, word, dword
}

/// One line of the opcode map.
struct OpcodeSpec {
    var operation: Operation
    var form: Form
    var width: Width
    /// LOCK is legal when the destination is memory.
    var lockable = false
    /// A segment number, or the first of the eight specs of a group.
    var aux: UInt16 = 0

    init(_ operation: Operation, _ form: Form = .none, _ width: Width = .variable, lock: Bool = false, aux: UInt16 = 0)
    {
        self.operation = operation
        self.form = form
        self.width = width
        self.lockable = lock
        self.aux = aux
    }
}

/// Both opcode maps and the groups, in memory of the CPU's own: a global table would cost an initialisation check at
/// every look.
struct OpcodeTable {
    /// 0…255 one-byte opcodes, 256…511 two-byte opcodes (0F xx), then the groups.
    let specs: UnsafeMutablePointer<OpcodeSpec>
    private static var capacity: Int { 512 + 8 * 32 }

    init() {
        specs = .allocate(capacity: Self.capacity)
        specs.initialize(repeating: OpcodeSpec(.invalid), count: Self.capacity)
        fillOneByte()
        fillTwoByte()
        fillGroups()
    }
    func deallocate() { specs.deallocate() }

    private enum Group: UInt16 {
        case arithmetic8, arithmetic, arithmeticSigned, shift8Imm, shiftImm, shift8One, shiftOne, shift8CL, shiftCL
        case unary8, unary, incDec8, five, popE, movImm8, movImm, six, seven, eight, nine
        var start: UInt16 { 512 + rawValue * 8 }
    }

    private func set(_ opcode: Int, _ spec: OpcodeSpec) { specs[opcode] = spec }
    private func group(_ opcode: Int, _ group: Group, _ width: Width = .variable) {
        specs[opcode] = OpcodeSpec(.invalid, .group, width, aux: group.start)
    }
    private func row(_ range: ClosedRange<Int>, _ spec: OpcodeSpec) {
        for i in range { specs[i] = spec }
    }

    private func fillOneByte() {
        for i in 0..<8 {
            let operation = Operation(rawValue: UInt8(i)) ?? .invalid
            let lock = operation != .cmp
            let at = i * 8
            set(at, .init(operation, .rmReg, .byte, lock: lock))
            set(at + 1, .init(operation, .rmReg, lock: lock))
            set(at + 2, .init(operation, .regRM, .byte))
            set(at + 3, .init(operation, .regRM))
            set(at + 4, .init(operation, .accImm, .byte))
            set(at + 5, .init(operation, .accImm))
        }
        for (i, opcode) in [0x06, 0x0e, 0x16, 0x1e].enumerated() {
            set(opcode, .init(.pushSegment, aux: UInt16(i)))
            if opcode != 0x0e { set(opcode + 1, .init(.popSegment, aux: UInt16(i))) }
        }
        set(0x27, .init(.daa))
        set(0x2f, .init(.das))
        set(0x37, .init(.aaa))
        set(0x3f, .init(.aas))
        row(0x40...0x47, .init(.inc, .reg))
        row(0x48...0x4f, .init(.dec, .reg))
        row(0x50...0x57, .init(.push, .reg))
        row(0x58...0x5f, .init(.pop, .reg))
        set(0x60, .init(.pushAll))
        set(0x61, .init(.popAll))
        set(0x62, .init(.bound, .regMem))
        set(0x63, .init(.arpl, .rmReg, .word))
        set(0x68, .init(.push, .imm))
        set(0x69, .init(.imulThree, .regRMImm))
        set(0x6a, .init(.push, .imm8Signed))
        set(0x6b, .init(.imulThree, .regRMImm8))
        row(0x6c...0x6f, .init(.privileged))  // ins, outs
        row(0x70...0x7f, .init(.jumpIf, .rel8))
        group(0x80, .arithmetic8, .byte)
        group(0x81, .arithmetic)
        group(0x82, .arithmetic8, .byte)
        group(0x83, .arithmeticSigned)
        set(0x84, .init(.test, .rmReg, .byte))
        set(0x85, .init(.test, .rmReg))
        set(0x86, .init(.xchg, .rmReg, .byte, lock: true))
        set(0x87, .init(.xchg, .rmReg, lock: true))
        set(0x88, .init(.mov, .rmReg, .byte))
        set(0x89, .init(.mov, .rmReg))
        set(0x8a, .init(.mov, .regRM, .byte))
        set(0x8b, .init(.mov, .regRM))
        set(0x8c, .init(.movFromSegment, .rmSegment))
        set(0x8d, .init(.lea, .regMem))
        set(0x8e, .init(.movToSegment, .segmentRM, .word))
        group(0x8f, .popE)
        set(0x90, .init(.nop))
        row(0x91...0x97, .init(.xchg, .accReg))
        set(0x98, .init(.cbw))
        set(0x99, .init(.cwd))
        set(0x9a, .init(.callFar, .pointer))
        set(0x9b, .init(.wait))
        set(0x9c, .init(.pushFlags))
        set(0x9d, .init(.popFlags))
        set(0x9e, .init(.sahf))
        set(0x9f, .init(.lahf))
        set(0xa0, .init(.mov, .accOffset, .byte))
        set(0xa1, .init(.mov, .accOffset))
        set(0xa2, .init(.mov, .offsetAcc, .byte))
        set(0xa3, .init(.mov, .offsetAcc))
        for (opcode, operation) in [(0xa4, Operation.movs), (0xa6, .cmps), (0xaa, .stos), (0xac, .lods), (0xae, .scas)]
        {
            set(opcode, .init(operation, .none, .byte))
            set(opcode + 1, .init(operation))
        }
        set(0xa8, .init(.test, .accImm, .byte))
        set(0xa9, .init(.test, .accImm))
        row(0xb0...0xb7, .init(.mov, .regImm, .byte))
        row(0xb8...0xbf, .init(.mov, .regImm))
        group(0xc0, .shift8Imm, .byte)
        group(0xc1, .shiftImm)
        set(0xc2, .init(.ret, .imm16))
        set(0xc3, .init(.ret))
        set(0xc4, .init(.loadFarPointer, .regMem, aux: 0))
        set(0xc5, .init(.loadFarPointer, .regMem, aux: 3))
        group(0xc6, .movImm8, .byte)
        group(0xc7, .movImm)
        set(0xc8, .init(.enter, .imm16Imm8))
        set(0xc9, .init(.leave))
        set(0xca, .init(.retFar, .imm16))
        set(0xcb, .init(.retFar))
        set(0xcc, .init(.int3))
        set(0xcd, .init(.int, .imm8))
        set(0xce, .init(.into))
        set(0xcf, .init(.iret))
        group(0xd0, .shift8One, .byte)
        group(0xd1, .shiftOne)
        group(0xd2, .shift8CL, .byte)
        group(0xd3, .shiftCL)
        set(0xd4, .init(.aam, .imm8))
        set(0xd5, .init(.aad, .imm8))
        set(0xd6, .init(.salc))
        set(0xd7, .init(.xlat))
        row(0xd8...0xdf, .init(.esc, .rm, .dword))
        set(0xe0, .init(.loopNotEqual, .rel8))
        set(0xe1, .init(.loopEqual, .rel8))
        set(0xe2, .init(.loop, .rel8))
        set(0xe3, .init(.jumpIfCXZero, .rel8))
        row(0xe4...0xe7, .init(.privileged, .imm8))  // in, out
        set(0xe8, .init(.call, .rel))
        set(0xe9, .init(.jump, .rel))
        set(0xea, .init(.jumpFar, .pointer))
        set(0xeb, .init(.jump, .rel8))
        row(0xec...0xef, .init(.privileged))  // in, out
        set(0xf1, .init(.int1))
        set(0xf4, .init(.privileged))  // hlt
        set(0xf5, .init(.cmc))
        group(0xf6, .unary8, .byte)
        group(0xf7, .unary)
        set(0xf8, .init(.clc))
        set(0xf9, .init(.stc))
        set(0xfa, .init(.cli))
        set(0xfb, .init(.sti))
        set(0xfc, .init(.cld))
        set(0xfd, .init(.std))
        group(0xfe, .incDec8, .byte)
        group(0xff, .five)
    }

    private func fillTwoByte() {
        func two(_ opcode: Int, _ spec: OpcodeSpec) { set(256 + opcode, spec) }
        group(256 + 0x00, .six)
        group(256 + 0x01, .seven)
        two(0x02, .init(.lar, .regRM))
        two(0x03, .init(.lsl, .regRM))
        for opcode in [0x06, 0x08, 0x09] { two(opcode, .init(.privileged)) }  // clts, invd, wbinvd
        // Reserved hints: no-operations with a ModRM byte since the Pentium Pro.
        row(256 + 0x18...256 + 0x1f, .init(.nop, .rm))
        row(256 + 0x20...256 + 0x23, .init(.privileged, .rm))  // mov to and from control and debug registers
        two(0x30, .init(.privileged))  // wrmsr
        two(0x31, .init(.rdtsc))
        two(0x32, .init(.privileged))  // rdmsr
        two(0x33, .init(.privileged))  // rdpmc
        row(256 + 0x40...256 + 0x4f, .init(.cmovcc, .regRM))
        row(256 + 0x80...256 + 0x8f, .init(.jumpIf, .rel))
        row(256 + 0x90...256 + 0x9f, .init(.setcc, .rm, .byte))
        two(0xa0, .init(.pushSegment, aux: 4))
        two(0xa1, .init(.popSegment, aux: 4))
        two(0xa2, .init(.cpuid))
        two(0xa3, .init(.bt, .rmReg))
        two(0xa4, .init(.shld, .rmRegImm8))
        two(0xa5, .init(.shld, .rmRegCL))
        two(0xa8, .init(.pushSegment, aux: 5))
        two(0xa9, .init(.popSegment, aux: 5))
        two(0xab, .init(.bts, .rmReg, lock: true))
        two(0xac, .init(.shrd, .rmRegImm8))
        two(0xad, .init(.shrd, .rmRegCL))
        two(0xaf, .init(.imulTwo, .regRM))
        two(0xb0, .init(.cmpxchg, .rmReg, .byte, lock: true))
        two(0xb1, .init(.cmpxchg, .rmReg, lock: true))
        two(0xb2, .init(.loadFarPointer, .regMem, aux: 2))
        two(0xb3, .init(.btr, .rmReg, lock: true))
        two(0xb4, .init(.loadFarPointer, .regMem, aux: 4))
        two(0xb5, .init(.loadFarPointer, .regMem, aux: 5))
        two(0xb6, .init(.movzx8, .regRM))
        two(0xb7, .init(.movzx16, .regRM))
        group(256 + 0xba, .eight)
        two(0xbb, .init(.btc, .rmReg, lock: true))
        two(0xbc, .init(.bsf, .regRM))
        two(0xbd, .init(.bsr, .regRM))
        two(0xbe, .init(.movsx8, .regRM))
        two(0xbf, .init(.movsx16, .regRM))
        two(0xc0, .init(.xadd, .rmReg, .byte, lock: true))
        two(0xc1, .init(.xadd, .rmReg, lock: true))
        group(256 + 0xc7, .nine)
        row(256 + 0xc8...256 + 0xcf, .init(.bswap, .reg))
    }

    private func fillGroups() {
        func put(_ group: Group, _ reg: Int, _ spec: OpcodeSpec) { set(Int(group.start) + reg, spec) }
        for reg in 0..<8 {
            let operation = Operation(rawValue: Operation.add.rawValue + UInt8(reg)) ?? .invalid
            let lock = operation != .cmp
            put(.arithmetic8, reg, .init(operation, .rmImm, .byte, lock: lock))
            put(.arithmetic, reg, .init(operation, .rmImm, lock: lock))
            put(.arithmeticSigned, reg, .init(operation, .rmImm8, lock: lock))
            let shift = Operation(rawValue: Operation.rol.rawValue + UInt8(reg)) ?? .invalid
            put(.shift8Imm, reg, .init(shift, .rmImm8, .byte))
            put(.shiftImm, reg, .init(shift, .rmImm8))
            put(.shift8One, reg, .init(shift, .rmOne, .byte))
            put(.shiftOne, reg, .init(shift, .rmOne))
            put(.shift8CL, reg, .init(shift, .rmCL, .byte))
            put(.shiftCL, reg, .init(shift, .rmCL))
        }
        for (group, width) in [(Group.unary8, Width.byte), (.unary, .variable)] {
            put(group, 0, .init(.test, .rmImm, width))
            put(group, 1, .init(.test, .rmImm, width))
            put(group, 2, .init(.not, .rm, width, lock: true))
            put(group, 3, .init(.neg, .rm, width, lock: true))
            put(group, 4, .init(.mul, .rm, width))
            put(group, 5, .init(.imul, .rm, width))
            put(group, 6, .init(.div, .rm, width))
            put(group, 7, .init(.idiv, .rm, width))
        }
        put(.incDec8, 0, .init(.inc, .rm, .byte, lock: true))
        put(.incDec8, 1, .init(.dec, .rm, .byte, lock: true))
        put(.five, 0, .init(.inc, .rm, lock: true))
        put(.five, 1, .init(.dec, .rm, lock: true))
        put(.five, 2, .init(.callIndirect, .rm))
        put(.five, 3, .init(.callFarIndirect, .mem))
        put(.five, 4, .init(.jumpIndirect, .rm))
        put(.five, 5, .init(.jumpFarIndirect, .mem))
        put(.five, 6, .init(.push, .rm))
        put(.popE, 0, .init(.pop, .rm))
        put(.movImm8, 0, .init(.mov, .rmImm, .byte))
        put(.movImm, 0, .init(.mov, .rmImm))
        put(.six, 0, .init(.sldt, .rm))
        put(.six, 1, .init(.str, .rm))
        put(.six, 2, .init(.privileged, .rm, .word))  // lldt
        put(.six, 3, .init(.privileged, .rm, .word))  // ltr
        put(.six, 4, .init(.verr, .rm, .word))
        put(.six, 5, .init(.verw, .rm, .word))
        put(.seven, 0, .init(.sgdt, .mem))
        put(.seven, 1, .init(.sidt, .mem))
        put(.seven, 2, .init(.privileged, .mem))  // lgdt
        put(.seven, 3, .init(.privileged, .mem))  // lidt
        put(.seven, 4, .init(.smsw, .rm))
        put(.seven, 6, .init(.privileged, .rm, .word))  // lmsw
        put(.seven, 7, .init(.privileged, .mem))  // invlpg
        put(.eight, 4, .init(.bt, .rmImm8))
        put(.eight, 5, .init(.bts, .rmImm8, lock: true))
        put(.eight, 6, .init(.btr, .rmImm8, lock: true))
        put(.eight, 7, .init(.btc, .rmImm8, lock: true))
        put(.nine, 1, .init(.cmpxchg8b, .mem, lock: true))
    }
}
