// FMUL, FDIV and FSQRT.

extension X87Arithmetic {
    @inline(__always)
    package mutating func multiply(_ a: Extended80, _ b: Extended80) -> Extended80 {
        if a.isNormal && b.isNormal && !owesDenormal {
            return productOfFinite(
                negative: (a.signExponent ^ b.signExponent) & 0x8000 != 0,
                Int32(a.exponent), a.mantissa, Int32(b.exponent), b.mantissa)
        }
        return multiplySlowly(a, b)
    }

    @inline(never)
    private mutating func multiplySlowly(_ a: Extended80, _ b: Extended80) -> Extended80 {
        if let nan = nanResult(a, b) { return nan }
        let negative = a.isNegative != b.isNegative
        if (a.isInfinity && b.isZero) || (a.isZero && b.isInfinity) { return invalid() }
        if stopsAtDenormal(a, b) { return .zero }
        if a.isInfinity || b.isInfinity { return .infinity(negative: negative) }
        if a.isZero || b.isZero { return .zero(negative: negative) }
        let x = a.normalized
        let y = b.normalized
        return productOfFinite(negative: negative, x.exponent, x.mantissa, y.exponent, y.mantissa)
    }

    @inline(__always)
    private mutating func productOfFinite(
        negative: Bool, _ aExponent: Int32, _ aMantissa: UInt64, _ bExponent: Int32, _ bMantissa: UInt64
    ) -> Extended80 {
        var (high, low) = aMantissa.multipliedFullWidth(by: bMantissa)
        var exponent = aExponent &+ bExponent &- 0x3FFE
        if high >> 63 == 0 {
            high = high << 1 | low >> 63
            low <<= 1
            exponent &-= 1
        }
        return rounded(negative: negative, exponent: exponent, high: high, low: low)
    }

    /// `a / b`.
    @inline(__always)
    package mutating func divide(_ a: Extended80, _ b: Extended80) -> Extended80 {
        if a.isNormal && b.isNormal && !owesDenormal {
            return quotientOfFinite(
                negative: (a.signExponent ^ b.signExponent) & 0x8000 != 0,
                Int32(a.exponent), a.mantissa, Int32(b.exponent), b.mantissa)
        }
        return divideSlowly(a, b)
    }

    @inline(never)
    private mutating func divideSlowly(_ a: Extended80, _ b: Extended80) -> Extended80 {
        if let nan = nanResult(a, b) { return nan }
        let negative = a.isNegative != b.isNegative
        if (a.isInfinity && b.isInfinity) || (a.isZero && b.isZero) { return invalid() }
        if b.isZero && !a.isInfinity {
            // Ranks above the denormal exception: a denormal dividend goes unreported.
            raised |= X87Status.zeroDivide
            return .infinity(negative: negative)
        }
        if stopsAtDenormal(a, b) { return .zero }
        if a.isInfinity { return .infinity(negative: negative) }
        if a.isZero || b.isInfinity { return .zero(negative: negative) }
        let x = a.normalized
        let y = b.normalized
        return quotientOfFinite(negative: negative, x.exponent, x.mantissa, y.exponent, y.mantissa)
    }

    @inline(__always)
    private mutating func quotientOfFinite(
        negative: Bool, _ aExponent: Int32, _ aMantissa: UInt64, _ bExponent: Int32, _ bMantissa: UInt64
    ) -> Extended80 {
        var exponent = aExponent &- bExponent &+ 0x3FFE
        // Both significands have bit 63 set; halving a dividend that is not smaller than the divisor makes the quotient
        // fill exactly 64 bits, and keeps the hardware division from overflowing.
        let quotient: UInt64
        let remainder: UInt64
        if aMantissa >= bMantissa {
            exponent &+= 1
            (quotient, remainder) = bMantissa.dividingFullWidth((aMantissa >> 1, aMantissa << 63))
        } else {
            (quotient, remainder) = bMantissa.dividingFullWidth((aMantissa, 0))
        }
        return rounded(
            negative: negative, exponent: exponent, high: quotient,
            low: Self.fraction(remainder: remainder, divisor: bMantissa))
    }

    /// What a remainder says about rounding: nothing, below half, half, above half.
    @inline(__always)
    private static func fraction(remainder: UInt64, divisor: UInt64) -> UInt64 {
        if remainder == 0 { return 0 }
        let rest = divisor &- remainder
        return remainder < rest ? 1 : remainder == rest ? 1 << 63 : 1 << 63 | 1
    }

    package mutating func squareRoot(_ a: Extended80) -> Extended80 {
        if let nan = nanResult(a) { return nan }
        if a.isZero { return a }
        if a.isNegative { return invalid() }
        if stopsAtDenormal(a) { return .zero }
        if a.isInfinity { return a }
        let x = a.normalized
        // √(m·2^e) wants an even e: one bit of the significand moves over when it is odd.
        let unbiased = x.exponent &- 0x3FFF
        let odd = unbiased & 1 != 0
        let high = odd ? x.mantissa : x.mantissa >> 1
        let low = odd ? 0 : x.mantissa << 63
        let (root, remainderHigh, remainderLow) = integerSquareRoot(high, low)
        let exact = remainderHigh == 0 && remainderLow == 0
        let above = remainderHigh != 0 || remainderLow > root
        return rounded(
            negative: false, exponent: (unbiased >> 1) &+ 0x3FFF, high: root,
            low: exact ? 0 : above ? 1 << 63 | 1 : 1)
    }
}

/// ⌊√n⌋ of a 128-bit integer whose top or second bit is set, and what is left over.
func integerSquareRoot(_ high: UInt64, _ low: UInt64) -> (root: UInt64, remainderHigh: UInt64, remainderLow: UInt64) {
    // The top 62 bits give 32 correct bits of the root by the schoolbook method, one division finds the other 32
    // (Zimmermann's recursive square root, one level deep).
    var top: UInt64 = 0
    var rest = high
    var bit: UInt64 = 1 << 62
    while bit != 0 {
        if rest >= top &+ bit {
            rest &-= top &+ bit
            top = top >> 1 &+ bit
        } else {
            top >>= 1
        }
        bit >>= 2
    }
    // high = top² + rest with rest <= 2·top; now (rest·2³² + next 32 bits) / (2·top).
    let divisor = top << 1
    let numeratorHigh = rest >> 32
    let numeratorLow = rest << 32 | low >> 32
    var (quotient, remainder) = divisor.dividingFullWidth((numeratorHigh, numeratorLow))
    if quotient > 0xFFFF_FFFF {
        // Only 2³² itself is possible; take it down by one and give the divisor back to the remainder.
        quotient &-= 1
        remainder &+= divisor
    }
    var root = top << 32 &+ quotient
    // n − root² = remainder·2³² + low 32 bits − quotient²; one step back when that is negative.
    var leftHigh = remainder >> 32
    var leftLow = remainder << 32 | low & 0xFFFF_FFFF
    let square = quotient.multipliedFullWidth(by: quotient)
    let (difference, borrowed) = leftLow.subtractingReportingOverflow(square.low)
    leftLow = difference
    leftHigh = leftHigh &- square.high &- (borrowed ? 1 : 0)
    while leftHigh >> 63 != 0 {
        // (root)² − (root − 1)² = 2·root − 1
        root &-= 1
        let (sum, carried) = leftLow.addingReportingOverflow(root << 1 | 1)
        leftHigh = leftHigh &+ root >> 63 &+ (carried ? 1 : 0)
        leftLow = sum
    }
    return (root, leftHigh, leftLow)
}
