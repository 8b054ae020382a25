// The last step of every operation: an exact (or sticky) result becomes a register value under the rounding and
// precision control, and overflow, underflow and inexactness are found. Intel SDM vol. 1, 4.8.4, 4.9.1.4–6, 8.5.4–6.

/// Shifts a 128-bit significand right; what falls out survives as a sticky 1 in the lowest bit.
@inline(__always)
func shiftRightJamming(_ high: UInt64, _ low: UInt64, by count: Int32) -> (high: UInt64, low: UInt64) {
    if count == 0 { return (high, low) }
    if count < 64 {
        let n = UInt64(truncatingIfNeeded: count)
        let lost: UInt64 = low << (64 &- n) != 0 ? 1 : 0
        return (high &>> n, high &<< (64 &- n) | low &>> n | lost)
    }
    if count == 64 { return (0, high | (low != 0 ? 1 : 0)) }
    if count < 128 {
        let n = UInt64(truncatingIfNeeded: count &- 64)
        let lost: UInt64 = high &<< (64 &- n) | low != 0 ? 1 : 0
        return (0, high &>> n | lost)
    }
    return (0, high | low != 0 ? 1 : 0)
}

extension X87Arithmetic {
    /// Rounds to the precision that the control word asks for and packs.
    ///
    /// The value is `high.low × 2^(exponent − 16383 − 63)` with bit 63 of `high` set; `low` continues the fraction, and its
    /// lowest bit may stand for everything beyond. Raises overflow, underflow, inexact and C1.
    @inline(__always)
    mutating func rounded(negative: Bool, exponent: Int32, high: UInt64, low: UInt64) -> Extended80 {
        if control & (X87Control.precision | X87Control.rounding) == 0x300 && UInt32(bitPattern: exponent &- 1) < 0x7FFD
        {
            // Nearest, 64 bits, far from both ends: nearly every operation of nearly every program.
            if low == 0 {
                return Extended80(negative: negative, exponent: UInt16(truncatingIfNeeded: exponent), mantissa: high)
            }
            raised |= X87Status.inexact
            let up = low > 1 << 63 || (low == 1 << 63 && high & 1 != 0)
            var mantissa = high
            var biased = exponent
            if up {
                raised |= X87Status.c1
                mantissa &+= 1
                if mantissa == 0 {
                    mantissa = 1 << 63
                    biased &+= 1
                }
            }
            return Extended80(negative: negative, exponent: UInt16(truncatingIfNeeded: biased), mantissa: mantissa)
        }
        return roundedSlowly(negative: negative, exponent: exponent, high: high, low: low, dropping: droppedBits)
    }

    /// As `rounded`, but always to 64 bits: for the instructions that precision control does not reach.
    mutating func rounded64(negative: Bool, exponent: Int32, high: UInt64, low: UInt64) -> Extended80 {
        roundedSlowly(negative: negative, exponent: exponent, high: high, low: low, dropping: 0)
    }

    /// How many low bits of the significand the precision control gives up. The reserved value 01 means 64 bits to
    /// every CPU at hand.
    var droppedBits: UInt64 {
        switch control & X87Control.precision {
        case X87Control.precision24: 40
        case X87Control.precision53: 11
        default: 0
        }
    }

    /// A significand cut at `dropping` bits from the right.
    struct Cut {
        var mantissa: UInt64
        /// The increment ran over the top: `mantissa` is 0 and stands for 2⁶⁴.
        var carried: Bool
        var inexact: Bool
        var up: Bool
    }

    /// Whether the rounding control sends a value upwards in magnitude.
    @inline(__always)
    func roundsUp(negative: Bool, aboveHalf: Bool, half: Bool, odd: Bool) -> Bool {
        switch control & X87Control.rounding {
        case X87Control.nearest: aboveHalf || (half && odd)
        case X87Control.down: negative
        case X87Control.up: !negative
        default: false
        }
    }

    func cut(negative: Bool, high: UInt64, low: UInt64, dropping: UInt64) -> Cut {
        let rest: UInt64
        let middle: UInt64
        let sticky: Bool
        let unit = UInt64(1) &<< dropping
        if dropping == 0 {
            (rest, middle, sticky) = (low, 1 << 63, false)
        } else {
            (rest, middle, sticky) = (high & (unit &- 1), unit >> 1, low != 0)
        }
        var result = Cut(mantissa: high & ~(unit &- 1), carried: false, inexact: rest != 0 || sticky, up: false)
        guard result.inexact else { return result }
        result.up = roundsUp(
            negative: negative, aboveHalf: rest > middle || (rest == middle && sticky),
            half: rest == middle && !sticky, odd: high & unit != 0)
        if result.up {
            (result.mantissa, result.carried) = result.mantissa.addingReportingOverflow(unit)
        }
        return result
    }

    private mutating func note(_ cut: Cut) {
        if cut.inexact { raised |= X87Status.inexact }
        if cut.up { raised |= X87Status.c1 }
    }

    @inline(never)
    mutating func roundedSlowly(
        negative: Bool, exponent: Int32, high: UInt64, low: UInt64, dropping: UInt64
    ) -> Extended80 {
        // As if the exponent had no limits: this decides about overflow and about tininess.
        let ideal = cut(negative: negative, high: high, low: low, dropping: dropping)
        let mantissa = ideal.carried ? 1 << 63 : ideal.mantissa
        let biased = ideal.carried ? exponent &+ 1 : exponent
        if biased > 0x7FFE {
            return overflowed(negative: negative, biased: biased, mantissa: mantissa, ideal, dropping: dropping)
        }
        if biased >= 1 {
            note(ideal)
            return Extended80(negative: negative, exponent: UInt16(truncatingIfNeeded: biased), mantissa: mantissa)
        }
        if isUnmasked(X87Status.underflow) {
            raised |= X87Status.underflow
            let wrapped = biased &+ 0x6000
            if wrapped < 1 {
                // Only FSCALE gets so far down that even the adjusted exponent is none.
                raised |= X87Status.inexact
                return .zero(negative: negative)
            }
            note(ideal)
            return Extended80(negative: negative, exponent: UInt16(truncatingIfNeeded: wrapped), mantissa: mantissa)
        }
        let shifted = shiftRightJamming(high, low, by: min(1 &- exponent, 200))
        let actual = cut(negative: negative, high: shifted.high, low: shifted.low, dropping: dropping)
        if actual.inexact { raised |= X87Status.underflow }
        note(actual)
        return Extended80(
            negative: negative, exponent: UInt16(truncatingIfNeeded: actual.mantissa >> 63), mantissa: actual.mantissa)
    }

    private mutating func overflowed(
        negative: Bool, biased: Int32, mantissa: UInt64, _ ideal: Cut, dropping: UInt64
    ) -> Extended80 {
        raised |= X87Status.overflow
        if isUnmasked(X87Status.overflow) {
            let wrapped = biased &- 0x6000
            if wrapped > 0x7FFE {
                raised |= X87Status.inexact | X87Status.c1
                return .infinity(negative: negative)
            }
            note(ideal)
            return Extended80(negative: negative, exponent: UInt16(truncatingIfNeeded: wrapped), mantissa: mantissa)
        }
        raised |= X87Status.inexact
        let toInfinity = roundsUp(negative: negative, aboveHalf: true, half: false, odd: false)
        guard toInfinity else {
            return Extended80(negative: negative, exponent: 0x7FFE, mantissa: UInt64.max &<< dropping)
        }
        raised |= X87Status.c1
        return .infinity(negative: negative)
    }
}
