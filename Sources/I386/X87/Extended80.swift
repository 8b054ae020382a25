// The x87 computes in an 80-bit format that no Swift type has on every host, so we carry its two halves as integers.
// Everything in this folder is integer arithmetic: the host's floating point unit, its modes and its flags stay out of it.

/// One 80-bit "double extended" number, bit for bit as an x87 register or a `tword` in memory holds it
/// (Intel SDM vol. 1, 4.2.2 and 8.2).
public struct Extended80: Hashable, Sendable {
    /// The 64-bit significand with its explicit integer bit on top.
    public var mantissa: UInt64
    /// Sign in bit 15, exponent (biased by 16383) below it.
    public var signExponent: UInt16

    @inlinable public init(signExponent: UInt16, mantissa: UInt64) {
        self.mantissa = mantissa
        self.signExponent = signExponent
    }

    @inlinable public init(negative: Bool, exponent: UInt16, mantissa: UInt64) {
        self.mantissa = mantissa
        self.signExponent = negative ? exponent | 0x8000 : exponent
    }

    /// The biased exponent, 0...0x7FFF.
    @inlinable public var exponent: UInt16 { signExponent & 0x7FFF }
    @inlinable public var isNegative: Bool { signExponent & 0x8000 != 0 }

    public static let zero = Extended80(signExponent: 0, mantissa: 0)
    public static let one = Extended80(signExponent: 0x3FFF, mantissa: 1 << 63)
    /// The QNaN that masked invalid operations answer with ("real indefinite").
    public static let indefinite = Extended80(signExponent: 0xFFFF, mantissa: 0xC000_0000_0000_0000)
}

extension Extended80: CustomStringConvertible {
    /// `sign+exponent:significand` in hexadecimal, the way debuggers print an x87 register.
    public var description: String {
        let digits = String(mantissa, radix: 16)
        return String(signExponent, radix: 16) + ":" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
