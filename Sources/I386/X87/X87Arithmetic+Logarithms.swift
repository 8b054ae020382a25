// F2XM1, FYL2X, FYL2XP1. The manual promises errors below one unit in the last place; ours are rounded correctly as far
// as 115 bits can tell. Special cases follow the tables of Intel SDM vol. 2.

extension X87Arithmetic {
    /// F2XM1: 2^x − 1 for −1 <= x <= 1. Outside, the manual leaves the result undefined; like the processors at hand we
    /// return x itself, infinities excepted.
    package mutating func powerOfTwoLessOne(_ a: Extended80) -> Extended80 {
        if let nan = nanResult(a) { return nan }
        if a.isInfinity { return a.isNegative ? Extended80.one.negated : a }
        if stopsAtDenormal(a) { return .zero }
        if a.isZero { return a }
        if a.exponent >= 0x3FFF {
            raised |= X87Status.inexact
            guard a.exponent == 0x3FFF && a.mantissa == 1 << 63 else { return a }
            return a.isNegative ? Extended80(signExponent: 0xBFFE, mantissa: 1 << 63) : .one
        }
        let t = Wide(a) * WideConstant.ln2
        return rounded(t * Self.exponentialSlope(t))
    }

    /// (e^t − 1) / t for |t| < 0.7, by its power series.
    private static func exponentialSlope(_ t: Wide) -> Wide {
        let x = t.fixed
        var sum = Series.inverseFactorials[31]
        for n in stride(from: 30, through: 2, by: -1) {
            let term = highProduct(x, sum)
            sum = t.negative ? Series.inverseFactorials[n] &- term : Series.inverseFactorials[n] &+ term
        }
        let u = highProduct(x, sum)
        return t.negative ? Series.one(minus: u) : Series.one(plus: u)
    }

    /// FYL2X: y·log₂ x.
    package mutating func logarithm(_ x: Extended80, times y: Extended80) -> Extended80 {
        if let nan = nanResult(x, y) { return nan }
        if x.isNegative && !x.isZero { return invalid() }
        if x.isZero {
            if y.isZero { return invalid() }
            if !y.isInfinity {
                raised |= X87Status.zeroDivide
                return .infinity(negative: !y.isNegative)
            }
            return .infinity(negative: !y.isNegative)
        }
        if x.isInfinity {
            if y.isZero { return invalid() }
            if stopsAtDenormal(y) { return .zero }
            return .infinity(negative: y.isNegative)
        }
        let isOne = x == .one
        if y.isInfinity {
            if isOne { return invalid() }
            if stopsAtDenormal(x) { return .zero }
            return .infinity(negative: y.isNegative != (x.exponent < 0x3FFF))
        }
        if stopsAtDenormal(x, y) { return .zero }
        if isOne { return .zero(negative: y.isNegative) }
        if y.isZero { return .zero(negative: y.isNegative != (x.exponent < 0x3FFF)) }
        let wide = Wide(x)
        if wide.significand == 1 << 127 {
            // A power of two: the product of y and an integer may well be exact, but processors do not look.
            let result = rounded(Wide(y) * Wide(wide.exponent), exact: true)
            raised |= X87Status.inexact | (result.isDenormal ? X87Status.underflow : 0)
            return result
        }
        return rounded(Wide(y) * Self.logarithm(wide))
    }

    /// FYL2XP1: y·log₂(x + 1), meant for small x, where x + 1 would lose what matters.
    package mutating func logarithmOfOnePlus(_ x: Extended80, times y: Extended80) -> Extended80 {
        if let nan = nanResult(x, y) { return nan }
        if x.isInfinity {
            if x.isNegative || y.isZero { return invalid() }
            if stopsAtDenormal(y) { return .zero }
            return .infinity(negative: y.isNegative)
        }
        let negative = x.isNegative != y.isNegative
        if y.isInfinity {
            if x.isZero { return invalid() }
            if stopsAtDenormal(x) { return .zero }
            return .infinity(negative: negative)
        }
        if stopsAtDenormal(x, y) { return .zero }
        if x.isZero || y.isZero { return .zero(negative: negative) }
        let wide = Wide(x)
        if wide.exponent < -2 {
            return rounded(Wide(y) * Self.logarithm(difference: wide, sum: wide + Wide(2)))
        }
        let sum = wide + .one
        if sum.negative || sum.isZero {
            // Far outside of the range that the manual defines; processors give x back.
            raised |= X87Status.inexact
            return x
        }
        return rounded(Wide(y) * Self.logarithm(sum))
    }

    /// log₂ x for x > 0.
    private static func logarithm(_ x: Wide) -> Wide {
        // m in [√½, √2), so that an x near 1 has no integer part to cancel.
        let rootOfTwo: UInt128 = 0xB504_F333_F9DE_6484_597D_89B3_754A_BE9F
        let above = x.significand > rootOfTwo
        let m = Wide(negative: false, exponent: above ? -1 : 0, significand: x.significand)
        return Wide(above ? x.exponent &+ 1 : x.exponent) + logarithm(difference: m - .one, sum: m + .one)
    }

    /// log₂ m from m − 1 and m + 1, for m between √½ and √2: twice the area tangent of their ratio.
    private static func logarithm(difference: Wide, sum: Wide) -> Wide {
        if difference.isZero { return .zero }
        let ratio = difference / sum
        let square = (ratio * ratio).fixed
        var series = Series.inverseOdds[24]
        for n in stride(from: 23, through: 1, by: -1) {
            series = Series.inverseOdds[n] &+ highProduct(square, series)
        }
        return WideConstant.twiceLog2E * ratio * Series.one(plus: highProduct(square, series))
    }
}
