// FPREM and FPREM1: quotient bits in odd places, and reductions that take several steps.

import I386
import Testing

@Suite struct X87RemainderTests {
    /// C0, C3 and C1 as the number that they spell, or nil when C2 says "not finished".
    private func quotient(_ raised: UInt16) -> Int? {
        if raised & 0x400 != 0 { return nil }
        return (raised & 0x100 != 0 ? 4 : 0) + (raised & 0x4000 != 0 ? 2 : 0) + (raised & 0x200 != 0 ? 1 : 0)
    }

    @Test(
        arguments: [
            // a, b, toNearest, remainder, quotient
            (3, 1, false, 0, 3), (-3, 1, false, 0, 3), (17, 5, false, 2, 3), (17, 5, true, 2, 3), (18, 5, false, 3, 3),
            (18, 5, true, -2, 4), (-18, 5, true, 2, 4), (1, 3, false, 1, 0), (2, 3, true, -1, 1), (1, 3, true, 1, 0),
            (5, 2, true, 1, 2), (7, 2, true, -1, 4), (1_000_003, 10, false, 3, 100_000 % 8),
        ] as [(Int64, Int64, Bool, Int64, Int)])
    func smallIntegers(_ a: Int64, _ b: Int64, _ toNearest: Bool, _ remainder: Int64, _ bits: Int) {
        var arithmetic = X87Arithmetic(control: 0x37F)
        var answersNothing = false
        let result = arithmetic.remainder(
            Extended80(a), Extended80(b), toNearest: toNearest, answersNothing: &answersNothing)
        #expect(!answersNothing)
        #expect(quotient(arithmetic.raised) == bits)
        // An exact zero keeps the sign of the dividend.
        #expect(result == (remainder == 0 && a < 0 ? .minusZero : Extended80(remainder)))
    }

    @Test(arguments: [64, 65, 95, 96, 127, 500, 32000])
    func distantOperandsAreReducedInStepsOf32To63(_ distance: Int) {
        let b = Extended80(0x0010, 0xC000_0000_0000_0001)
        let a = Extended80(UInt16(0x0010 + distance), .max)
        var arithmetic = X87Arithmetic(control: 0x37F)
        var answersNothing = false
        let result = arithmetic.remainder(a, b, toNearest: false, answersNothing: &answersNothing)
        #expect(quotient(arithmetic.raised) == nil)
        // The step ends where the distance is a multiple of 32, less what the remainder lost on top.
        let bits = distance & 31 | 32
        #expect(Int(result.exponent) <= Int(a.exponent) - bits)
        #expect(Int(result.exponent) > Int(a.exponent) - bits - 8)
    }

    /// A loop like the one that every sine routine of 1987 had ends, and with the right remainder: 2^200 mod 10 = 6.
    @Test func theLoopOfEveryManualEnds() {
        var value = Extended80(0x3FFF + 200, 1 << 63)
        var steps = 0
        while true {
            var arithmetic = X87Arithmetic(control: 0x37F)
            var answersNothing = false
            value = arithmetic.remainder(value, Extended80(10), toNearest: false, answersNothing: &answersNothing)
            steps += 1
            if arithmetic.raised & 0x400 == 0 { break }
            #expect(steps < 10)
        }
        #expect(value == Extended80(6))
        #expect(steps == 4)
    }

    @Test(arguments: [(Extended80.infinity, Extended80.three), (.three, .zero), (.signalingNaN, .three)])
    func withoutAQuotientC0AndC3KeepTheirValues(_ a: Extended80, _ b: Extended80) throws {
        let machine = try X87Machine()
        machine.load(b, a)
        machine.unit.statusWord |= 0x4700
        try machine.run(0xD9, 0xF8)
        #expect(machine.status & 0x4700 == 0x4100)
        #expect(machine.exceptions == 0x01)
    }

    @Test func anExactDenormalRemainderUnderflowsOnlyUnmasked() {
        let a = Extended80(1, 0xC000_0000_0000_0001)
        for (control, expected, raised) in [
            (UInt16(0x37F), Extended80(0, 0x4000_0000_0000_0001), UInt16(0x200)),
            (0x36F, Extended80(0x6000, 0x8000_0000_0000_0002), 0x210),
        ] {
            var arithmetic = X87Arithmetic(control: control)
            var answersNothing = false
            let result = arithmetic.remainder(a, .smallestNormal, toNearest: false, answersNothing: &answersNothing)
            #expect(result == expected)
            #expect(arithmetic.raised == raised)
        }
    }
}
