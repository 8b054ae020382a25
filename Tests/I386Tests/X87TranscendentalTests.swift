// Sines, logarithms and their kin against values computed with 400 bits, rounded to nearest. Large trigonometric arguments
// are those of a processor whose π has 66 bits, as the manual says.

import I386
import Testing

@Suite struct X87TranscendentalTests {
    enum Function: Sendable {
        case powerOfTwoLessOne, sine, cosine, tangent, logarithm, logarithmOfOnePlus, arcTangent
    }

    struct Vector: Sendable, CustomTestStringConvertible {
        let function: Function
        /// ST(0) and ST(1); for the arc tangent y and x.
        let a: Extended80
        let b: Extended80
        let result: Extended80
        var testDescription: String { "\(function) \(a) \(b)" }

        init(_ function: Function, _ a: Extended80, _ b: Extended80, _ result: Extended80) {
            (self.function, self.a, self.b, self.result) = (function, a, b, result)
        }

        func compute(_ arithmetic: inout X87Arithmetic) -> Extended80? {
            switch function {
            case .powerOfTwoLessOne: arithmetic.powerOfTwoLessOne(a)
            case .sine: arithmetic.sine(a)
            case .cosine: arithmetic.cosine(a)
            case .tangent: arithmetic.partialTangent(a)?.first
            case .logarithm: arithmetic.logarithm(a, times: b)
            case .logarithmOfOnePlus: arithmetic.logarithmOfOnePlus(a, times: b)
            case .arcTangent: arithmetic.arcTangent(y: a, x: b)
            }
        }
    }

    @Test(arguments: Vector.table)
    func resultsAreCorrectlyRounded(_ vector: Vector) {
        var arithmetic = X87Arithmetic(control: 0x37F)
        #expect(vector.compute(&arithmetic) == vector.result)
        #expect(arithmetic.raised & 0x3F == 0x20)
    }

    /// Rounded down and rounded up are neighbours, and the nearest value is one of them.
    @Test(arguments: Vector.table)
    func directedRoundingBrackets(_ vector: Vector) {
        var down = X87Arithmetic(control: 0x77F)
        var up = X87Arithmetic(control: 0xB7F)
        guard let low = vector.compute(&down), let high = vector.compute(&up) else {
            Issue.record("out of range")
            return
        }
        #expect(low != high)
        #expect(vector.result == low || vector.result == high)
        #expect(max(low.mantissa, high.mantissa) - min(low.mantissa, high.mantissa) == 1)
    }

    @Test(arguments: [
        Vector(.powerOfTwoLessOne, .one, .zero, .one),
        Vector(.powerOfTwoLessOne, .minusOne, .zero, Extended80(0xBFFE, 1 << 63)),
        Vector(.powerOfTwoLessOne, .minusInfinity, .zero, .minusOne),
        Vector(.powerOfTwoLessOne, .minusZero, .zero, .minusZero),
        Vector(.sine, .minusZero, .zero, .minusZero), Vector(.cosine, .zero, .zero, .one),
        Vector(.sine, .infinity, .zero, .indefinite), Vector(.tangent, .quietNaN, .zero, .quietNaN),
        Vector(.logarithm, .one, .minusOne, .minusZero), Vector(.logarithm, .zero, .one, .minusInfinity),
        Vector(.logarithm, .minusOne, .one, .indefinite), Vector(.logarithm, .one, .infinity, .indefinite),
        Vector(.logarithm, .half, .infinity, .minusInfinity), Vector(.logarithm, .two, .three, .three),
        Vector(.logarithm, .infinity, .zero, .indefinite), Vector(.logarithm, .zero, .zero, .indefinite),
        Vector(.logarithmOfOnePlus, .minusZero, .one, .minusZero),
        Vector(.logarithmOfOnePlus, .zero, .infinity, .indefinite),
        Vector(.arcTangent, .zero, .minusOne, Extended80(0x4000, 0xC90F_DAA2_2168_C235)),
        Vector(.arcTangent, .minusZero, .one, .minusZero),
        Vector(.arcTangent, .minusOne, .zero, Extended80(0xBFFF, 0xC90F_DAA2_2168_C235)),
        Vector(.arcTangent, .infinity, .minusInfinity, Extended80(0x4000, 0x96CB_E3F9_990E_91A8)),
        Vector(.arcTangent, .one, .infinity, .zero),
    ])
    func specialCases(_ vector: Vector) {
        var arithmetic = X87Arithmetic(control: 0x37F)
        #expect(vector.compute(&arithmetic) == vector.result)
        #expect((arithmetic.raised & 1 != 0) == (vector.result == .indefinite))
    }

