// FSIN, FCOS, FSINCOS, FPTAN, FPATAN. "π" in the reduction of large arguments is the number that the manual names and
// every processor since the 387 uses: 66 bits, 0.C90FDAA22168C234C·2². So the sine of 10¹⁸ is that of another 10¹⁸, and
// equally wrong everywhere. Intel SDM vol. 1, 8.3.8 and 8.3.10.

extension X87Arithmetic {
    /// The remainder of a finite argument below 2⁶³ after the nearest multiple of π/2, and which multiple modulo 4.
    private struct Reduced {
        var rest: Wide
        var quadrant: UInt64

        init(_ a: Extended80) {
            let x = Wide(a)
            let mantissa = UInt64(truncatingIfNeeded: x.significand >> 64)
            if x.exponent < -1 || (x.exponent == -1 && mantissa <= 0xC90F_DAA2_2168_C234) {
                (rest, quadrant) = (x, 0)
                return
            }
            // Schoolbook division by π/2 = 0.C90F…C234C · 2, one quotient bit a step; both sides in units of 2⁻⁶⁵.
            let divisor: UInt128 = 0x3_243F_6A88_85A3_08D3
            var remainder = UInt128(mantissa) << 1
            quadrant = 0
            for _ in -1..<x.exponent {
                if remainder >= divisor {
                    remainder &-= divisor
                    quadrant |= 1
                }
                remainder <<= 1
                quadrant <<= 1
            }
            if remainder >= divisor {
                remainder &-= divisor
                quadrant |= 1
            }
            // Past the half the next multiple is nearer, from above.
            let above = remainder << 1 > divisor
            if above {
                remainder = divisor &- remainder
                quadrant &+= 1
            }
            rest = .normalizing(negative: above != x.negative, exponent: 62, fraction: remainder)
            if x.negative { quadrant = 0 &- quadrant }
            quadrant &= 3
        }

        /// sin of the rest, |rest| <= π/4.
        private var restSine: Wide {
            let z = (rest * rest).fixed
            var sum = Series.inverseFactorials[33]
            for n in stride(from: 31, through: 3, by: -2) {
                sum = Series.inverseFactorials[n] &- highProduct(z, sum)
            }
            return rest * Series.one(minus: highProduct(z, sum))
        }

        private var restCosine: Wide {
            let z = (rest * rest).fixed
            var sum = Series.inverseFactorials[32]
            for n in stride(from: 30, through: 2, by: -2) {
                sum = Series.inverseFactorials[n] &- highProduct(z, sum)
            }
            return Series.one(minus: highProduct(z, sum))
        }

        var sine: Wide {
            let value = quadrant & 1 == 0 ? restSine : restCosine
            return quadrant & 2 == 0 ? value : value.negated
        }

        var cosine: Wide {
            let value = quadrant & 1 == 0 ? restCosine : restSine
            return (quadrant &+ 1) & 2 == 0 ? value : value.negated
        }

        var tangent: Wide {
            // So close to zero the tangent exceeds its argument by less than we can say; rounding adds "a little more".
            if rest.exponent < -64 && quadrant & 1 == 0 { return rest }
            return quadrant & 1 == 0 ? restSine / restCosine : (restCosine / restSine).negated
        }
    }

    /// What all four have in common before they compute: nil when C2 has to be set.
    private enum Argument {
        case result(Extended80)
        case zero
        case finite
    }

    private mutating func examine(_ a: Extended80) -> Argument? {
        if let nan = nanResult(a) { return .result(nan) }
        if a.isInfinity { return .result(invalid()) }
        if a.exponent >= 0x3FFF + 63 { return nil }
        if stopsAtDenormal(a) { return .result(.zero) }
        return a.isZero ? .zero : .finite
    }

    /// FSIN; nil when |a| >= 2⁶³.
    package mutating func sine(_ a: Extended80) -> Extended80? {
        switch examine(a) {
        case nil: nil
        case .result(let special): special
        case .zero: a
        case .finite: rounded(Reduced(a).sine)
        }
    }

