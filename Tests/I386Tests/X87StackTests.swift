// The register stack: what happens at its two ends, and what the tags remember.

import I386
import Testing

@Suite struct X87StackTests {
    private func fullMachine(control: UInt16 = 0x37F) throws -> X87Machine {
        let machine = try X87Machine()
        machine.load(.one, .one, .one, .one, .one, .one, .one, .two, control: control)
        return machine
    }

    @Test func pushingOntoAFullStackAnswersIndefinite() throws {
        let machine = try fullMachine()
        try machine.run(0xD9, 0xE8)
        #expect(machine.status == 0x3A41, "IE, SF, C1, and TOP moved to 7")
        #expect(machine.unit.st(0) == .indefinite)
    }

    @Test func pushingOntoAFullStackUnmaskedChangesNothing() throws {
        let machine = try fullMachine(control: 0x37E)
        try machine.run(0xD9, 0xE8)
        #expect(machine.status == 0x82C1)
        #expect(machine.unit.st(0) == .two)
    }

    @Test(
        arguments: [
            (0xD9, 0xC1), (0xD8, 0xC1), (0xDC, 0xC1), (0xDE, 0xC1), (0xD8, 0xD1), (0xDD, 0xE1), (0xD9, 0xC9),
            (0xDA, 0xC1),
            (0xDB, 0xE9), (0xD9, 0xF1), (0xD9, 0xF3), (0xD9, 0xF8), (0xD9, 0xFD), (0xDE, 0xD9),
        ] as [(UInt8, UInt8)])
    func anEmptySourceIsAStackUnderflow(_ opcode: UInt8, _ modrm: UInt8) throws {
        let machine = try X87Machine()
        machine.load(.one, control: 0x37E)
        try machine.run(opcode, modrm)
        #expect(machine.status & 0x82FF == 0x80C1, "IE, SF, ES; C1 clear")
        #expect(machine.unit.st(0) == .one, "unmasked, nothing moves")
        #expect(machine.unit.tagWord == 0x3FFF)
    }

    @Test(
        arguments: [
            (0xD9, 0xE0), (0xD9, 0xE1), (0xD9, 0xE4), (0xD9, 0xF0), (0xD9, 0xFA), (0xD9, 0xFC), (0xD9, 0xFE),
            (0xD8, 0xC0),
            (0xD9, 0xF4), (0xD9, 0xF2), (0xD9, 0xFB), (0xDD, 0xD1), (0xDD, 0xD9),
        ] as [(UInt8, UInt8)])
    func anEmptyTopIsAStackUnderflow(_ opcode: UInt8, _ modrm: UInt8) throws {
        let machine = try X87Machine()
        machine.load()
        try machine.run(opcode, modrm)
        #expect(machine.status & 0x02FF == 0x41)
    }

    @Test func emptyMemoryStoresWriteTheIndefinite() throws {
        let machine = try X87Machine()
        machine.load()
        try machine.run(0xD9, 0x18)
        #expect(machine.load32() == 0xFFC0_0000)
        try machine.run(0xDD, 0x18)
        #expect(machine.load64() == 0xFFF8_0000_0000_0000)
        try machine.run(0xDB, 0x18)
        #expect(machine.load32() == 0x8000_0000)
        #expect(machine.unit.fpu.pointee.top == 3, "and pop all the same")
    }

    @Test func exchangingWithAnEmptyRegisterFillsItFirst() throws {
        let machine = try X87Machine()
        machine.load(.two)
        try machine.run(0xD9, 0xC9)
        #expect(machine.unit.st(0) == .indefinite)
        #expect(machine.unit.st(1) == .two)
        #expect(!machine.unit.isEmpty(1))
    }

    /// FSTP1, an alias of FSTP, is the only one that does not mind an empty top.
    @Test func theAliasD9D8PopsAnEmptyTopQuietly() throws {
        let machine = try X87Machine()
        machine.load()
        try machine.run(0xD9, 0xD9)
        #expect(machine.status == 0x0800)
        try machine.run(0xDF, 0xD1)
        #expect(machine.status == 0x1041)
    }

    @Test func freeingAndRotatingKeepTheContents() throws {
        let machine = try X87Machine()
        machine.load(.three, .two, .one)
        try machine.run(0xDD, 0xC1)  // FFREE ST(1)
        #expect(machine.unit.isEmpty(1) && !machine.unit.isEmpty(0) && !machine.unit.isEmpty(2))
        try machine.run(0xD9, 0xF7)  // FINCSTP
        try machine.run(0xD9, 0xF7)
        #expect(machine.unit.st(0) == .three)
        try machine.run(0xD9, 0xF6)  // FDECSTP
        #expect(machine.unit.st(0) == .two)
        try machine.run(0xDF, 0xC1)  // FFREEP ST(1)
        #expect(machine.unit.isEmpty(0) && machine.unit.st(0) == .three)
    }

