// The vocabulary of the inner loop: registers, addresses, TLB hits and flag-producing arithmetic on 32- and 8-bit values.
// Everything is inlined into one function; see Interpreter.swift.

/// The pointers that the loop works with, and its shorthands. A value of two words that lives in registers.
struct Machine {
    let s: UnsafeMutablePointer<CPUState>
    let tlb: UnsafeMutablePointer<TLBEntry>

    // SAFETY: register offsets come from the decoder and lie inside CPUState.
    @inline(__always) func r(_ offset: UInt8) -> UInt32 {
        UnsafeRawPointer(s).load(fromByteOffset: Int(offset), as: UInt32.self)
    }
    @inline(__always) func set(_ offset: UInt8, _ value: UInt32) {
        UnsafeMutableRawPointer(s).storeBytes(of: value, toByteOffset: Int(offset), as: UInt32.self)
    }
    @inline(__always) func r8(_ offset: UInt8) -> UInt8 {
        UnsafeRawPointer(s).load(fromByteOffset: Int(offset), as: UInt8.self)
    }
    @inline(__always) func set8(_ offset: UInt8, _ value: UInt8) {
        UnsafeMutableRawPointer(s).storeBytes(of: value, toByteOffset: Int(offset), as: UInt8.self)
    }
    @inline(__always) func r16(_ offset: UInt8) -> UInt16 {
        UnsafeRawPointer(s).load(fromByteOffset: Int(offset), as: UInt16.self)
    }
    @inline(__always) func set16(_ offset: UInt8, _ value: UInt16) {
        UnsafeMutableRawPointer(s).storeBytes(of: value, toByteOffset: Int(offset), as: UInt16.self)
    }

    /// Base, index and displacement.
    @inline(__always) func address(_ op: OpPointer) -> UInt32 {
        r(op.pointee.base) &+ r(op.pointee.index) &<< UInt32(op.pointee.scale) &+ op.pointee.disp
    }
    /// Base and displacement.
    @inline(__always) func plain(_ op: OpPointer) -> UInt32 { r(op.pointee.base) &+ op.pointee.disp }

    // MARK: TLB hits. Adding `count - 1` makes an access that leaves its page a miss: its tag sits in another slot.

    @inline(__always) func readable(_ linear: UInt32, _ count: UInt32) -> UnsafeMutableRawPointer? {
        let e = tlb + Int((linear >> 12) & UInt32(TLBEntry.count - 1))
        guard _fastPath(e.pointee.readTag == (linear &+ (count - 1)) & 0xffff_f000) else { return nil }
        return e.pointee.host(linear)
    }
    @inline(__always) func writable(_ linear: UInt32, _ count: UInt32) -> UnsafeMutableRawPointer? {
        let e = tlb + Int((linear >> 12) & UInt32(TLBEntry.count - 1))
        guard _fastPath(e.pointee.writeTag == (linear &+ (count - 1)) & 0xffff_f000) else { return nil }
        return e.pointee.host(linear)
    }

    // MARK: Flags; see Flags.swift

