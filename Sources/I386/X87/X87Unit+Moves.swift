// Instructions that move numbers without computing: loads, stores, exchanges, constants, conditional moves, and the
// bookkeeping of the stack.

extension X87Unit {
    // MARK: Loads

    /// FLD m32fp and FLD m64fp, which may find a denormal or a signaling NaN.
    @inline(__always)
    package func load(_ operand: (value: Extended80, isDenormal: Bool, isSignaling: Bool)) {
        if !isEmpty(7) {
            if overflows() { push(.indefinite) }
            return
        }
        var arithmetic = arithmetic
        let value = arithmetic.load(operand)
        report(arithmetic.raised)
        // The manual lets an unmasked denormal keep the load out; processors load all the same, then interrupt.
        if arithmetic.raised & ~arithmetic.control & X87Status.invalid == 0 { push(value) }
    }

    /// FLD m80fp, FILD, FBLD and the constants: nothing to object to but a full stack.
    @inline(__always)
    package func load(_ value: Extended80) {
        if !isEmpty(7) {
            if overflows() { push(.indefinite) }
            return
        }
        report(0)
        push(value)
    }

    /// FLD ST(i).
    func duplicate(_ i: Int) {
        if isEmpty(i) {
            if underflows() { push(.indefinite) }
            return
        }
        load(st(i))
    }

    /// FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ by number. The 387 rounds its 66-bit constants as asked:
    /// each is known here rounded down, with the directions in which it goes up. Intel SDM vol. 1, 8.3.8.
    func loadConstant(_ number: Int) {
        let rounding = fpu.pointee.control & X87Control.rounding
        let up: UInt64 = rounding == X87Control.up ? 1 : 0
        let upOrNearest: UInt64 = rounding == X87Control.up || rounding == X87Control.nearest ? 1 : 0
        switch number {
        case 0: load(.one)
        case 1: load(Extended80(signExponent: 0x4000, mantissa: 0xD49A_784B_CD1B_8AFE &+ up))
        case 2: load(Extended80(signExponent: 0x3FFF, mantissa: 0xB8AA_3B29_5C17_F0BB &+ upOrNearest))
        case 3: load(Extended80(signExponent: 0x4000, mantissa: 0xC90F_DAA2_2168_C234 &+ upOrNearest))
        case 4: load(Extended80(signExponent: 0x3FFD, mantissa: 0x9A20_9A84_FBCF_F798 &+ upOrNearest))
        case 5: load(Extended80(signExponent: 0x3FFE, mantissa: 0xB172_17F7_D1CF_79AB &+ upOrNearest))
        default: load(.zero)
        }
    }

    // MARK: Stores

    /// What a store to memory writes, computed before memory is touched, so that a page fault finds nothing changed.
    package struct PendingStore<Bits> {
        /// nil: an unmasked exception forbids the store.
        package let bits: Bits?
        let raised: UInt16
    }

    /// FST m32fp.
    @inline(__always)
    package func storeSingle() -> PendingStore<UInt32> {
        prepare(indefinite: 0xFFC0_0000) { $0.narrow32($1) }
    }

    /// FST m64fp.
    @inline(__always)
    package func storeDouble() -> PendingStore<UInt64> {
        prepare(indefinite: 0xFFF8_0000_0000_0000) { $0.narrow64($1) }
    }

    /// FIST of 16, 32 or 64 bits.
    @inline(__always)
    package func storeInteger(bits: Int) -> PendingStore<Int64> {
        prepare(indefinite: Int64.min >> Int64(64 &- bits)) { $0.integer($1, bits: bits) }
    }

    /// FBSTP.
    package func storePackedDecimal() -> PendingStore<(low: UInt64, high: UInt16)> {
        prepare(indefinite: (0xC000_0000_0000_0000, 0xFFFF)) { $0.packedDecimal($1) }
    }

    /// FSTP m80fp copies bits, whatever they mean.
    package func storeExtended() -> PendingStore<Extended80> {
        prepare(indefinite: .indefinite) { $1 }
    }

    @inline(__always)
    private func prepare<Bits>(
        indefinite: Bits, _ convert: (inout X87Arithmetic, Extended80) -> Bits
    ) -> PendingStore<Bits> {
        if isEmpty(0) {
            let masked = fpu.pointee.control & X87Status.invalid != 0
            return PendingStore(bits: masked ? indefinite : nil, raised: X87Status.invalid | X87Status.stackFault)
        }
        var arithmetic = arithmetic
        let bits = convert(&arithmetic, st(0))
        return PendingStore(bits: arithmetic.forbidsStore ? nil : bits, raised: arithmetic.raised)
    }

    /// The second half of a store, once the bits are in memory.
    @inline(__always)
    package func commit<Bits>(_ store: PendingStore<Bits>, popping: Bool) {
        report(store.raised)
        if popping && store.bits != nil { pop() }
    }

    /// FST ST(i) and FSTP ST(i).
    func copy(to i: Int, popping: Bool) {
        if isEmpty(0) {
            if !underflows() { return }
            fill(i, .indefinite)
        } else {
            report(0)
            fill(i, st(0))
        }
        if popping { pop() }
    }

    /// FSTP1, D9 D8+i: an alias of FSTP ST(i) except that an empty ST(0) is no fault but a plain pop.
    func copyTolerantly(to i: Int) {
        if isEmpty(0) {
            report(0)
            pop()
        } else {
            copy(to: i, popping: true)
        }
    }

    /// FXCH.
    func exchange(_ i: Int) {
        if isEmpty(0) || isEmpty(i) {
            guard underflows() else { return }
            if isEmpty(0) { fill(0, .indefinite) }
            if isEmpty(i) { fill(i, .indefinite) }
        } else {
            report(0)
        }
        swapContents(i)
    }

    /// FCMOVcc. Both registers must hold something, even when the condition says no.
    func move(_ i: Int, when condition: Bool) {
        if isEmpty(0) || isEmpty(i) {
            if underflows() { fill(0, .indefinite) }
            return
        }
        if condition { fill(0, st(i)) }
    }

    // MARK: The stack itself

    /// FINCSTP and FDECSTP: TOP moves, the tags stay.
    func rotate(_ by: UInt8) {
        report(0)
        fpu.pointee.top = (fpu.pointee.top &+ by) & 7
    }

    /// FFREE, and its undocumented popping twin FFREEP.
    func free(_ i: Int, popping: Bool) {
        report(0)
        empty(i)
        if popping { pop() }
    }
}
