// The sines and logarithms of the x87 carry 64 significant bits, so computing them takes more. No host type has more,
// and the host's mathematical library differs between hosts; hence 128-bit significands in integers, of which about
// 115 survive a whole function. Results are then rounded once, which is as good as exact but for one case in 2⁵⁰.

/// ⌊a·b / 2¹²⁸⌋, short by at most 2.
@inline(__always)
func highProduct(_ a: UInt128, _ b: UInt128) -> UInt128 {
    let a1 = UInt64(truncatingIfNeeded: a >> 64)
    let a0 = UInt64(truncatingIfNeeded: a)
    let b1 = UInt64(truncatingIfNeeded: b >> 64)
    let b0 = UInt64(truncatingIfNeeded: b)
    let top = a1.multipliedFullWidth(by: b1)
    let middle = UInt128(a1.multipliedFullWidth(by: b0).high) &+ UInt128(a0.multipliedFullWidth(by: b1).high)
    return (UInt128(top.high) << 64 | UInt128(top.low)) &+ middle
}

/// A number with a 128-bit significand: `significand / 2¹²⁷ · 2^exponent`, normalized so that bit 127 is set, or zero.
struct Wide {
    var negative: Bool
    var exponent: Int32
    var significand: UInt128

    @inline(__always)
    init(negative: Bool, exponent: Int32, significand: UInt128) {
        self.negative = negative
        self.exponent = exponent
        self.significand = significand
    }

    /// A finite number; denormals are normalized.
    init(_ a: Extended80) {
        let x = a.isZero ? (exponent: 0, mantissa: 0) : a.normalized
        self.init(negative: a.isNegative, exponent: x.exponent &- 0x3FFF, significand: UInt128(x.mantissa) << 64)
    }

    /// A small integer.
    init(_ integer: Int32) {
        let magnitude = UInt128(integer.magnitude)
        let shift = Int32(truncatingIfNeeded: magnitude.leadingZeroBitCount)
        self.init(negative: integer < 0, exponent: 127 &- shift, significand: magnitude << UInt128(shift & 127))
    }

    /// `fraction / 2¹²⁸ · 2^(exponent + 1)`, not yet normalized.
    static func normalizing(negative: Bool, exponent: Int32, fraction: UInt128) -> Wide {
        let shift = fraction.leadingZeroBitCount
        if shift == 128 { return .zero }
        return Wide(
            negative: negative, exponent: exponent &- Int32(truncatingIfNeeded: shift),
            significand: fraction << UInt128(shift))
    }

    static var zero: Wide { Wide(negative: false, exponent: 0, significand: 0) }
    static var one: Wide { Wide(negative: false, exponent: 0, significand: 1 << 127) }

    var isZero: Bool { significand == 0 }
    var negated: Wide { Wide(negative: !negative, exponent: exponent, significand: significand) }
    var magnitude: Wide { Wide(negative: false, exponent: exponent, significand: significand) }

    /// The magnitude, which is below 1, in units of 2⁻¹²⁸.
    var fixed: UInt128 {
        if exponent < -128 { return 0 }
        return significand >> UInt128(-1 &- exponent)
    }

    static func * (a: Wide, b: Wide) -> Wide {
        normalizing(
            negative: a.negative != b.negative, exponent: a.exponent &+ b.exponent &+ 1,
            fraction: highProduct(a.significand, b.significand))
    }

    /// The divisor is not zero.
    static func / (a: Wide, b: Wide) -> Wide {
        // Halving the dividend keeps the quotient below 2¹²⁸.
        let (quotient, _) = b.significand.dividingFullWidth((a.significand >> 1, a.significand << 127))
        return normalizing(negative: a.negative != b.negative, exponent: a.exponent &- b.exponent, fraction: quotient)
    }

    static func + (a: Wide, b: Wide) -> Wide {
        if a.isZero { return b }
        if b.isZero { return a }
        let swap = b.exponent > a.exponent || (b.exponent == a.exponent && b.significand > a.significand)
        let large = swap ? b : a
        let small = swap ? a : b
        let distance = large.exponent &- small.exponent
        let shifted = distance > 127 ? 0 : small.significand >> UInt128(distance)
        if a.negative == b.negative {
            let (sum, carried) = large.significand.addingReportingOverflow(shifted)
            if !carried { return Wide(negative: large.negative, exponent: large.exponent, significand: sum) }
            return Wide(negative: large.negative, exponent: large.exponent &+ 1, significand: sum >> 1 | 1 << 127)
        }
        return normalizing(
            negative: large.negative, exponent: large.exponent, fraction: large.significand &- shifted)
    }

