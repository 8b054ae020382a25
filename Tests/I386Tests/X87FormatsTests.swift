// Numbers on their way between registers and memory: single, double, integers, packed decimal.

import I386
import Testing

@Suite struct X87FormatsTests {
    @Test(
        arguments: [
            // single, register, exceptions of the load
            (0x3F80_0000, Extended80.one, 0), (0x8000_0000, .minusZero, 0), (0x7F80_0000, .infinity, 0),
            (0x0000_0001, Extended80(0x3F6A, 1 << 63), 0x02),
            (0x007F_FFFF, Extended80(0x3F80, 0xFFFF_FE00_0000_0000), 0x02),
            (0x7FC0_0000, Extended80(0x7FFF, 0xC000_0000_0000_0000), 0),
            (0x7F80_0001, Extended80(0x7FFF, 0xC000_0100_0000_0000), 0x01),
        ] as [(UInt32, Extended80, UInt16)])
    func loadingASingle(_ bits: UInt32, _ value: Extended80, _ raised: UInt16) throws {
        let machine = try X87Machine()
        machine.load()
        machine.store32(bits)
        try machine.run(0xD9, 0x00)
        #expect(machine.unit.st(0) == value)
        #expect(machine.exceptions == raised)
    }

    @Test(
        arguments: [
            (0x3FF0_0000_0000_0000, Extended80.one, 0), (0x0000_0000_0000_0001, Extended80(0x3BCD, 1 << 63), 0x02),
            (0xFFF0_0000_0000_0000, .minusInfinity, 0),
            (0x7FF4_0000_0000_0000, Extended80(0x7FFF, 0xE000_0000_0000_0000), 0x01),
        ] as [(UInt64, Extended80, UInt16)])
    func loadingADouble(_ bits: UInt64, _ value: Extended80, _ raised: UInt16) throws {
        let machine = try X87Machine()
        machine.load()
        machine.store64(bits)
        try machine.run(0xDD, 0x00)
        #expect(machine.unit.st(0) == value)
        #expect(machine.exceptions == raised)
    }

    /// The manual would have the load suppressed; real processors load and then complain.
    @Test func anUnmaskedDenormalLoadStillLoads() throws {
        let machine = try X87Machine()
        machine.load(control: 0x37D)
        machine.store32(1)
        try machine.run(0xD9, 0x00)
        #expect(machine.unit.st(0) == Extended80(0x3F6A, 1 << 63))
        #expect(machine.status & 0x80FF == 0x8082)
    }

    @Test(
        arguments: [
            // register, control, single, status & C1
            (Extended80.one, 0x37F, 0x3F80_0000, 0),
            (Extended80(0x3FFD, 0xAAAA_AAAA_AAAA_AAAB), 0x37F, 0x3EAA_AAAB, 0x220),
            (Extended80(0x3FFD, 0xAAAA_AAAA_AAAA_AAAB), 0xF7F, 0x3EAA_AAAA, 0x20),
            (.largest, 0x37F, 0x7F80_0000, 0x228), (.largest, 0xF7F, 0x7F7F_FFFF, 0x28),
            (Extended80(0x3F6A, 1 << 63), 0x37F, 0x0000_0001, 0),
            (Extended80(0x3F69, 1 << 63), 0x37F, 0x0000_0000, 0x30),
            (Extended80(0x3F69, 1 << 63 | 1), 0x37F, 0x0000_0001, 0x230),
            (Extended80(0x3F80, 0xFFFF_FF80_0000_0000), 0x37F, 0x0080_0000, 0x220),
            (.smallestDenormal, 0x37F, 0, 0x30), (.quietNaN, 0x37F, 0x7FC0_0000, 0),
            (.signalingNaN, 0x37F, 0x7FC0_0000, 1),
            (.unnormal, 0x37F, 0xFFC0_0000, 0x01), (.minusZero, 0x37F, 0x8000_0000, 0),
        ] as [(Extended80, UInt16, UInt32, UInt16)])
    func storingASingle(_ value: Extended80, _ control: UInt16, _ bits: UInt32, _ raised: UInt16) throws {
        let machine = try X87Machine()
        machine.load(value, control: control)
        try machine.run(0xD9, 0x18)
        #expect(machine.load32() == bits)
        #expect(machine.status & 0x23F == raised)
        #expect(machine.unit.isEmpty(7))
    }

