// The register stack and the rules about when an instruction may change it. Everything here works on X87State behind a
// pointer: no CPU, no memory, so that tests can drive it alone.

/// A view of one CPU's x87 registers.
package struct X87Unit {
    package let fpu: UnsafeMutablePointer<X87State>

    @inline(__always)
    package init(_ fpu: UnsafeMutablePointer<X87State>) { self.fpu = fpu }

    // MARK: Registers

    /// Where ST(i) lives.
    @inline(__always)
    private func slot(_ i: Int) -> UnsafeMutablePointer<Extended80> {
        // SAFETY: X87State begins with a tuple of eight Extended80s, laid out as an array is; the index stays below 8.
        UnsafeMutableRawPointer(fpu).assumingMemoryBound(to: Extended80.self)
            + ((Int(fpu.pointee.top) &+ i) & 7)
    }

    /// ST(i), whether or not it is tagged empty.
    @inline(__always)
    package func st(_ i: Int) -> Extended80 {
        slot(i).pointee
    }

    @inline(__always)
    package func isEmpty(_ i: Int) -> Bool {
        fpu.pointee.occupied &>> UInt8(truncatingIfNeeded: (Int(fpu.pointee.top) &+ i) & 7) & 1 == 0
    }

    /// Writes ST(i) and tags it as occupied.
    @inline(__always)
    package func fill(_ i: Int, _ value: Extended80) {
        slot(i).pointee = value
        fpu.pointee.occupied |= 1 &<< UInt8(truncatingIfNeeded: (Int(fpu.pointee.top) &+ i) & 7)
    }

    /// Overwrites ST(i), which the caller knows to be occupied.
    @inline(__always)
    func replace(_ i: Int, with value: Extended80) {
        slot(i).pointee = value
    }

    /// Exchanges the contents of ST(0) and ST(i), not their tags.
    @inline(__always)
    func swapContents(_ i: Int) {
        let top = slot(0)
        let other = slot(i)
        (top.pointee, other.pointee) = (other.pointee, top.pointee)
    }

    @inline(__always)
    func empty(_ i: Int) {
        fpu.pointee.occupied &= ~(1 &<< UInt8(truncatingIfNeeded: (Int(fpu.pointee.top) &+ i) & 7))
    }

    @inline(__always)
    package func push(_ value: Extended80) {
        fpu.pointee.top = (fpu.pointee.top &- 1) & 7
        fill(0, value)
    }

    @inline(__always)
    package func pop() {
        empty(0)
        fpu.pointee.top = (fpu.pointee.top &+ 1) & 7
    }

    @inline(__always)
    func pop(_ count: Int) {
        for _ in 0..<count { pop() }
    }

    // MARK: Exceptions

    /// A fresh calculation under the current control word.
    @inline(__always)
    var arithmetic: X87Arithmetic { X87Arithmetic(control: fpu.pointee.control) }

    /// Adds what an instruction found to the status word, after clearing the condition codes that it defines.
    @inline(__always)
    func report(_ raised: UInt16, clearing conditions: UInt16 = X87Status.c1) {
        let status = fpu.pointee.status & ~conditions | raised
        if raised & ~fpu.pointee.control & X87Status.exceptions == 0 {
            fpu.pointee.status = status
        } else {
            fpu.pointee.status = status | X87Status.summary | X87Status.busy
        }
    }

    /// Makes the summary bits agree with the exception flags and masks, after either was loaded.
    func summarize() {
        let pending = fpu.pointee.status & ~fpu.pointee.control & X87Status.exceptions != 0
        let summary = X87Status.summary | X87Status.busy
        fpu.pointee.status = pending ? fpu.pointee.status | summary : fpu.pointee.status & ~summary
    }

    @inline(__always)
    var isErrorPending: Bool { fpu.pointee.status & X87Status.summary != 0 }

    /// Reports a use of an empty register; true when the masked response is wanted. Intel SDM vol. 1, 8.5.1.1.
    @inline(never)
    func underflows(clearing conditions: UInt16 = X87Status.c1) -> Bool {
        report(X87Status.invalid | X87Status.stackFault, clearing: conditions)
        return fpu.pointee.control & X87Status.invalid != 0
    }

    /// Reports a push onto an occupied register; true when the masked response is wanted.
    @inline(never)
    func overflows(clearing conditions: UInt16 = X87Status.c1) -> Bool {
        report(X87Status.invalid | X87Status.stackFault | X87Status.c1, clearing: conditions)
        return fpu.pointee.control & X87Status.invalid != 0
    }

    /// FNINIT: the registers keep their contents but are tagged empty.
    package func initialize() {
        let registers = fpu.pointee.registers
        fpu.pointee = X87State()
        fpu.pointee.registers = registers
    }

    /// FNCLEX.
    func clearExceptions() {
        fpu.pointee.status &= X87Status.conditions
    }

    /// The status word as FNSTSW stores it.
    package var statusWord: UInt16 {
        get { fpu.pointee.statusWord }
        nonmutating set {
            fpu.pointee.statusWord = newValue
            summarize()
        }
    }

    package var controlWord: UInt16 {
        get { fpu.pointee.control }
        nonmutating set {
            fpu.pointee.control = newValue & X87Control.writable | X87Control.alwaysOne
            summarize()
        }
    }

    /// The tag word, two bits per physical register. Only "empty" is remembered; the rest is read off the contents.
    package var tagWord: UInt16 {
        get {
            var word: UInt16 = 0
            for i in 0..<8 {
                let physical = UInt16(truncatingIfNeeded: (Int(fpu.pointee.top) &+ i) & 7)
                word |= (isEmpty(i) ? 3 : st(i).tag) << (2 * physical)
            }
            return word
        }
        nonmutating set {
            var occupied: UInt8 = 0
            for physical in 0..<UInt8(8) where newValue >> (2 * UInt16(physical)) & 3 != 3 {
                occupied |= 1 << physical
            }
            fpu.pointee.occupied = occupied
        }
    }
}
