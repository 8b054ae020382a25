// FADD, FSUB and their relatives. A subtraction is an addition with the second sign turned; only NaNs must not notice.

extension X87Arithmetic {
    @inline(__always)
    package mutating func add(_ a: Extended80, _ b: Extended80) -> Extended80 { sum(a, b, flip: 0) }

    @inline(__always)
    package mutating func subtract(_ a: Extended80, _ b: Extended80) -> Extended80 { sum(a, b, flip: 0x8000) }

    @inline(__always)
    private mutating func sum(_ a: Extended80, _ b: Extended80, flip: UInt16) -> Extended80 {
        if a.isNormal && b.isNormal && !owesDenormal {
            return sumOfFinite(
                a.isNegative, Int32(a.exponent), a.mantissa,
                (b.signExponent ^ flip) & 0x8000 != 0, Int32(b.exponent), b.mantissa)
        }
        return sumSlowly(a, b, flip: flip)
    }

    @inline(never)
    private mutating func sumSlowly(_ a: Extended80, _ b: Extended80, flip: UInt16) -> Extended80 {
        if let nan = nanResult(a, b) { return nan }
        let turned = Extended80(signExponent: b.signExponent ^ flip, mantissa: b.mantissa)
        if a.isInfinity && b.isInfinity {
            return a.isNegative == turned.isNegative ? a : invalid()
        }
        if stopsAtDenormal(a, b) { return .zero }
        if a.isInfinity { return a }
        if b.isInfinity { return turned }
        if a.isZero && b.isZero {
            return a.isNegative == turned.isNegative ? a : exactZero
        }
        if a.isZero { return sumWithZero(turned) }
        if b.isZero { return sumWithZero(a) }
        let x = a.normalized
        let y = b.normalized
        return sumOfFinite(a.isNegative, x.exponent, x.mantissa, turned.isNegative, y.exponent, y.mantissa)
    }

    /// The other operand alone still has to pass through the precision control.
    private mutating func sumWithZero(_ a: Extended80) -> Extended80 {
        let x = a.normalized
        return rounded(negative: a.isNegative, exponent: x.exponent, high: x.mantissa, low: 0)
    }

    /// x − x: negative only when rounding down.
    private var exactZero: Extended80 { .zero(negative: control & X87Control.rounding == X87Control.down) }

    @inline(__always)
    private mutating func sumOfFinite(
        _ aNegative: Bool, _ aExponent: Int32, _ aMantissa: UInt64,
        _ bNegative: Bool, _ bExponent: Int32, _ bMantissa: UInt64
    ) -> Extended80 {
        // Order by magnitude, so that the smaller one is shifted and a difference never goes below zero.
        let swap = bExponent > aExponent || (bExponent == aExponent && bMantissa > aMantissa)
        let negative = swap ? bNegative : aNegative
        var exponent = swap ? bExponent : aExponent
        let large = swap ? bMantissa : aMantissa
        let distance = swap ? bExponent &- aExponent : aExponent &- bExponent
        let small = shiftRightJamming(swap ? aMantissa : bMantissa, 0, by: distance)
        var high: UInt64
        var low: UInt64
        if aNegative == bNegative {
            low = small.low
            let (total, carried) = large.addingReportingOverflow(small.high)
            high = total
            if carried {
                low = high << 63 | low >> 1 | low & 1
                high = high >> 1 | 1 << 63
                exponent &+= 1
            }
        } else {
            low = 0 &- small.low
            high = large &- small.high &- (small.low != 0 ? 1 : 0)
            if high == 0 {
                if low == 0 { return exactZero }
                // Far-apart operands leave a bit at the top, so nothing sticky moves up here.
                (high, low) = (low, 0)
                exponent &-= 64
            }
            let shift = UInt64(truncatingIfNeeded: high.leadingZeroBitCount)
            if shift != 0 {
                high = high &<< shift | low &>> (64 &- shift)
                low = low &<< shift
                exponent &-= Int32(truncatingIfNeeded: shift)
            }
        }
        return rounded(negative: negative, exponent: exponent, high: high, low: low)
    }
}