    static func - (a: Wide, b: Wide) -> Wide { a + b.negated }
}

extension X87Arithmetic {
    /// Rounds to 64 bits. Unless `exact`, there is more behind the last bit than we know: it counts as inexact.
    mutating func rounded(_ a: Wide, exact: Bool = false) -> Extended80 {
        if a.isZero { return .zero(negative: a.negative) }
        return rounded64(
            negative: a.negative, exponent: a.exponent &+ 0x3FFF,
            high: UInt64(truncatingIfNeeded: a.significand >> 64),
            low: UInt64(truncatingIfNeeded: a.significand) | (exact ? 0 : 1))
    }
}

/// Coefficients of the power series, in units of 2⁻¹²⁸. Computed once: exact division is cheaper to trust than digits.
enum Series {
    /// 1/n! for n from 2; the first two would not fit.
    static let inverseFactorials: InlineArray<36, UInt128> = {
        var table = InlineArray<36, UInt128>(repeating: 0)
        table[2] = 1 << 127
        for n in 3..<36 { table[n] = table[n - 1] / UInt128(n) }
        return table
    }()

    /// 1/(2n + 1) for n from 1.
    static let inverseOdds: InlineArray<26, UInt128> = {
        var table = InlineArray<26, UInt128>(repeating: 0)
        for n in 1..<26 { table[n] = UInt128.max / UInt128(2 * n + 1) }
        return table
    }()

    /// 1 + u for 0 <= u < 1 in units of 2⁻¹²⁸.
    static func one(plus u: UInt128) -> Wide { Wide(negative: false, exponent: 0, significand: 1 << 127 | u >> 1) }

    /// 1 − u for 0 < u < 1 in units of 2⁻¹²⁸. A u too small for us still leaves less than 1: directed rounding sees it.
    static func one(minus u: UInt128) -> Wide {
        .normalizing(negative: false, exponent: -1, fraction: 0 &- max(u, 1))
    }
}

/// Constants to 128 bits.
enum WideConstant {
    static var ln2: Wide {
        Wide(negative: false, exponent: -1, significand: 0xB172_17F7_D1CF_79AB_C9E3_B398_03F2_F6AF)
    }
    /// 2·log₂ e
    static var twiceLog2E: Wide {
        Wide(negative: false, exponent: 1, significand: 0xB8AA_3B29_5C17_F0BB_BE87_FED0_691D_3E89)
    }
    /// π·2^scale
    static func pi(scale: Int32 = 0) -> Wide {
        Wide(negative: false, exponent: 1 &+ scale, significand: 0xC90F_DAA2_2168_C234_C4C6_628B_80DC_1CD1)
    }
    static var threeQuartersPi: Wide { pi(scale: -1) + pi(scale: -2) }

    /// arctan(n/8), 0 <= n <= 8.
    static func arcTangent(eighths n: UInt64) -> Wide {
        let (exponent, significand): (Int32, UInt128) =
            switch n {
            case 0: (0, 0)
            case 1: (-4, 0xFEAD_D4D5_617B_6E32_C897_989F_3E88_8EF8)
            case 2: (-3, 0xFADB_AFC9_6406_EB15_6DC7_9EF5_F7A2_17E6)
            case 3: (-2, 0xB7B0_CA0F_26F7_8473_8AA3_2122_DCFE_4483)
            case 4: (-2, 0xED63_382B_0DDA_7B45_6FE4_45EC_BC3A_8D03)
            case 5: (-1, 0x8F00_5D5E_F7F5_9F9B_5C83_5E16_65C4_3748)
            case 6: (-1, 0xA4BC_7D19_34F7_0924_19A8_7F2A_457D_AC9F)
            case 7: (-1, 0xB805_3E2B_C231_9E73_CB2D_A552_10A4_443D)
            default: (-1, 0xC90F_DAA2_2168_C234_C4C6_628B_80DC_1CD1)
            }
        return Wide(negative: false, exponent: exponent, significand: significand)
    }
}
