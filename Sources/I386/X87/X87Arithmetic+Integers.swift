// Numbers without a fraction: FRNDINT, and the integer and packed-decimal memory formats of FILD, FIST, FBLD, FBSTP.

extension Extended80 {
    /// Any 64-bit integer fits exactly.
    package init(_ value: Int64) {
        guard value != 0 else {
            self = .zero
            return
        }
        let shift = value.magnitude.leadingZeroBitCount
        self.init(
            negative: value < 0, exponent: UInt16(truncatingIfNeeded: 0x3FFF + 63 - shift),
            mantissa: value.magnitude << UInt64(truncatingIfNeeded: shift))
    }

    /// The value of an FBLD operand: 18 digits in `low` and the low byte of `high`, the sign on top. Digits above 9 are
    /// undefined; like the hardware we give them their weight.
    package init(packedDecimal low: UInt64, _ high: UInt16) {
        var value = UInt64(high >> 4 & 0xF) &* 10 &+ UInt64(high & 0xF)
        for digit in 0..<16 {
            value = value &* 10 &+ (low >> UInt64(60 - 4 * digit)) & 0xF
        }
        let magnitude = Extended80(Int64(bitPattern: value))
        self.init(signExponent: magnitude.signExponent | high & 0x8000, mantissa: magnitude.mantissa)
    }
}

extension X87Arithmetic {
    /// The magnitude rounded to an integer, for finite numbers below 2⁶⁴ after rounding; nil otherwise.
    private mutating func roundedMagnitude(_ a: Extended80) -> (magnitude: UInt64, inexact: Bool, up: Bool)? {
        let unbiased = Int32(a.exponent) &- 0x3FFF
        if unbiased > 63 { return nil }
        let (high, low) = shiftRightJamming(a.mantissa, 0, by: min(63 &- unbiased, 200))
        let cut = cut(negative: a.isNegative, high: high, low: low, dropping: 0)
        return cut.carried ? nil : (cut.mantissa, cut.inexact, cut.up)
    }

    /// FIST and FISTP: the integer in two's complement, or the "integer indefinite" with an invalid exception.
    package mutating func integer(_ a: Extended80, bits: Int) -> Int64 {
        let indefinite = Int64.min >> Int64(64 - bits)
        let limit = UInt64(1) << UInt64(bits - 1)
        guard !a.isUnsupported, let result = roundedMagnitude(a),
            result.magnitude < limit || (result.magnitude == limit && a.isNegative)
        else {
            raised |= X87Status.invalid
            return indefinite
        }
        if result.inexact { raised |= X87Status.inexact }
        if result.up { raised |= X87Status.c1 }
        let value = Int64(bitPattern: result.magnitude)
        return a.isNegative ? 0 &- value : value
    }

    /// FBSTP: 18 decimal digits and a sign, or the "packed BCD indefinite" with an invalid exception.
    package mutating func packedDecimal(_ a: Extended80) -> (low: UInt64, high: UInt16) {
        guard !a.isUnsupported, let result = roundedMagnitude(a), result.magnitude < 1_000_000_000_000_000_000 else {
            raised |= X87Status.invalid
            return (0xC000_0000_0000_0000, 0xFFFF)
        }
        if result.inexact { raised |= X87Status.inexact }
        if result.up { raised |= X87Status.c1 }
        var rest = result.magnitude
        var low: UInt64 = 0
        for digit in 0..<UInt64(16) {
            low |= (rest % 10) << (4 * digit)
            rest /= 10
        }
        let high = UInt16(truncatingIfNeeded: (rest / 10) << 4 | rest % 10)
        return (low, a.isNegative ? high | 0x8000 : high)
    }

    /// FRNDINT.
    package mutating func roundedToInteger(_ a: Extended80) -> Extended80 {
        if let nan = nanResult(a) { return nan }
        if stopsAtDenormal(a) { return .zero }
        let unbiased = Int32(a.exponent) &- 0x3FFF
        if unbiased >= 63 || a.isZero { return a }
        let (high, low) = shiftRightJamming(a.mantissa, 0, by: min(63 &- unbiased, 200))
        let cut = cut(negative: a.isNegative, high: high, low: low, dropping: 0)
        if cut.inexact { raised |= X87Status.inexact }
        if cut.up { raised |= X87Status.c1 }
        let integer = Extended80(Int64(bitPattern: cut.mantissa))
        return Extended80(negative: a.isNegative, exponent: integer.exponent, mantissa: integer.mantissa)
    }
}
