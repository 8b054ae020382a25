// What an instruction does, apart from its operands. The decoder names an operation, `CPU.execute` performs it; the
// order inside a few families is that of their encodings, so that the decoder can add the ModRM reg field.

enum Operation: UInt8 {
    // Group 1, in encoding order.
    case add, or, adc, sbb, and, sub, xor, cmp
    // Group 2, in encoding order; 6 is the undocumented twin of shl.
    case rol, ror, rcl, rcr, shl, shr, sal, sar
    case test, not, neg, inc, dec
    case mul, imul, div, idiv, imulTwo, imulThree
    case shld, shrd
    case bt, bts, btr, btc, bsf, bsr
    case mov, movzx8, movzx16, movsx8, movsx16, lea, xchg, xadd, cmpxchg, cmpxchg8b, bswap
    case cbw, cwd, lahf, sahf, salc, xlat, setcc, cmovcc
    case push, pop, pushAll, popAll, pushFlags, popFlags, pushSegment, popSegment, enter, leave
    case jump, jumpIf, call, jumpIndirect, callIndirect, ret, loopNotEqual, loopEqual, loop, jumpIfCXZero
    case jumpFar, callFar, jumpFarIndirect, callFarIndirect, retFar, iret
    case int, int3, int1, into
    case movToSegment, movFromSegment, loadFarPointer
    case movs, cmps, stos, lods, scas
    case daa, das, aaa, aas, aam, aad
    case clc, stc, cmc, cld, std, cli, sti
    case bound, arpl, lar, lsl, verr, verw, sldt, str, sgdt, sidt, smsw
    case cpuid, rdtsc, nop, wait, esc
    /// Needs ring 0 or I/O privilege: #GP(0) here.
    case privileged
    /// #UD.
    case invalid
    /// Where a block stops without a jump: not an instruction at all.
    case boundary
}

extension Operation {
    /// After it the next instruction is not simply the following one, or the mode that blocks were decoded for may
    /// have changed.
    var endsBlock: Bool {
        switch self {
        case .jump, .jumpIf, .call, .jumpIndirect, .callIndirect, .ret, .loopNotEqual, .loopEqual, .loop, .jumpIfCXZero,
            .jumpFar, .callFar, .jumpFarIndirect, .callFarIndirect, .retFar, .iret, .int, .int3, .int1, .into,
            .movToSegment, .popSegment, .loadFarPointer, .popFlags, .privileged, .invalid, .boundary:
            true
        default: false
        }
    }

    /// Ends a block only because it may change the mode, which it seldom does.
    var loadsDataSegment: Bool { self == .movToSegment || self == .popSegment }

    /// The status flags that it depends on, given its condition code. (SDM 1, appendix A.)
    func flagsRead(condition: UInt8) -> UInt32 {
        switch self {
        case .adc, .sbb, .rcl, .rcr, .cmc, .salc: Flag.cf
        case .daa, .das: Flag.cf | Flag.af
        case .aaa, .aas: Flag.af
        case .setcc, .cmovcc, .jumpIf:
            switch condition >> 1 & 7 {
            case 0: Flag.of
            case 1: Flag.cf
            case 2: Flag.zf
            case 3: Flag.cf | Flag.zf
            case 4: Flag.sf
            case 5: Flag.pf
            case 6: Flag.sf | Flag.of
            default: Flag.zf | Flag.sf | Flag.of
            }
        case .loopEqual, .loopNotEqual: Flag.zf
        default: 0
        }
    }

    /// The status flags that it certainly overwrites, undefined ones included; a shift by a variable count kills none.
    var flagsKilled: UInt32 {
        switch self {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test, .neg, .mul, .imul, .imulTwo, .imulThree, .xadd,
            .cmpxchg, .sahf:
            self == .sahf ? Flag.status & ~Flag.of : Flag.status
        case .inc, .dec: Flag.status & ~Flag.cf
        case .clc, .stc, .cmc: Flag.cf
        default: 0
        }
    }

    /// Neither faults nor looks at flags other than `flagsRead` nor leaves the block, as long as its operands are
    /// registers: what stands before it may leave flags uncomputed that it kills.
    var isPureOnRegisters: Bool {
        switch self {
        case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test, .not, .neg, .inc, .dec, .mul, .imul, .imulTwo,
            .imulThree, .mov, .movzx8, .movzx16, .movsx8, .movsx16, .lea, .xchg, .bswap, .cbw, .cwd, .setcc, .cmovcc,
            .nop,
            .clc, .stc, .cmc, .sahf, .rol, .ror, .shl, .shr, .sal, .sar:
            true
        default: false
        }
    }

    /// The same, as long as its operands are there.
    var isPureOnStack: Bool { self == .push || self == .pop || self == .leave }
}