    @Test(
        arguments: [
            (Extended80.zero, 0x4000), (.minusZero, 0x4200), (.one, 0x0400), (.minusOne, 0x0600), (.infinity, 0x0500),
            (.minusInfinity, 0x0700), (.quietNaN, 0x0100), (.signalingNaN, 0x0100), (.smallestDenormal, 0x4400),
            (.pseudoDenormal, 0x4400), (.unnormal, 0x0000), (.pseudoInfinity, 0x0000),
        ] as [(Extended80, UInt16)])
    func examiningNamesTheClass(_ value: Extended80, _ conditions: UInt16) throws {
        let machine = try X87Machine()
        machine.load(value)
        try machine.run(0xD9, 0xE5)
        #expect(machine.status & 0x4700 == conditions)
        #expect(machine.exceptions == 0)
        machine.unit.pop()
        machine.unit.statusWord &= 0xC7FF
        machine.unit.fpu.pointee.top = 7
        try machine.run(0xD9, 0xE5)
        #expect(machine.status & 0x4500 == 0x4100, "empty")
    }

    @Test(
        arguments: [
            (Extended80.zero, 1), (.one, 0), (.infinity, 2), (.quietNaN, 2), (.smallestDenormal, 2), (.unnormal, 2),
        ] as [(Extended80, UInt16)])
    func tagsAreReadOffTheContents(_ value: Extended80, _ tag: UInt16) throws {
        let machine = try X87Machine()
        machine.load(value)
        #expect(machine.unit.tagWord == 0x3FFF | tag << 14)
    }

    @Test(
        arguments: [
            // FLD1 … FLDZ to nearest (and up), chopped; last hexadecimal digits
            (0xE8, 0x3FFF, 0x8000_0000_0000_0000, 0x8000_0000_0000_0000, 0x8000_0000_0000_0000),
            (0xE9, 0x4000, 0xD49A_784B_CD1B_8AFE, 0xD49A_784B_CD1B_8AFE, 0xD49A_784B_CD1B_8AFF),
            (0xEA, 0x3FFF, 0xB8AA_3B29_5C17_F0BC, 0xB8AA_3B29_5C17_F0BB, 0xB8AA_3B29_5C17_F0BC),
            (0xEB, 0x4000, 0xC90F_DAA2_2168_C235, 0xC90F_DAA2_2168_C234, 0xC90F_DAA2_2168_C235),
            (0xEC, 0x3FFD, 0x9A20_9A84_FBCF_F799, 0x9A20_9A84_FBCF_F798, 0x9A20_9A84_FBCF_F799),
            (0xED, 0x3FFE, 0xB172_17F7_D1CF_79AC, 0xB172_17F7_D1CF_79AB, 0xB172_17F7_D1CF_79AC),
            (0xEE, 0x0000, 0, 0, 0),
        ] as [(UInt8, UInt16, UInt64, UInt64, UInt64)])
    func constantsObeyTheRoundingControl(
        _ modrm: UInt8, _ exponent: UInt16, _ nearest: UInt64, _ down: UInt64, _ up: UInt64
    ) throws {
        let machine = try X87Machine()
        for (control, mantissa) in [(UInt16(0x37F), nearest), (0x77F, down), (0xF7F, down), (0xB7F, up)] {
            machine.load(control: control)
            try machine.run(0xD9, modrm)
            #expect(machine.unit.st(0) == Extended80(exponent, mantissa))
            #expect(machine.exceptions == 0)
        }
    }

    @Test(
        arguments: [
            (Extended80.one, Extended80.two, 0x0100), (.two, .one, 0x0000), (.one, .one, 0x4000),
            (.zero, .minusZero, 0x4000),
            (.minusOne, .smallestDenormal, 0x0100), (.minusInfinity, .largest, 0x0100), (.quietNaN, .one, 0x4500),
            (.pseudoDenormal, Extended80(1, 1 << 63 | 1), 0x4000),
        ] as [(Extended80, Extended80, UInt16)])
    func comparingSetsC3C2C0(_ a: Extended80, _ b: Extended80, _ conditions: UInt16) throws {
        let machine = try X87Machine()
        machine.load(b, a)
        machine.unit.statusWord |= 0x4700
        try machine.run(0xD8, 0xD1)
        #expect(machine.status & 0x4700 == conditions)
        #expect(machine.status & 1 == (a == .quietNaN ? 1 : 0))
        machine.load(b, a)
        try machine.run(0xDA, 0xE9)  // FUCOMPP
        #expect(machine.status & 0x4700 == conditions)
        #expect(machine.status & 1 == 0)
        #expect(machine.unit.tagWord == 0xFFFF)
    }
}