    /// FCOS; nil when |a| >= 2⁶³.
    package mutating func cosine(_ a: Extended80) -> Extended80? {
        switch examine(a) {
        case nil: nil
        case .result(let special): special
        case .zero: .one
        case .finite: rounded(Reduced(a).cosine)
        }
    }

    /// FSINCOS: the sine, and the cosine to be pushed over it.
    package mutating func sineAndCosine(_ a: Extended80) -> (first: Extended80, pushed: Extended80)? {
        switch examine(a) {
        case nil: return nil
        case .result(let special): return (special, special)
        case .zero: return (a, .one)
        case .finite:
            let reduced = Reduced(a)
            let sine = rounded(reduced.sine)
            // C1 describes the number on top.
            raised &= ~X87Status.c1
            return (sine, rounded(reduced.cosine))
        }
    }

    /// FPTAN: the tangent, and a 1 to be pushed over it.
    package mutating func partialTangent(_ a: Extended80) -> (first: Extended80, pushed: Extended80)? {
        switch examine(a) {
        case nil: nil
        case .result(let special): (special, special)
        case .zero: (a, .one)
        case .finite: (rounded(Reduced(a).tangent), .one)
        }
    }
}

extension X87Arithmetic {
    /// FPATAN: the angle of the point (x, y), −π to π.
    package mutating func arcTangent(y: Extended80, x: Extended80) -> Extended80 {
        if let nan = nanResult(x, y) { return nan }
        if stopsAtDenormal(x, y) { return .zero }
        let angle: Wide
        if y.isZero || (x.isInfinity && !y.isInfinity) {
            if !x.isNegative { return .zero(negative: y.isNegative) }
            angle = WideConstant.pi()
        } else if y.isInfinity {
            angle =
                !x.isInfinity
                ? WideConstant.pi(scale: -1)
                : x.isNegative ? WideConstant.threeQuartersPi : WideConstant.pi(scale: -2)
        } else if x.isZero {
            angle = WideConstant.pi(scale: -1)
        } else {
            angle = Self.angle(y: Wide(y).magnitude, x: Wide(x))
        }
        return rounded(Wide(negative: y.isNegative, exponent: angle.exponent, significand: angle.significand))
    }

    /// The angle of a point in the upper half plane, neither coordinate zero.
    private static func angle(y: Wide, x: Wide) -> Wide {
        let width = x.magnitude
        let steep =
            y.exponent > width.exponent || (y.exponent == width.exponent && y.significand > width.significand)
        let base = steep ? firstOctant(width, y) : firstOctant(y, width)
        if steep {
            return x.negative ? WideConstant.pi(scale: -1) + base : WideConstant.pi(scale: -1) - base
        }
        return x.negative ? WideConstant.pi() - base : base
    }

    /// arctan(n/d) for 0 < n <= d.
    private static func firstOctant(_ n: Wide, _ d: Wide) -> Wide {
        // The nearest eighth k/8 is taken out: arctan t = arctan k/8 + arctan (t − k/8)/(1 + t·k/8), and what is left
        // over is at most 1/16, small enough for the series.
        let distance = UInt64(truncatingIfNeeded: min(d.exponent &- n.exponent, 63))
        let numerator = UInt64(truncatingIfNeeded: n.significand >> 64) >> (distance &+ 6)
        let sixteenths = numerator / (UInt64(truncatingIfNeeded: d.significand >> 64) >> 10)
        let k = (sixteenths &+ 1) / 2
        var ratio: Wide
        if k == 0 {
            ratio = n / d
        } else {
            var eighth = Wide(Int32(truncatingIfNeeded: k))
            eighth.exponent &-= 3
            ratio = (n - eighth * d) / (d + eighth * n)
        }
        if ratio.isZero { return WideConstant.arcTangent(eighths: k) }
        let z = (ratio * ratio).fixed
        var sum = Series.inverseOdds[16]
        for i in stride(from: 15, through: 1, by: -1) {
            sum = Series.inverseOdds[i] &- highProduct(z, sum)
        }
        return WideConstant.arcTangent(eighths: k) + ratio * Series.one(minus: highProduct(z, sum))
    }
}