    @Test(arguments: [0x377, 0x36F] as [UInt16])
    func unmaskedOverflowOrUnderflowStoresNothingAndPopsNothing(_ control: UInt16) throws {
        let machine = try X87Machine()
        let value = control == 0x377 ? Extended80.largest : .smallestNormal
        machine.load(value, control: control)
        machine.store64(0x1122_3344_5566_7788)
        try machine.run(0xDD, 0x18)
        #expect(machine.load64() == 0x1122_3344_5566_7788)
        #expect(machine.unit.st(0) == value)
        #expect(machine.exceptions == (control == 0x377 ? 0x08 : 0x10))
    }

    @Test(
        arguments: [
            (Extended80(Int64(-32768)), 0x37F, -32768, 0), (Extended80(Int64(32768)), 0x37F, -32768, 0x01),
            (Extended80(0x3FFE, 1 << 63), 0x37F, 0, 0x20), (Extended80(0x3FFF, 0xC000_0000_0000_0000), 0x37F, 2, 0x220),
            (Extended80(0x3FFF, 0xC000_0000_0000_0000), 0xF7F, 1, 0x20), (.minusInfinity, 0x37F, -32768, 0x01),
            (.quietNaN, 0x37F, -32768, 0x01), (Extended80(0xC00D, 0xFFFF_0000_0000_0000), 0x77F, -32768, 0x220),
            (Extended80(0x400D, 0xFFFF_0000_0000_0000), 0x37F, -32768, 0x01),
        ] as [(Extended80, UInt16, Int16, UInt16)])
    func storingAWordInteger(_ value: Extended80, _ control: UInt16, _ expected: Int16, _ raised: UInt16) throws {
        let machine = try X87Machine()
        machine.load(value, control: control)
        try machine.run(0xDF, 0x10)
        #expect(Int16(bitPattern: machine.load16()) == expected)
        #expect(machine.status & 0x23F == raised)
    }

    @Test(arguments: [0, 1, -1, 7, .max, .min, .max - 1, 1 << 53, -(1 << 31)] as [Int64])
    func everyLongIntegerSurvivesTheRegisters(_ value: Int64) throws {
        let machine = try X87Machine()
        machine.load()
        machine.store64(UInt64(bitPattern: value))
        try machine.run(0xDF, 0x28)
        machine.store64(0)
        try machine.run(0xDF, 0x38)
        #expect(Int64(bitPattern: machine.load64()) == value)
        #expect(machine.status == 0)
    }

    @Test(
        arguments: [
            (0, 0, Extended80.zero), (0, 0x8000, .minusZero),
            (0x1234_5678_9012_3456, 0x8099, Extended80(Int64(-991_234_567_890_123_456))),
            (0x9999_9999_9999_9999, 0x0099, Extended80(Int64(999_999_999_999_999_999))),
        ] as [(UInt64, UInt16, Extended80)])
    func packedDecimalsGoThereAndBack(_ low: UInt64, _ high: UInt16, _ value: Extended80) throws {
        let machine = try X87Machine()
        machine.load()
        machine.store64(low)
        machine.store32(UInt32(high), at: 8)
        try machine.run(0xDF, 0x20)
        #expect(machine.unit.st(0) == value)
        machine.store64(0)
        machine.store32(0, at: 8)
        try machine.run(0xDF, 0x30)
        #expect(machine.load64() == low)
        #expect(machine.load16(8) == high)
        #expect(machine.status == 0)
    }

    @Test func nineteenDigitsAreOneTooMany() throws {
        let machine = try X87Machine()
        machine.load(Extended80(Int64(1_000_000_000_000_000_000)))
        try machine.run(0xDF, 0x30)
        #expect(machine.load64() == 0xC000_0000_0000_0000)
        #expect(machine.load16(8) == 0xFFFF)
        #expect(machine.exceptions == 0x01)
    }

    @Test(arguments: [Extended80.unnormal, .signalingNaN, .pseudoDenormal])
    func tenByteMovesLookAtNothing(_ value: Extended80) throws {
        let machine = try X87Machine()
        machine.load(value)
        try machine.run(0xDB, 0x38)
        try machine.run(0xDB, 0x28)
        #expect(machine.unit.st(0) == value)
        #expect(machine.status & 0xFF == 0)
    }

    /// A denormal double is normal once widened, but the arithmetic that uses it still has to say so.
    @Test func aDenormalMemoryOperandIsReported() throws {
        let machine = try X87Machine()
        machine.load(.one)
        machine.store64(1)
        try machine.run(0xDC, 0x00)
        #expect(machine.exceptions == 0x22)
        machine.load(.quietNaN)
        try machine.run(0xDC, 0x00)
        #expect(machine.exceptions == 0, "a NaN ranks above the denormal")
        machine.load(.zero)
        try machine.run(0xDC, 0x10)
        #expect(machine.exceptions == 0x02, "comparing reports it too")
        #expect(machine.status & 0x4500 == 0x0100)
    }
}
