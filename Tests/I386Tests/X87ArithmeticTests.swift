// The four operations and the square root at the edges of the format, against answers that a real x87 gave.

import I386
import Testing

@Suite struct X87ArithmeticTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let control: UInt16
        let result: Extended80
        /// Exceptions, and 0x200 for C1.
        let raised: UInt16
        let compute: @Sendable (inout X87Arithmetic) -> Extended80
        var testDescription: String { name }

        init(
            _ name: String, _ control: UInt16, _ result: Extended80, _ raised: UInt16,
            _ compute: @escaping @Sendable (inout X87Arithmetic) -> Extended80
        ) {
            (self.name, self.control, self.result, self.raised, self.compute) = (name, control, result, raised, compute)
        }
    }

    private func check(_ c: Case) {
        var arithmetic = X87Arithmetic(control: c.control)
        let result = c.compute(&arithmetic)
        #expect(arithmetic.raised == c.raised)
        if !arithmetic.isBlocked { #expect(result == c.result) }
    }

    @Test(arguments: [
        Case("∞ + ∞", 0x37F, .infinity, 0) { $0.add(.infinity, .infinity) },
        Case("∞ − ∞ is invalid", 0x37F, .indefinite, 0x01) { $0.subtract(.infinity, .infinity) },
        Case("0 × ∞ is invalid", 0x37F, .indefinite, 0x01) { $0.multiply(.zero, .infinity) },
        Case("0 / 0 is invalid", 0x37F, .indefinite, 0x01) { $0.divide(.zero, .zero) },
        Case("∞ / ∞ is invalid", 0x37F, .indefinite, 0x01) { $0.divide(.infinity, .minusInfinity) },
        Case("√−1 is invalid", 0x37F, .indefinite, 0x01) { $0.squareRoot(.minusOne) },
        Case("√−0 = −0", 0x37F, .minusZero, 0) { $0.squareRoot(.minusZero) },
        Case("√2", 0x37F, Extended80(0x3FFF, 0xB504_F333_F9DE_6484), 0x20) { $0.squareRoot(.two) },
        Case("1 / 0 divides by zero", 0x37F, .minusInfinity, 0x04) { $0.divide(.one, .minusZero) },
        Case("denormal / 0 reports no denormal", 0x37F, .infinity, 0x04) { $0.divide(.smallestDenormal, .zero) },
        Case("∞ / 0 = ∞", 0x37F, .infinity, 0) { $0.divide(.infinity, .zero) },
        Case("x − x = +0", 0x37F, .zero, 0) { $0.subtract(.three, .three) },
        Case("x − x = −0 when rounding down", 0x77F, .minusZero, 0) { $0.subtract(.three, .three) },
        Case("−0 + −0 = −0", 0x37F, .minusZero, 0) { $0.add(.minusZero, .minusZero) },
        Case("1 / 3 rounds up", 0x37F, Extended80(0x3FFD, 0xAAAA_AAAA_AAAA_AAAB), 0x220) { $0.divide(.one, .three) },
        Case("1 / 3 chopped", 0xF7F, Extended80(0x3FFD, 0xAAAA_AAAA_AAAA_AAAA), 0x20) { $0.divide(.one, .three) },
        Case("1 / 3 in 24 bits", 0x07F, Extended80(0x3FFD, 0xAAAA_AB00_0000_0000), 0x220) { $0.divide(.one, .three) },
        Case("1 / 3 in 53 bits", 0x27F, Extended80(0x3FFD, 0xAAAA_AAAA_AAAA_A800), 0x20) { $0.divide(.one, .three) },
        Case("reserved precision means 64 bits", 0x17F, Extended80(0x3FFD, 0xAAAA_AAAA_AAAA_AAAB), 0x220) {
            $0.divide(.one, .three)
        },
    ])
    func ordinaryAndInvalid(_ c: Case) { check(c) }

    @Test(arguments: [
        Case("largest + largest = ∞", 0x37F, .infinity, 0x228) { $0.add(.largest, .largest) },
        Case("chopped it stays largest", 0xF7F, .largest, 0x28) { $0.add(.largest, .largest) },
        Case("and in 24 bits ends in zeros", 0xC7F, Extended80(0x7FFE, 0xFFFF_FF00_0000_0000), 0x28) {
            $0.add(.largest, .largest)
        },
        Case("unmasked overflow wraps the exponent", 0x377, Extended80(0x5FFE, 0xFFFF_FFFF_FFFF_FFFE), 0x28) {
            $0.multiply(.largest, .largest)
        },
        Case("denormal + 0 is exact, so no underflow", 0x37F, .smallestDenormal, 0x02) {
            $0.add(.zero, .smallestDenormal)
        },
        Case("unmasked underflow needs no inexactness", 0x36F, Extended80(0x5FC2, 1 << 63), 0x12) {
            $0.add(.zero, .smallestDenormal)
        },
        Case("denormal² rounds to 0", 0x37F, .zero, 0x32) { $0.multiply(.smallestDenormal, .smallestDenormal) },
        Case("denormal² rounds up to denormal", 0xB7F, .smallestDenormal, 0x232) {
            $0.multiply(.smallestDenormal, .smallestDenormal)
        },
        Case("tininess is found after rounding", 0x27F, .smallestNormal, 0x220) {
            $0.multiply(.smallestNormal, Extended80(0x3FFE, .max))
        },
        Case("but without limits of the exponent", 0x37F, .smallestNormal, 0x230) {
            $0.multiply(.smallestNormal, Extended80(0x3FFE, .max))
        },
        Case("a denormal rounded to 24 bits becomes normal", 0x07F, .smallestNormal, 0x222) {
            $0.add(.largestDenormal, .zero)
        },
        Case("a pseudo-denormal is a denormal", 0x37F, Extended80(1, 1 << 63 | 1), 0x02) {
            $0.add(.pseudoDenormal, .zero)
        },
        Case("an unmasked denormal stops everything", 0x37D, .zero, 0x02) { $0.add(.one, .smallestDenormal) },
    ])
    func theEndsOfTheRange(_ c: Case) { check(c) }

    @Test(arguments: [
        Case("unnormal", 0x37F, .indefinite, 0x01) { $0.add(.one, .unnormal) },
        Case("pseudo-infinity", 0x37F, .indefinite, 0x01) { $0.multiply(.pseudoInfinity, .one) },
        Case("unsupported beats NaN", 0x37F, .indefinite, 0x01) { $0.add(.quietNaN, .unnormal) },
        Case("a QNaN passes silently", 0x37F, .quietNaN, 0) { $0.add(.quietNaN, .smallestDenormal) },
        Case("a SNaN is quieted", 0x37F, .quietNaN, 0x01) { $0.add(.one, .signalingNaN) },
        Case("QNaN beats SNaN", 0x37F, .quietNaN, 0x01) {
            $0.add(Extended80(0x7FFF, 0xBFFF_FFFF_FFFF_FFFF), .quietNaN)
        },
        Case("the larger significand wins", 0x37F, Extended80(0xFFFF, 0xC000_0000_0000_0002), 0) {
            $0.divide(.quietNaN, Extended80(0xFFFF, 0xC000_0000_0000_0002))
        },
        Case("of equal ones the positive", 0x37F, .quietNaN, 0) {
            $0.multiply(Extended80(0xFFFF, 0xC000_0000_0000_0001), .quietNaN)
        },
        Case("subtracting a NaN keeps its sign", 0x37F, .quietNaN, 0) { $0.subtract(.one, .quietNaN) },
    ])
    func nansAndUnsupportedFormats(_ c: Case) { check(c) }

    @Test(arguments: [
        Case("2.5 rounds to even", 0x37F, .two, 0x20) {
            $0.roundedToInteger(Extended80(0x4000, 0xA000_0000_0000_0000))
        },
        Case("2.5 rounds up", 0xB7F, .three, 0x220) { $0.roundedToInteger(Extended80(0x4000, 0xA000_0000_0000_0000)) },
        Case("−½ rounds to −0", 0x37F, .minusZero, 0x20) { $0.roundedToInteger(Extended80(0xBFFE, 1 << 63)) },
        Case("2⁶³ + 1 is whole already", 0x37F, Extended80(0x403E, 1 << 63 | 1), 0) {
            $0.roundedToInteger(Extended80(0x403E, 1 << 63 | 1))
        },
        Case("3·2⁻¹", 0x37F, Extended80(0x3FFF, 0xC000_0000_0000_0000), 0) { $0.scale(.three, by: .minusOne) },
        Case("scaling far up overflows", 0x37F, .infinity, 0x228) { $0.scale(.three, by: .largest) },
        Case("unmasked, even the wrapped exponent overflows", 0x377, .infinity, 0x228) {
            $0.scale(.three, by: .largest)
        },
        Case("scaling 0 by ∞ is invalid", 0x37F, .indefinite, 0x01) { $0.scale(.zero, by: .infinity) },
        Case("scaling ∞ by −∞ is invalid", 0x37F, .indefinite, 0x01) { $0.scale(.infinity, by: .minusInfinity) },
        Case("scaling by −∞", 0x37F, .minusZero, 0) { $0.scale(.minusOne, by: .minusInfinity) },
    ])
    func roundingAndScaling(_ c: Case) { check(c) }

    @Test func extractingZeroDividesByZero() {
        var arithmetic = X87Arithmetic(control: 0x37F)
        let parts = arithmetic.extract(.minusZero)
        #expect(parts.first == .minusInfinity)
        #expect(parts.pushed == .minusZero)
        #expect(arithmetic.raised == 0x04)
    }

    @Test func extractingADenormalNormalizesIt() {
        var arithmetic = X87Arithmetic(control: 0x37F)
        let parts = arithmetic.extract(.smallestDenormal)
        #expect(parts.first == Extended80(Int64(-16445)))
        #expect(parts.pushed == .one)
        #expect(arithmetic.raised == 0x02)
    }
}
