// One x87 operation from operands to result. The value gathers what the status word must learn, so an operation never
// touches CPU state: whether its result may be stored is decided afterwards, when all exceptions are known.

/// The arithmetic of one instruction under one control word.
///
/// Every operation returns the answer for masked exceptions. When `isBlocked` is true afterwards an unmasked exception
/// was found before anything was computed, and the returned value means nothing. Intel SDM vol. 1, 8.4–8.5.
package struct X87Arithmetic {
    /// The control word in force.
    package let control: UInt16
    /// Exceptions, condition codes and the stack fault found so far, in status word positions. C1 says "rounded away
    /// from zero" where the manual defines it.
    package var raised: UInt16 = 0
    /// The second operand came from memory as a denormal of a narrower format. Widening made it normal, so the exception
    /// must be remembered beside it.
    package var owesDenormal = false

    @inline(__always)
    package init(control: UInt16) {
        self.control = control
    }

    /// True when an unmasked invalid, denormal or zero-divide exception forbids storing a result.
    @inline(__always)
    package var isBlocked: Bool { raised & ~control & X87Status.beforehand != 0 }

    @inline(__always)
    func isUnmasked(_ exception: UInt16) -> Bool { control & exception == 0 }

    /// The answer to an invalid operation.
    mutating func invalid() -> Extended80 {
        raised |= X87Status.invalid
        return .indefinite
    }

    /// Reports a denormal operand; true when that ends the operation.
    mutating func stopsAtDenormal(_ a: Extended80) -> Bool {
        guard a.isDenormal else { return false }
        raised |= X87Status.denormal
        return isUnmasked(X87Status.denormal)
    }

    /// Reports denormal operands; true when that ends the operation.
    mutating func stopsAtDenormal(_ a: Extended80, _ b: Extended80) -> Bool {
        guard a.isDenormal || b.isDenormal || owesDenormal else { return false }
        raised |= X87Status.denormal
        return isUnmasked(X87Status.denormal)
    }

    /// The answer when the operand is a NaN or in an unsupported format; nil otherwise.
    mutating func nanResult(_ a: Extended80) -> Extended80? {
        if a.isUnsupported { return invalid() }
        guard a.isNaN else { return nil }
        if a.isSignaling { raised |= X87Status.invalid }
        return a.quieted
    }

    /// The answer when an operand is a NaN or in an unsupported format; nil otherwise. Of two quiet or two signaling
    /// NaNs the larger significand wins, of one each the quiet one. Intel SDM vol. 1, table 4-7.
    mutating func nanResult(_ a: Extended80, _ b: Extended80) -> Extended80? {
        if a.isUnsupported || b.isUnsupported { return invalid() }
        guard a.isNaN || b.isNaN else { return nil }
        if a.isSignaling || b.isSignaling { raised |= X87Status.invalid }
        guard a.isNaN else { return b.quieted }
        guard b.isNaN else { return a.quieted }
        if a.isSignaling != b.isSignaling { return a.isSignaling ? b : a }
        if a.mantissa != b.mantissa { return a.mantissa > b.mantissa ? a.quieted : b.quieted }
        // Equal significands: the manual is silent, processors prefer the positive one.
        return a.isNegative ? b.quieted : a.quieted
    }
}
