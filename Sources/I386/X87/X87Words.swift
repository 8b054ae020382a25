// The bits of the x87's status and control words, named once. Plain integers, not option sets: an operation gathers
// its exceptions in the same bit positions as the status word, so that reporting them is a single OR.

/// Bits of the status word. Intel SDM vol. 1, figure 8-4.
package enum X87Status {
    package static let invalid: UInt16 = 0x0001
    package static let denormal: UInt16 = 0x0002
    package static let zeroDivide: UInt16 = 0x0004
    package static let overflow: UInt16 = 0x0008
    package static let underflow: UInt16 = 0x0010
    package static let inexact: UInt16 = 0x0020
    package static let stackFault: UInt16 = 0x0040
    /// An unmasked exception waits for the next waiting instruction.
    package static let summary: UInt16 = 0x0080
    package static let c0: UInt16 = 0x0100
    package static let c1: UInt16 = 0x0200
    package static let c2: UInt16 = 0x0400
    package static let top: UInt16 = 0x3800
    package static let c3: UInt16 = 0x4000
    /// A copy of `summary` since the 287; the 8087 really was busy.
    package static let busy: UInt16 = 0x8000

    /// The six exceptions that the control word can mask; its bits sit in the same places.
    package static let exceptions: UInt16 = 0x003F
    /// The exceptions found before an operation computes anything. Unmasked, they leave every operand alone.
    package static let beforehand: UInt16 = invalid | denormal | zeroDivide
    package static let conditions: UInt16 = c0 | c1 | c2 | c3
}

/// Fields of the control word. Intel SDM vol. 1, figure 8-6.
package enum X87Control {
    package static let precision: UInt16 = 0x0300
    package static let precision24: UInt16 = 0x0000
    package static let precision53: UInt16 = 0x0200
    package static let rounding: UInt16 = 0x0C00
    package static let nearest: UInt16 = 0x0000
    package static let down: UInt16 = 0x0400
    package static let up: UInt16 = 0x0800
    package static let chop: UInt16 = 0x0C00
    /// What a program can set. Bit 12 once chose between two kinds of infinity and is still stored.
    package static let writable: UInt16 = 0x1F3F
    /// Bit 6 reads as 1.
    package static let alwaysOne: UInt16 = 0x0040
}
