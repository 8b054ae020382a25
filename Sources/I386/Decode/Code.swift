// The forms that the loop executes without leaving it, and the choice among them. A name says operation and operands:
// RR register-register, RI register-immediate, RM load, MR store, MI immediate to memory; B marks the plain
// base-plus-displacement address, Dead one whose flags nobody reads, 8 and 16 a narrower operand (the rest is 32 bits).

enum Code: UInt16 {
    /// Anything at all, through `CPU.execute`; the second one ends its block.
    case generic, genericEnd
    /// The block has died under its own feet: go on at this op's address.
    case leaveBlock
    /// The block ends here without a jump.
    case boundary

    case nop
    case movRR, movRI, movRM, movRMB, movMR, movMRB, movMI, movMIB
    case mov8RR, mov8RI, mov8RM, mov8MR, mov8MI
    case mov16RM, mov16MR
    case movzx8RR, movzx8RM, movzx16RR, movzx16RM, movsx8RR, movsx8RM, movsx16RR, movsx16RM
    case lea, leaB, xchgRR, bswapR, cdq, cmovRR, setccR

    // Per operation: RR, RI, RM, MR, MI.
    case addRR, addRI, addRM, addMR, addMI
    case orRR, orRI, orRM, orMR, orMI
    case adcRR, adcRI, adcRM
    case sbbRR, sbbRI, sbbRM
    case andRR, andRI, andRM, andMR, andMI
    case subRR, subRI, subRM, subMR, subMI
    case xorRR, xorRI, xorRM, xorMR, xorMI
    case cmpRR, cmpRI, cmpRM, cmpMR, cmpMI
    case testRR, testRI, testMR, testMI
    case addDeadRR, addDeadRI, orDeadRR, orDeadRI, andDeadRR, andDeadRI, subDeadRR, subDeadRI, xorDeadRR, xorDeadRI
    case add8RR, add8RI, or8RR, or8RI, and8RR, and8RI, sub8RR, sub8RI, xor8RR, xor8RI
    case cmp8RR, cmp8RI, cmp8RM, cmp8MR, cmp8MI, test8RR, test8RI, test8MI
    case incR, decR, incDeadR, decDeadR, incM, decM, negR, notR
    case shlRI, shrRI, sarRI, shlDeadRI, shrDeadRI, sarDeadRI, rolRI, rorRI, rolDeadRI, rorDeadRI
    case shlRC, shrRC, sarRC
    case imulRR, imulRM, imulRRI, mulR

    case pushR, pushI, pushM, popR, leave

    // Ends of blocks. The conditions follow each other as they are encoded.
    case jump
    case jumpO, jumpNO, jumpB, jumpAE, jumpE, jumpNE, jumpBE, jumpA, jumpS, jumpNS, jumpP, jumpNP, jumpL, jumpGE
    case jumpLE, jumpG
    case call, callR, callM, ret, retI, jumpR, jumpM

    // A comparison and the jump that follows it, as one. The jump's target is in `aux`.
    case cmpRRJumpB, cmpRRJumpAE, cmpRRJumpE, cmpRRJumpNE, cmpRRJumpBE, cmpRRJumpA, cmpRRJumpL, cmpRRJumpGE
    case cmpRRJumpLE, cmpRRJumpG
    case cmpRIJumpB, cmpRIJumpAE, cmpRIJumpE, cmpRIJumpNE, cmpRIJumpBE, cmpRIJumpA, cmpRIJumpL, cmpRIJumpGE
    case cmpRIJumpLE, cmpRIJumpG
    case testRRJumpE, testRRJumpNE, testRRJumpS, testRRJumpNS, testRRJumpLE, testRRJumpG
    case decRJumpNE, decRJumpNS
}

