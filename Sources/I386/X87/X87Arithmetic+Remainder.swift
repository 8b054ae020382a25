// FPREM and FPREM1: exact remainders, by long division that may stop half way. Also FSCALE and FXTRACT, the other
// instructions that play with exponents.

extension X87Arithmetic {
    /// The remainder of `a / b`; the quotient is truncated (FPREM) or, with `toNearest`, rounded to even (FPREM1).
    ///
    /// C2 says that the reduction is not complete; otherwise C0, C3, C1 are the low three bits of the quotient.
    /// `answersNothing` is set when C0 and C3 keep their old values, because the operands allow no quotient.
    package mutating func remainder(
        _ a: Extended80, _ b: Extended80, toNearest: Bool, answersNothing: inout Bool
    ) -> Extended80 {
        if let nan = nanResult(a, b) {
            answersNothing = true
            return nan
        }
        if a.isInfinity || b.isZero {
            answersNothing = true
            return invalid()
        }
        if stopsAtDenormal(a, b) {
            answersNothing = true
            return .zero
        }
        if a.isZero { return a }
        if b.isInfinity {
            let x = a.normalized
            return rounded64(negative: a.isNegative, exponent: x.exponent, high: x.mantissa, low: 0)
        }
        return remainderOfFinite(a, b, toNearest: toNearest)
    }

    private mutating func remainderOfFinite(_ a: Extended80, _ b: Extended80, toNearest: Bool) -> Extended80 {
        let x = a.normalized
        let y = b.normalized
        let distance = x.exponent &- y.exponent
        guard distance < 64 else {
            // Processors take 32...63 quotient bits at a time, such that the next step starts on a multiple of 32.
            raised |= X87Status.c2
            let bits = distance & 31 | 32
            let (rest, _) = Self.divisionSteps(x.mantissa, y.mantissa, count: bits)
            return packed(negative: a.isNegative, exponent: x.exponent &- bits, mantissa: rest)
        }
        guard distance >= 0 else {
            // |a| < |b|: the quotient is 0, or 1 when FPREM1 finds a beyond the half.
            let beyondHalf = toNearest && distance == -1 && x.mantissa > y.mantissa
            guard beyondHalf else {
                return packed(negative: a.isNegative, exponent: x.exponent, mantissa: x.mantissa)
            }
            raised |= X87Status.c1
            // b − a at a's scale, where b is twice as heavy.
            let difference = y.mantissa &- x.mantissa &+ y.mantissa
            return packed(negative: !a.isNegative, exponent: x.exponent, mantissa: difference)
        }
        var (rest, quotient) = Self.divisionSteps(x.mantissa, y.mantissa, count: distance)
        var negative = a.isNegative
        if toNearest {
            let other = y.mantissa &- rest
            if rest > other || (rest == other && quotient & 1 != 0) {
                rest = other
                quotient &+= 1
                negative = !negative
            }
        }
        if quotient & 1 != 0 { raised |= X87Status.c1 }
        if quotient & 2 != 0 { raised |= X87Status.c3 }
        if quotient & 4 != 0 { raised |= X87Status.c0 }
        if rest == 0 { return .zero(negative: a.isNegative) }
        return packed(negative: negative, exponent: y.exponent, mantissa: rest)
    }

    /// `a · 2^count` divided by `b`, for normalized significands and 0 <= count < 64.
    private static func divisionSteps(
        _ a: UInt64, _ b: UInt64, count: Int32
    ) -> (rest: UInt64, quotient: UInt64) {
        let first: UInt64 = a >= b ? 1 : 0
        let rest = a &- (first == 1 ? b : 0)
        if count == 0 { return (rest, first) }
        let n = UInt64(truncatingIfNeeded: count)
        let (quotient, remainder) = b.dividingFullWidth((rest &>> (64 &- n), rest &<< n))
        return (remainder, quotient &+ first &<< n)
    }

    /// An exact result, which can only underflow.
    private mutating func packed(negative: Bool, exponent: Int32, mantissa: UInt64) -> Extended80 {
        if mantissa == 0 { return .zero(negative: negative) }
        let shift = mantissa.leadingZeroBitCount
        let quotientBits = raised & X87Status.c1
        let result = rounded64(
            negative: negative, exponent: exponent &- Int32(truncatingIfNeeded: shift),
            high: mantissa << UInt64(truncatingIfNeeded: shift), low: 0)
        raised |= quotientBits
        return result
    }
}

extension X87Arithmetic {
    /// FSCALE: `a · 2^⌊b toward zero⌋`.
    package mutating func scale(_ a: Extended80, by b: Extended80) -> Extended80 {
        if let nan = nanResult(a, b) { return nan }
        if b.isInfinity {
            if b.isNegative ? a.isInfinity : a.isZero { return invalid() }
            if stopsAtDenormal(a) { return .zero }
            return b.isNegative ? .zero(negative: a.isNegative) : a.isInfinity ? a : .infinity(negative: a.isNegative)
        }
        if stopsAtDenormal(a, b) { return .zero }
        if a.isInfinity || a.isZero { return a }
        // Anything beyond ±0x10000 leaves the range of every operand and every adjusted exponent anyway.
        let unbiased = Int32(b.exponent) &- 0x3FFF
        var shift: Int32 = 0
        if unbiased >= 16 {
            shift = 0x10000
        } else if unbiased >= 0 {
            shift = Int32(truncatingIfNeeded: b.mantissa >> UInt64(63 - unbiased))
        }
        let x = a.normalized
        return rounded64(
            negative: a.isNegative, exponent: x.exponent &+ (b.isNegative ? 0 &- shift : shift), high: x.mantissa,
            low: 0)
    }

    /// FXTRACT: the unbiased exponent as a number, then the significand scaled to 1 <= |s| < 2 to be pushed over it.
    package mutating func extract(_ a: Extended80) -> (first: Extended80, pushed: Extended80) {
        if let nan = nanResult(a) { return (nan, nan) }
        if a.isInfinity { return (.infinity(negative: false), a) }
        if a.isZero {
            raised |= X87Status.zeroDivide
            return (.infinity(negative: true), a)
        }
        if stopsAtDenormal(a) { return (.zero, .zero) }
        let x = a.normalized
        return (
            Extended80(Int64(x.exponent &- 0x3FFF)),
            Extended80(negative: a.isNegative, exponent: 0x3FFF, mantissa: x.mantissa)
        )
    }
}
