// The x87's programmer-visible registers as plain old data, because CPUState embeds them and the engine keeps
// CPUState behind a raw pointer. TOP and the empty tags live apart from the words that architecture packs them into:
// every instruction touches them, while FNSTSW and FNSTENV, which want them packed, are rare.

/// Everything that FNSAVE saves. Intel SDM vol. 1, 8.1.
public struct X87State: Sendable {
    /// The eight physical registers R0–R7; ST(i) is R[(top + i) & 7].
    public var registers:
        (
            Extended80, Extended80, Extended80, Extended80,
            Extended80, Extended80, Extended80, Extended80
        )
    /// Exception masks, precision and rounding control. Bit 6 always reads as 1, as on every CPU since the 486.
    public var control: UInt16
    /// The status word with TOP's bits 11–13 zero.
    public var status: UInt16
    /// Bit i: physical register i holds something. All that the CPU remembers of the tag word; the difference
    /// between valid, zero and special is found again when somebody asks.
    public var occupied: UInt8
    /// The physical number of ST(0), 0...7.
    public var top: UInt8
    /// The low 11 bits of the last non-control instruction: three bits of its first byte, then its ModR/M byte.
    public var lastOpcode: UInt16
    /// Where the last non-control instruction was: CS:EIP.
    public var instructionSelector: UInt16
    public var instructionPointer: UInt32
    /// Its memory operand, when it had one.
    public var operandSelector: UInt16
    public var operandPointer: UInt32

    /// The state after FNINIT, and a defined zero in every register.
    public init() {
        let zero = Extended80(signExponent: 0, mantissa: 0)
        registers = (zero, zero, zero, zero, zero, zero, zero, zero)
        control = 0x37F
        status = 0
        occupied = 0
        top = 0
        lastOpcode = 0
        instructionSelector = 0
        instructionPointer = 0
        operandSelector = 0
        operandPointer = 0
    }

    /// The status word as FNSTSW stores it.
    public var statusWord: UInt16 {
        get { status | UInt16(top) << 11 }
        set {
            status = newValue & ~0x3800
            top = UInt8(truncatingIfNeeded: newValue >> 11) & 7
        }
    }
}