extension Code {
    /// The special form of an op, or `.generic`.
    init(for op: Op, mode: UInt8) {
        self = op.operation.endsBlock ? .genericEnd : .generic
        if op.operation == .boundary {
            self = .boundary
            return
        }
        if op.operation == .nop {
            self = .nop
            return
        }
        let hasMemory = !op.traits.isDisjoint(with: .memory)
        guard mode == CPU.modeFlat | CPU.modeCode32 | CPU.modeStack32 else { return }
        guard !hasMemory || op.traits.contains(.flat) else { return }
        switch op.size {
        case 1: if let code = Code.byte(op) { self = code }
        case 4: if let code = Code.dword(op, hasMemory) { self = code }
        default:
            if op.operation == .mov {
                if op.traits.contains(.srcMemory) { self = .mov16RM }
                if op.traits.contains(.dstMemory), !op.traits.contains(.srcImmediate) { self = .mov16MR }
            }
        }
    }

    /// The shape of the operands.
    private enum Shape { case rr, ri, rm, mr, mi }
    private static func shape(_ op: Op) -> Shape {
        if op.traits.contains(.dstMemory) { return op.traits.contains(.srcImmediate) ? .mi : .mr }
        if op.traits.contains(.srcMemory) { return .rm }
        return op.traits.contains(.srcImmediate) ? .ri : .rr
    }

    private static func choose(
        _ op: Op, rr: Code?, ri: Code?, rm: Code? = nil, mr: Code? = nil, mi: Code? = nil
    ) -> Code? {
        switch shape(op) {
        case .rr: rr
        case .ri: ri
        case .rm: rm
        case .mr: mr
        case .mi: mi
        }
    }

    private static func byte(_ op: Op) -> Code? {
        switch op.operation {
        case .mov: choose(op, rr: .mov8RR, ri: .mov8RI, rm: .mov8RM, mr: .mov8MR, mi: .mov8MI)
        case .add: choose(op, rr: .add8RR, ri: .add8RI)
        case .or: choose(op, rr: .or8RR, ri: .or8RI)
        case .and: choose(op, rr: .and8RR, ri: .and8RI)
        case .sub: choose(op, rr: .sub8RR, ri: .sub8RI)
        case .xor: choose(op, rr: .xor8RR, ri: .xor8RI)
        case .cmp: choose(op, rr: .cmp8RR, ri: .cmp8RI, rm: .cmp8RM, mr: .cmp8MR, mi: .cmp8MI)
        case .test: choose(op, rr: .test8RR, ri: .test8RI, mi: .test8MI)
        case .setcc: op.traits.contains(.dstMemory) ? nil : .setccR
        default: nil
        }
    }

