// The opcode maps of SDM 2, appendix A, as data: one line per row or family. The decoder knows no opcode by number; it
// only follows what stands here.

/// How the bytes after the opcode give the operands. E = ModRM r/m, G = ModRM reg, Z = low opcode bits, A = accumulator,
/// I = immediate, M = memory only, O = absolute offset, J = relative target, S = segment register.
enum Form: UInt8 {
    case none, EG, GE, AI, EI, EIsigned, E, E1, ECL, EGI, EGCL, GEI, GEIsigned
    case Z, ZI, AZ, GM, M, J8, J, pointer, I8, I8signed, I16, I, I16I8, AO, OA, ES, SE
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
            set(at, .init(operation, .EG, .byte, lock: lock))
            set(at + 1, .init(operation, .EG, lock: lock))
            set(at + 2, .init(operation, .GE, .byte))
            set(at + 3, .init(operation, .GE))
            set(at + 4, .init(operation, .AI, .byte))
            set(at + 5, .init(operation, .AI))
        }
        for (i, opcode) in [0x06, 0x0e, 0x16, 0x1e].enumerated() {
            set(opcode, .init(.pushSegment, aux: UInt16(i)))
            if opcode != 0x0e { set(opcode + 1, .init(.popSegment, aux: UInt16(i))) }
        }
        set(0x27, .init(.daa))
        set(0x2f, .init(.das))
        set(0x37, .init(.aaa))
        set(0x3f, .init(.aas))
        row(0x40...0x47, .init(.inc, .Z))
        row(0x48...0x4f, .init(.dec, .Z))
        row(0x50...0x57, .init(.push, .Z))
        row(0x58...0x5f, .init(.pop, .Z))
        set(0x60, .init(.pushAll))
        set(0x61, .init(.popAll))
        set(0x62, .init(.bound, .GM))
        set(0x63, .init(.arpl, .EG, .word))
        set(0x68, .init(.push, .I))
        set(0x69, .init(.imulThree, .GEI))
        set(0x6a, .init(.push, .I8signed))
        set(0x6b, .init(.imulThree, .GEIsigned))
        row(0x6c...0x6f, .init(.privileged))  // ins, outs
        row(0x70...0x7f, .init(.jumpIf, .J8))
        group(0x80, .arithmetic8, .byte)
        group(0x81, .arithmetic)
        group(0x82, .arithmetic8, .byte)
        group(0x83, .arithmeticSigned)
        set(0x84, .init(.test, .EG, .byte))
        set(0x85, .init(.test, .EG))
        set(0x86, .init(.xchg, .EG, .byte, lock: true))
        set(0x87, .init(.xchg, .EG, lock: true))
        set(0x88, .init(.mov, .EG, .byte))
        set(0x89, .init(.mov, .EG))
        set(0x8a, .init(.mov, .GE, .byte))
        set(0x8b, .init(.mov, .GE))
        set(0x8c, .init(.movFromSegment, .ES))
        set(0x8d, .init(.lea, .GM))
        set(0x8e, .init(.movToSegment, .SE, .word))
        group(0x8f, .popE)
        set(0x90, .init(.nop))
        row(0x91...0x97, .init(.xchg, .AZ))
        set(0x98, .init(.cbw))
        set(0x99, .init(.cwd))
        set(0x9a, .init(.callFar, .pointer))
        set(0x9b, .init(.wait))
        set(0x9c, .init(.pushFlags))
        set(0x9d, .init(.popFlags))
        set(0x9e, .init(.sahf))
        set(0x9f, .init(.lahf))
        set(0xa0, .init(.mov, .AO, .byte))
        set(0xa1, .init(.mov, .AO))
        set(0xa2, .init(.mov, .OA, .byte))
        set(0xa3, .init(.mov, .OA))
        for (opcode, operation) in [(0xa4, Operation.movs), (0xa6, .cmps), (0xaa, .stos), (0xac, .lods), (0xae, .scas)]
        {
            set(opcode, .init(operation, .none, .byte))
            set(opcode + 1, .init(operation))
        }
        set(0xa8, .init(.test, .AI, .byte))
        set(0xa9, .init(.test, .AI))
        row(0xb0...0xb7, .init(.mov, .ZI, .byte))
        row(0xb8...0xbf, .init(.mov, .ZI))
        group(0xc0, .shift8Imm, .byte)
        group(0xc1, .shiftImm)
        set(0xc2, .init(.ret, .I16))
        set(0xc3, .init(.ret))
        set(0xc4, .init(.loadFarPointer, .GM, aux: 0))
        set(0xc5, .init(.loadFarPointer, .GM, aux: 3))
        group(0xc6, .movImm8, .byte)
        group(0xc7, .movImm)
        set(0xc8, .init(.enter, .I16I8))
        set(0xc9, .init(.leave))
        set(0xca, .init(.retFar, .I16))
        set(0xcb, .init(.retFar))
        set(0xcc, .init(.int3))
        set(0xcd, .init(.int, .I8))
        set(0xce, .init(.into))
        set(0xcf, .init(.iret))
        group(0xd0, .shift8One, .byte)
        group(0xd1, .shiftOne)
        group(0xd2, .shift8CL, .byte)
        group(0xd3, .shiftCL)
        set(0xd4, .init(.aam, .I8))
        set(0xd5, .init(.aad, .I8))
        set(0xd6, .init(.salc))
        set(0xd7, .init(.xlat))
        row(0xd8...0xdf, .init(.esc, .E, .dword))
        set(0xe0, .init(.loopNotEqual, .J8))
        set(0xe1, .init(.loopEqual, .J8))
        set(0xe2, .init(.loop, .J8))
        set(0xe3, .init(.jumpIfCXZero, .J8))
        row(0xe4...0xe7, .init(.privileged, .I8))  // in, out
        set(0xe8, .init(.call, .J))
        set(0xe9, .init(.jump, .J))
        set(0xea, .init(.jumpFar, .pointer))
        set(0xeb, .init(.jump, .J8))
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
        two(0x02, .init(.lar, .GE))
        two(0x03, .init(.lsl, .GE))
        for opcode in [0x06, 0x08, 0x09] { two(opcode, .init(.privileged)) }  // clts, invd, wbinvd
        // Reserved hints: no-operations with a ModRM byte since the Pentium Pro.
        row(256 + 0x18...256 + 0x1f, .init(.nop, .E))
        row(256 + 0x20...256 + 0x23, .init(.privileged, .E))  // mov to and from control and debug registers
        two(0x30, .init(.privileged))  // wrmsr
        two(0x31, .init(.rdtsc))
        two(0x32, .init(.privileged))  // rdmsr
        two(0x33, .init(.privileged))  // rdpmc
        row(256 + 0x40...256 + 0x4f, .init(.cmovcc, .GE))
        row(256 + 0x80...256 + 0x8f, .init(.jumpIf, .J))
        row(256 + 0x90...256 + 0x9f, .init(.setcc, .E, .byte))
        two(0xa0, .init(.pushSegment, aux: 4))
        two(0xa1, .init(.popSegment, aux: 4))
        two(0xa2, .init(.cpuid))
        two(0xa3, .init(.bt, .EG))
        two(0xa4, .init(.shld, .EGI))
        two(0xa5, .init(.shld, .EGCL))
        two(0xa8, .init(.pushSegment, aux: 5))
        two(0xa9, .init(.popSegment, aux: 5))
        two(0xab, .init(.bts, .EG, lock: true))
        two(0xac, .init(.shrd, .EGI))
        two(0xad, .init(.shrd, .EGCL))
        two(0xaf, .init(.imulTwo, .GE))
        two(0xb0, .init(.cmpxchg, .EG, .byte, lock: true))
        two(0xb1, .init(.cmpxchg, .EG, lock: true))
        two(0xb2, .init(.loadFarPointer, .GM, aux: 2))
        two(0xb3, .init(.btr, .EG, lock: true))
        two(0xb4, .init(.loadFarPointer, .GM, aux: 4))
        two(0xb5, .init(.loadFarPointer, .GM, aux: 5))
        two(0xb6, .init(.movzx8, .GE))
        two(0xb7, .init(.movzx16, .GE))
        group(256 + 0xba, .eight)
        two(0xbb, .init(.btc, .EG, lock: true))
        two(0xbc, .init(.bsf, .GE))
        two(0xbd, .init(.bsr, .GE))
        two(0xbe, .init(.movsx8, .GE))
        two(0xbf, .init(.movsx16, .GE))
        two(0xc0, .init(.xadd, .EG, .byte, lock: true))
        two(0xc1, .init(.xadd, .EG, lock: true))
        group(256 + 0xc7, .nine)
        row(256 + 0xc8...256 + 0xcf, .init(.bswap, .Z))
    }

    private func fillGroups() {
        func put(_ group: Group, _ reg: Int, _ spec: OpcodeSpec) { set(Int(group.start) + reg, spec) }
        for reg in 0..<8 {
            let operation = Operation(rawValue: Operation.add.rawValue + UInt8(reg)) ?? .invalid
            let lock = operation != .cmp
            put(.arithmetic8, reg, .init(operation, .EI, .byte, lock: lock))
            put(.arithmetic, reg, .init(operation, .EI, lock: lock))
            put(.arithmeticSigned, reg, .init(operation, .EIsigned, lock: lock))
            let shift = Operation(rawValue: Operation.rol.rawValue + UInt8(reg)) ?? .invalid
            put(.shift8Imm, reg, .init(shift, .EIsigned, .byte))
            put(.shiftImm, reg, .init(shift, .EIsigned))
            put(.shift8One, reg, .init(shift, .E1, .byte))
            put(.shiftOne, reg, .init(shift, .E1))
            put(.shift8CL, reg, .init(shift, .ECL, .byte))
            put(.shiftCL, reg, .init(shift, .ECL))
        }
        for (group, width) in [(Group.unary8, Width.byte), (.unary, .variable)] {
            put(group, 0, .init(.test, .EI, width))
            put(group, 1, .init(.test, .EI, width))
            put(group, 2, .init(.not, .E, width, lock: true))
            put(group, 3, .init(.neg, .E, width, lock: true))
            put(group, 4, .init(.mul, .E, width))
            put(group, 5, .init(.imul, .E, width))
            put(group, 6, .init(.div, .E, width))
            put(group, 7, .init(.idiv, .E, width))
        }
        put(.incDec8, 0, .init(.inc, .E, .byte, lock: true))
        put(.incDec8, 1, .init(.dec, .E, .byte, lock: true))
        put(.five, 0, .init(.inc, .E, lock: true))
        put(.five, 1, .init(.dec, .E, lock: true))
        put(.five, 2, .init(.callIndirect, .E))
        put(.five, 3, .init(.callFarIndirect, .M))
        put(.five, 4, .init(.jumpIndirect, .E))
        put(.five, 5, .init(.jumpFarIndirect, .M))
        put(.five, 6, .init(.push, .E))
        put(.popE, 0, .init(.pop, .E))
        put(.movImm8, 0, .init(.mov, .EI, .byte))
        put(.movImm, 0, .init(.mov, .EI))
        put(.six, 0, .init(.sldt, .E))
        put(.six, 1, .init(.str, .E))
        put(.six, 2, .init(.privileged, .E, .word))  // lldt
        put(.six, 3, .init(.privileged, .E, .word))  // ltr
        put(.six, 4, .init(.verr, .E, .word))
        put(.six, 5, .init(.verw, .E, .word))
        put(.seven, 0, .init(.sgdt, .M))
        put(.seven, 1, .init(.sidt, .M))
        put(.seven, 2, .init(.privileged, .M))  // lgdt
        put(.seven, 3, .init(.privileged, .M))  // lidt
        put(.seven, 4, .init(.smsw, .E))
        put(.seven, 6, .init(.privileged, .E, .word))  // lmsw
        put(.seven, 7, .init(.privileged, .M))  // invlpg
        put(.eight, 4, .init(.bt, .EIsigned))
        put(.eight, 5, .init(.bts, .EIsigned, lock: true))
        put(.eight, 6, .init(.btr, .EIsigned, lock: true))
        put(.eight, 7, .init(.btc, .EIsigned, lock: true))
        put(.nine, 1, .init(.cmpxchg8b, .M, lock: true))
    }
}