    @inline(__always) func result(_ r: UInt32) { s.pointee.zeroSignParity = Int64(Int32(bitPattern: r)) }
    @inline(__always) func result8(_ r: UInt8) { s.pointee.zeroSignParity = Int64(Int8(bitPattern: r)) }
    @inline(__always) func add(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let r = UInt64(a) &+ UInt64(b)
        s.pointee.carries = UInt64(a) ^ UInt64(b) ^ r
        result(UInt32(truncatingIfNeeded: r))
        return UInt32(truncatingIfNeeded: r)
    }
    @inline(__always) func sub(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let r = UInt64(a) &- UInt64(b)
        s.pointee.carries = UInt64(a) ^ UInt64(b) ^ r
        result(UInt32(truncatingIfNeeded: r))
        return UInt32(truncatingIfNeeded: r)
    }
    @inline(__always) var carry: UInt64 { s.pointee.carries >> 32 & 1 }
    @inline(__always) func adc(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let r = UInt64(a) &+ UInt64(b) &+ carry
        s.pointee.carries = UInt64(a) ^ UInt64(b) ^ r
        result(UInt32(truncatingIfNeeded: r))
        return UInt32(truncatingIfNeeded: r)
    }
    @inline(__always) func sbb(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let r = UInt64(a) &- UInt64(b) &- carry
        s.pointee.carries = UInt64(a) ^ UInt64(b) ^ r
        result(UInt32(truncatingIfNeeded: r))
        return UInt32(truncatingIfNeeded: r)
    }
    @inline(__always) func logic(_ r: UInt32) -> UInt32 {
        s.pointee.carries = 0
        result(r)
        return r
    }
    @inline(__always) func add8(_ a: UInt8, _ b: UInt8) -> UInt8 {
        let r = UInt64(a) &+ UInt64(b)
        let x = UInt64(a) ^ UInt64(b) ^ r
        s.pointee.carries = x &<< 24 | x & 0x10
        result8(UInt8(truncatingIfNeeded: r))
        return UInt8(truncatingIfNeeded: r)
    }
    @inline(__always) func sub8(_ a: UInt8, _ b: UInt8) -> UInt8 {
        let r = UInt64(a) &- UInt64(b)
        let x = UInt64(a) ^ UInt64(b) ^ r
        s.pointee.carries = x &<< 24 | x & 0x10
        result8(UInt8(truncatingIfNeeded: r))
        return UInt8(truncatingIfNeeded: r)
    }
    @inline(__always) func logic8(_ r: UInt8) -> UInt8 {
        s.pointee.carries = 0
        result8(r)
        return r
    }
    @inline(__always) func inc(_ a: UInt32) -> UInt32 {
        let old = s.pointee.carries
        let r = add(a, 1)
        keepCarry(old)
        return r
    }
    @inline(__always) func dec(_ a: UInt32) -> UInt32 {
        let old = s.pointee.carries
        let r = sub(a, 1)
        keepCarry(old)
        return r
    }
    @inline(__always) private func keepCarry(_ old: UInt64) {
        let differs = (s.pointee.carries ^ old) >> 32 & 1
        s.pointee.carries ^= differs &* (3 << 31)
    }
    @inline(__always) private func carryOverflow(_ carry: UInt32, _ overflow: UInt32) -> UInt64 {
        UInt64(carry) &<< 32 | UInt64(carry ^ overflow) &<< 31
    }
    /// Counts of these are 1…31.
    @inline(__always) func shl(_ a: UInt32, _ n: UInt32) -> UInt32 {
        let wide = UInt64(a) &<< UInt64(n)
        let r = UInt32(truncatingIfNeeded: wide)
        let c = UInt32(truncatingIfNeeded: wide &>> 32) & 1
        result(r)
        s.pointee.carries = carryOverflow(c, r >> 31 ^ c) | UInt64(s.pointee.shiftAuxiliary)
        return r
    }
    @inline(__always) func shr(_ a: UInt32, _ n: UInt32) -> UInt32 {
        let r = a &>> n
        result(r)
        s.pointee.carries = carryOverflow(a &>> (n &- 1) & 1, r >> 30 & 1) | UInt64(s.pointee.shiftAuxiliary)
        return r
    }
    @inline(__always) func sar(_ a: UInt32, _ n: UInt32) -> UInt32 {
        let r = UInt32(bitPattern: Int32(bitPattern: a) &>> Int32(bitPattern: n))
        result(r)
        let c = UInt32(bitPattern: Int32(bitPattern: a) &>> Int32(bitPattern: n &- 1)) & 1
        s.pointee.carries = carryOverflow(c, 0) | UInt64(s.pointee.shiftAuxiliary)
        return r
    }
    @inline(__always) func rol(_ a: UInt32, _ n: UInt32) -> UInt32 {
        let r = a &<< n | a &>> (32 &- n)
        s.pointee.carries = s.pointee.carries & 0x10 | carryOverflow(r & 1, r >> 31 ^ r & 1)
        return r
    }
    @inline(__always) func ror(_ a: UInt32, _ n: UInt32) -> UInt32 {
        let r = a &>> n | a &<< (32 &- n)
        s.pointee.carries = s.pointee.carries & 0x10 | carryOverflow(r >> 31, (r >> 31) ^ (r >> 30) & 1)
        return r
    }
    @inline(__always) func imul(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let product = Int64(Int32(bitPattern: a)) &* Int64(Int32(bitPattern: b))
        let r = UInt32(truncatingIfNeeded: product)
        result(r)
        s.pointee.carries = product == Int64(Int32(bitPattern: r)) ? 0 : 1 << 32
        return r
    }
    @inline(__always) func mul(_ b: UInt32) {
        let product = UInt64(s.pointee.eax) &* UInt64(b)
        s.pointee.eax = UInt32(truncatingIfNeeded: product)
        s.pointee.edx = UInt32(truncatingIfNeeded: product >> 32)
        result(UInt32(truncatingIfNeeded: product))
        s.pointee.carries = product >> 32 != 0 ? 1 << 32 : 0
    }
}