    private static func dword(_ op: Op, _ hasMemory: Bool) -> Code? {
        let dead = op.traits.contains(.flagsDead)
        let plain = op.index == Op.zeroRegister
        switch op.operation {
        case .mov:
            return choose(
                op, rr: .movRR, ri: .movRI, rm: plain ? .movRMB : .movRM, mr: plain ? .movMRB : .movMR,
                mi: plain ? .movMIB : .movMI)
        case .movzx8: return hasMemory ? .movzx8RM : .movzx8RR
        case .movzx16: return hasMemory ? .movzx16RM : .movzx16RR
        case .movsx8: return hasMemory ? .movsx8RM : .movsx8RR
        case .movsx16: return hasMemory ? .movsx16RM : .movsx16RR
        case .lea: return op.traits.contains(.address16) ? nil : plain ? .leaB : .lea
        case .xchg: return hasMemory ? nil : .xchgRR
        case .bswap: return .bswapR
        case .cwd: return .cdq
        case .cmovcc: return hasMemory ? nil : .cmovRR
        case .add:
            return choose(
                op, rr: dead ? .addDeadRR : .addRR, ri: dead ? .addDeadRI : .addRI, rm: .addRM, mr: .addMR, mi: .addMI)
        case .or:
            return choose(
                op, rr: dead ? .orDeadRR : .orRR, ri: dead ? .orDeadRI : .orRI, rm: .orRM, mr: .orMR, mi: .orMI)
        case .adc: return choose(op, rr: .adcRR, ri: .adcRI, rm: .adcRM)
        case .sbb: return choose(op, rr: .sbbRR, ri: .sbbRI, rm: .sbbRM)
        case .and:
            return choose(
                op, rr: dead ? .andDeadRR : .andRR, ri: dead ? .andDeadRI : .andRI, rm: .andRM, mr: .andMR, mi: .andMI)
        case .sub:
            return choose(
                op, rr: dead ? .subDeadRR : .subRR, ri: dead ? .subDeadRI : .subRI, rm: .subRM, mr: .subMR, mi: .subMI)
        case .xor:
            return choose(
                op, rr: dead ? .xorDeadRR : .xorRR, ri: dead ? .xorDeadRI : .xorRI, rm: .xorRM, mr: .xorMR, mi: .xorMI)
        case .cmp: return choose(op, rr: .cmpRR, ri: .cmpRI, rm: .cmpRM, mr: .cmpMR, mi: .cmpMI)
        case .test: return choose(op, rr: .testRR, ri: .testRI, mr: .testMR, mi: .testMI)
        case .inc: return hasMemory ? .incM : dead ? .incDeadR : .incR
        case .dec: return hasMemory ? .decM : dead ? .decDeadR : .decR
        case .neg: return hasMemory ? nil : .negR
        case .not: return hasMemory ? nil : .notR
        case .shl, .sal, .shr, .sar, .rol, .ror: return hasMemory ? nil : shift(op, dead)
        case .imulTwo: return hasMemory ? .imulRM : .imulRR
        case .imulThree: return hasMemory ? nil : .imulRRI
        case .mul: return hasMemory ? nil : .mulR
        case .push: return op.traits.contains(.srcImmediate) ? .pushI : hasMemory ? .pushM : .pushR
        case .pop: return hasMemory ? nil : .popR
        case .leave: return .leave
        case .jump: return .jump
        case .jumpIf: return Code(rawValue: Code.jumpO.rawValue + UInt16(op.opcode & 0xf))
        case .call: return .call
        case .callIndirect: return hasMemory ? .callM : .callR
        case .jumpIndirect: return hasMemory ? .jumpM : .jumpR
        case .ret: return op.imm == 0 ? .ret : .retI
        default: return nil
        }
    }

    private static func shift(_ op: Op, _ dead: Bool) -> Code? {
        guard op.traits.contains(.srcImmediate) else {
            switch op.operation {
            case .shl, .sal: return .shlRC
            case .shr: return .shrRC
            case .sar: return .sarRC
            default: return nil
            }
        }
        // A count of zero has its own rule: leave it to the general form.
        guard op.imm & 31 != 0 else { return nil }
        switch op.operation {
        case .shl, .sal: return dead ? .shlDeadRI : .shlRI
        case .shr: return dead ? .shrDeadRI : .shrRI
        case .sar: return dead ? .sarDeadRI : .sarRI
        case .rol: return dead ? .rolDeadRI : .rolRI
        default: return dead ? .rorDeadRI : .rorRI
        }
    }

    /// The fusion of a comparison with the conditional jump behind it.
    static func fused(_ first: Code, condition: UInt8) -> Code? {
        switch first {
        case .cmpRR, .cmpRI:
            let base: Code = first == .cmpRR ? .cmpRRJumpB : .cmpRIJumpB
            let order: UInt16
            switch condition {
            case 2...7: order = UInt16(condition) - 2
            case 12...15: order = UInt16(condition) - 6
            default: return nil
            }
            return Code(rawValue: base.rawValue + order)
        case .testRR:
            switch condition {
            case 4: return .testRRJumpE
            case 5: return .testRRJumpNE
            case 8: return .testRRJumpS
            case 9: return .testRRJumpNS
            case 14: return .testRRJumpLE
            case 15: return .testRRJumpG
            default: return nil
            }
        case .decR, .decDeadR:
            switch condition {
            case 5: return .decRJumpNE
            case 9: return .decRJumpNS
            default: return nil
            }
        default: return nil
        }
    }
}