    @Test(arguments: [0xFE, 0xFF, 0xF2, 0xFB] as [UInt8])
    func argumentsFrom2To63OnAreLeftAlone(_ modrm: UInt8) throws {
        let machine = try X87Machine()
        let large = Extended80(0xC03E, 1 << 63)
        machine.load(large)
        try machine.run(0xD9, modrm)
        #expect(machine.unit.st(0) == large)
        #expect(machine.status & 0x47FF == 0x0400)
        #expect(machine.unit.tagWord == 0x3FFF)
    }

    @Test func sineAndCosinePushTheCosine() throws {
        let machine = try X87Machine()
        machine.load(.one)
        try machine.run(0xD9, 0xFB)
        #expect(machine.unit.st(0) == Extended80(0x3FFE, 0x8A51_407D_A834_5C92))
        #expect(machine.unit.st(1) == Extended80(0x3FFE, 0xD76A_A478_4867_7021))
    }

    @Test func theTangentPushesAOne() throws {
        let machine = try X87Machine()
        machine.load(.one)
        try machine.run(0xD9, 0xF2)
        #expect(machine.unit.st(0) == .one)
        #expect(machine.unit.st(1) == Extended80(0x3FFF, 0xC759_22E5_F71D_2DC5))
    }

    /// The compiler's idiom for eˣ: split x·log₂e, F2XM1, FSCALE.
    @Test func theExponentialIdiomOfEveryCompiler() throws {
        let machine = try X87Machine()
        machine.load(.one)
        for (opcode, modrm) in [
            (0xD9, 0xEA), (0xDE, 0xC9), (0xD9, 0xC0), (0xD9, 0xFC), (0xDC, 0xE9), (0xD9, 0xC9), (0xD9, 0xF0),
            (0xD9, 0xE8),
            (0xDE, 0xC1), (0xD9, 0xFD), (0xDD, 0xD9),
        ] as [(UInt8, UInt8)] {
            try machine.run(opcode, modrm)
        }
        #expect(machine.unit.st(0) == Extended80(0x4000, 0xADF8_5458_A2BB_4A9B))
        #expect(machine.unit.tagWord == 0x3FFF)
    }
}

extension X87TranscendentalTests.Vector {
    static let table: [Self] = {
        typealias Vector = X87TranscendentalTests.Vector
        return [
            Vector(
                .powerOfTwoLessOne, Extended80(0xBFC5, 0xC937_ABC3_EC48_0DB8), .zero,
                Extended80(0xBFC5, 0x8B79_2B63_BDAB_E4A4)),
            Vector(.sine, Extended80(0xBFF2, 0xDF16_F57F_3118_E38F), .zero, Extended80(0xBFF2, 0xDF16_F562_F49C_E4FD)),
            Vector(
                .cosine, Extended80(0xBFE5, 0xBA33_BFD3_9A5F_3EEC), .zero, Extended80(0x3FFE, 0xFFFF_FFFF_FFFF_EF12)),
            Vector(
                .tangent, Extended80(0xBFE2, 0x823F_3DE2_3EEB_3BE1), .zero, Extended80(0xBFE2, 0x823F_3DE2_3EEB_3BEC)),
            Vector(
                .logarithm, Extended80(0x3FFF, 0xCB59_C2CB_DD6E_65C7), Extended80(0xBFFA, 0x8150_EFF8_B812_0881),
                Extended80(0xBFF9, 0xACB8_A6EA_A57F_DFB6)),
            Vector(
                .logarithmOfOnePlus, Extended80(0x3FCB, 0xFAD8_C489_FE7A_CC3E),
                Extended80(0xBFFA, 0x8150_EFF8_B812_0881), Extended80(0xBFC7, 0xB6CE_EB42_2009_D22C)),
            Vector(
                .arcTangent, Extended80(0x3FE2, 0xA01B_8D20_7BC6_91AC), Extended80(0xBFFA, 0x8150_EFF8_B812_0881),
                Extended80(0x4000, 0xC90F_DA52_E437_61CF)),
            Vector(
                .powerOfTwoLessOne, Extended80(0xBFE3, 0xF8E1_991C_8D81_F8AE), .zero,
                Extended80(0xBFE3, 0xAC82_E698_DAF1_819A)),
            Vector(.sine, Extended80(0x3FD7, 0xA48C_0519_97D0_7479), .zero, Extended80(0x3FD7, 0xA48C_0519_97D0_7479)),
            Vector(
                .cosine, Extended80(0x3FEE, 0x9FEC_6929_0D8D_986A), .zero, Extended80(0x3FFE, 0xFFFF_FFFF_CE0C_3D86)),
            Vector(
                .tangent, Extended80(0xC021, 0x9D78_E60D_CF8B_EE2E), .zero, Extended80(0x3FFD, 0xC304_49EE_B31A_61B4)),
            Vector(
                .logarithm, Extended80(0x3FFF, 0xB7F6_1DBE_4A8C_6E7F), Extended80(0xC011, 0xC0AA_4907_9185_A9E1),
                Extended80(0xC010, 0xC9A0_ADF1_F498_E634)),
            Vector(
                .logarithmOfOnePlus, Extended80(0x3FE7, 0x892E_0683_0380_E065),
                Extended80(0xC011, 0xC0AA_4907_9185_A9E1), Extended80(0xBFFA, 0x94F2_1806_F345_57EE)),
            Vector(
                .arcTangent, Extended80(0x4013, 0xDECF_225F_1E71_669F), Extended80(0xC011, 0xC0AA_4907_9185_A9E1),
                Extended80(0x3FFF, 0xE450_33D7_9D0A_76D7)),
            Vector(
                .powerOfTwoLessOne, Extended80(0xBFFA, 0xEF8F_66F1_8CF9_9C45), .zero,
                Extended80(0xBFFA, 0xA2BA_CB3F_6F91_0252)),
            Vector(.sine, Extended80(0xBFF2, 0xCE61_1CE5_47D7_DD66), .zero, Extended80(0xBFF2, 0xCE61_1CCE_ED0E_B70B)),
            Vector(
                .cosine, Extended80(0xC003, 0xC8A7_3D16_BDA5_B9FC), .zero, Extended80(0x3FFE, 0xFFAA_83FD_F017_60D8)),
            Vector(
                .tangent, Extended80(0xC00D, 0x8A9E_0A8B_0226_C522), .zero, Extended80(0x3FFE, 0xD552_D2D7_BFDE_1F6D)),
            Vector(
                .logarithm, Extended80(0x3FFF, 0x9107_9AEE_6B3D_27CF), Extended80(0xC00A, 0xC6EA_83CA_E94A_5FBF),
                Extended80(0xC008, 0x8F61_E4E0_8FBC_FA05)),
            Vector(
                .logarithmOfOnePlus, Extended80(0xBFE5, 0xD6F4_B8F2_D730_4BE6),
                Extended80(0xC00A, 0xC6EA_83CA_E94A_5FBF), Extended80(0x3FF1, 0xF0F7_08A2_568D_C268)),
            Vector(
                .arcTangent, Extended80(0x3FF9, 0xE6D2_25FB_E66E_DE15), Extended80(0xC00A, 0xC6EA_83CA_E94A_5FBF),
                Extended80(0x4000, 0xC90F_B580_3024_0D9B)),
            Vector(
                .powerOfTwoLessOne, Extended80(0x3FFA, 0xE07E_878C_B407_3146), .zero,
                Extended80(0x3FFA, 0x9E99_E347_E691_09A1)),
            Vector(.sine, Extended80(0x3FDB, 0xD537_1E46_360A_9E23), .zero, Extended80(0x3FDB, 0xD537_1E46_360A_9E23)),
            Vector(
                .cosine, Extended80(0x402A, 0x803F_471C_17EA_EDE7), .zero, Extended80(0x3FFE, 0xFF4D_642B_F82F_9FA0)),
            Vector(
                .tangent, Extended80(0xC021, 0x884B_D0BF_B5E5_D1B1), .zero, Extended80(0x4002, 0xC601_9262_549F_9B06)),
            Vector(
                .logarithm, Extended80(0x3FFE, 0xA2A2_1F55_5A74_52CB), Extended80(0xC007, 0xD4AD_B60F_CB91_6DED),
                Extended80(0x4007, 0x8B33_DF61_53FE_07E5)),
            Vector(
                .logarithmOfOnePlus, Extended80(0x3FFA, 0xAADE_08F2_C674_F7A5),
                Extended80(0xC007, 0xD4AD_B60F_CB91_6DED), Extended80(0xC003, 0xC8A3_3E84_CAB7_AF69)),
            Vector(
                .arcTangent, Extended80(0xBFFC, 0xD6AE_1538_0CB3_51EC), Extended80(0xC007, 0xD4AD_B60F_CB91_6DED),
                Extended80(0xC000, 0xC907_C75C_42F4_15C4)),
            Vector(
                .powerOfTwoLessOne, Extended80(0x3FFD, 0x9A3C_C58F_B1C6_A431), .zero,
                Extended80(0x3FFC, 0xEDC7_BB2A_CD06_75BA)),
            Vector(.sine, Extended80(0x3FFF, 0xFD78_2EDB_4CD2_688D), .zero, Extended80(0x3FFE, 0xEAD7_35B6_8E74_5616)),
            Vector(
                .cosine, Extended80(0xC005, 0xA596_9D22_C69C_A3BE), .zero, Extended80(0x3FFD, 0xE266_96EE_CEC0_CCC6)),
            Vector(
                .tangent, Extended80(0xC002, 0xA491_A2ED_F991_8F44), .zero, Extended80(0xBFFF, 0x94E9_CAA9_35E6_9021)),
            Vector(
                .logarithm, Extended80(0x387D, 0xA387_D172_4762_684A), Extended80(0xC004, 0x870A_EB0C_6BC8_40BB),
                Extended80(0x400E, 0xFD6C_0FB1_9A25_423C)),
            Vector(
                .logarithmOfOnePlus, Extended80(0x3FF9, 0xCA1D_32C1_4758_6201),
                Extended80(0xC004, 0x870A_EB0C_6BC8_40BB), Extended80(0xBFFF, 0x97F3_0831_A12D_9E41)),
            Vector(
                .arcTangent, Extended80(0x3FF9, 0xA4E7_0585_B25E_B617), Extended80(0xC004, 0x870A_EB0C_6BC8_40BB),
                Extended80(0x4000, 0xC906_15CA_F337_4B6F)),
            Vector(
                .powerOfTwoLessOne, Extended80(0x3FFA, 0xCB90_83AE_D390_FD9F), .zero,
                Extended80(0x3FFA, 0x8F8F_0347_6B8D_0B88)),
            Vector(.sine, Extended80(0xC002, 0xEB25_993B_0D5A_ABBE), .zero, Extended80(0xBFFE, 0xD8F6_ADC5_E768_D744)),
            Vector(
                .cosine, Extended80(0xC001, 0xC048_77F2_B1C2_5021), .zero, Extended80(0x3FFE, 0xF66D_3F0F_15EC_03E6)),
            Vector(
                .tangent, Extended80(0xC003, 0xF14A_4A8D_1FA5_CCFD), .zero, Extended80(0x4000, 0xC3A6_2ABC_B7F6_AE49)),
            Vector(
                .logarithm, Extended80(0x3A0C, 0xE351_E8DF_9BC2_E459), Extended80(0xC012, 0xEFC1_32C9_C646_388B),
                Extended80(0x401D, 0xB232_7726_4D79_E6C2)),
            Vector(
                .logarithmOfOnePlus, Extended80(0x3FFC, 0xBA5D_EF62_B581_DF84),
                Extended80(0xC012, 0xEFC1_32C9_C646_388B), Extended80(0xC010, 0xE757_C875_3D5F_B9F7)),
            Vector(
                .arcTangent, Extended80(0xC00D, 0xE0DA_40B1_4CDE_DE93), Extended80(0xC012, 0xEFC1_32C9_C646_388B),
                Extended80(0xC000, 0xC72F_D0B0_3BAC_69A7)),
            Vector(
                .powerOfTwoLessOne, Extended80(0xBFFA, 0x807D_73AF_A585_0520), .zero,
                Extended80(0xBFF9, 0xB033_D28C_106A_5337)),
            Vector(.sine, Extended80(0x4003, 0xABDD_FDFE_ED0D_2985), .zero, Extended80(0x3FFD, 0xF8F1_46F1_C732_B2CF)),
            Vector(
                .cosine, Extended80(0xC005, 0xFB62_83F0_983E_84A0), .zero, Extended80(0x3FFE, 0xFFE4_FF9F_5EBA_1E1F)),
            Vector(
                .tangent, Extended80(0xBFFC, 0xB145_4657_BE66_4496), .zero, Extended80(0xBFFC, 0xB310_1F06_C767_1C9F)),
            Vector(
                .logarithm, Extended80(0x43C6, 0xAEBA_AC5E_D1F4_5C2E), Extended80(0x3FF0, 0xD78E_30E0_3929_5224),
                Extended80(0x3FFA, 0xCBA6_B889_705D_82FB)),
            Vector(
                .logarithmOfOnePlus, Extended80(0xBFFC, 0xF6F4_C47D_09A6_462E),
                Extended80(0x3FF0, 0xD78E_30E0_3929_5224), Extended80(0xBFEF, 0xABA5_546F_4BF5_4106)),
            Vector(
                .arcTangent, Extended80(0x3FF9, 0xF9C7_88CD_07F5_D01B), Extended80(0x3FF0, 0xD78E_30E0_3929_5224),
                Extended80(0x3FFF, 0xC8D8_9F87_FF8B_FD44)),
            Vector(
                .powerOfTwoLessOne, Extended80(0x3FFC, 0xFFEB_15C6_6C3E_70C0), .zero,
                Extended80(0x3FFC, 0xC1AE_4534_EEDA_8D08)),
            Vector(.sine, Extended80(0xBFFE, 0xC49A_36F1_8BE0_A3C5), .zero, Extended80(0xBFFE, 0xB1D6_B2E3_DBD0_860D)),
            Vector(
                .cosine, Extended80(0x3FFF, 0xB676_83CE_90FC_C61E), .zero, Extended80(0x3FFC, 0x9444_D139_7F80_A04A)),
            Vector(
                .tangent, Extended80(0x3FFF, 0xB78E_F935_0B16_34C0), .zero, Extended80(0x4001, 0xE88C_FB00_A2E1_5282)),
            Vector(
                .logarithm, Extended80(0x49BD, 0xA5CF_BFE0_D68E_01FF), Extended80(0xBFFE, 0xA3FB_6C68_1301_EA82),
                Extended80(0xC009, 0xC7B9_14A8_131E_30F4)),
            Vector(
                .logarithmOfOnePlus, Extended80(0xBFFB, 0xB7AC_C85B_D7AB_466F),
                Extended80(0xBFFE, 0xA3FB_6C68_1301_EA82), Extended80(0x3FFB, 0xB1D6_9C8C_D867_649E)),
            Vector(
                .arcTangent, Extended80(0x3FF9, 0xE68F_74D3_A686_F8DC), Extended80(0xBFFE, 0xA3FB_6C68_1301_EA82),
                Extended80(0x4000, 0xC640_70A5_B78E_1600)),
        ]
    }()
}
