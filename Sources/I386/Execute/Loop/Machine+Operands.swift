// The operand shapes of the inner loop. Each of these does a whole instruction of its shape, given what to compute; those
// that touch memory say whether the TLB let them, and have done nothing if it did not.

extension Machine {
    // MARK: Memory

    // SAFETY (all): `readable` and `writable` vouch for the bytes of exactly this access.
    @inline(__always) func load32(_ at: UInt32, _ use: (UInt32) -> Void) -> Bool {
        guard let p = readable(at, 4) else { return false }
        use(p.loadUnaligned(as: UInt32.self))
        return true
    }
    @inline(__always) func load16(_ at: UInt32, _ use: (UInt16) -> Void) -> Bool {
        guard let p = readable(at, 2) else { return false }
        use(p.loadUnaligned(as: UInt16.self))
        return true
    }
    @inline(__always) func load8(_ at: UInt32, _ use: (UInt8) -> Void) -> Bool {
        guard let p = readable(at, 1) else { return false }
        use(p.load(as: UInt8.self))
        return true
    }
    @inline(__always) func store32(_ at: UInt32, _ value: UInt32) -> Bool {
        guard let p = writable(at, 4) else { return false }
        p.storeBytes(of: value, as: UInt32.self)
        return true
    }
    @inline(__always) func store16(_ at: UInt32, _ value: UInt16) -> Bool {
        guard let p = writable(at, 2) else { return false }
        p.storeBytes(of: value, as: UInt16.self)
        return true
    }
    @inline(__always) func store8(_ at: UInt32, _ value: UInt8) -> Bool {
        guard let p = writable(at, 1) else { return false }
        p.storeBytes(of: value, as: UInt8.self)
        return true
    }

    // MARK: destination = f(destination, source)

    @inline(__always) func rr(_ op: OpPointer, _ f: (UInt32, UInt32) -> UInt32) {
        set(op.pointee.dst, f(r(op.pointee.dst), r(op.pointee.src)))
    }
    @inline(__always) func ri(_ op: OpPointer, _ f: (UInt32, UInt32) -> UInt32) {
        set(op.pointee.dst, f(r(op.pointee.dst), op.pointee.imm))
    }
    @inline(__always) func rm(_ op: OpPointer, _ f: (UInt32, UInt32) -> UInt32) -> Bool {
        load32(address(op)) { set(op.pointee.dst, f(r(op.pointee.dst), $0)) }
    }
    @inline(__always) func mr(_ op: OpPointer, _ f: (UInt32, UInt32) -> UInt32) -> Bool {
        guard let p = writable(address(op), 4) else { return false }
        p.storeBytes(of: f(p.loadUnaligned(as: UInt32.self), r(op.pointee.src)), as: UInt32.self)
        return true
    }
    @inline(__always) func mi(_ op: OpPointer, _ f: (UInt32, UInt32) -> UInt32) -> Bool {
        guard let p = writable(address(op), 4) else { return false }
        p.storeBytes(of: f(p.loadUnaligned(as: UInt32.self), op.pointee.imm), as: UInt32.self)
        return true
    }
    @inline(__always) func unary(_ op: OpPointer, _ f: (UInt32) -> UInt32) {
        set(op.pointee.dst, f(r(op.pointee.dst)))
    }
    @inline(__always) func rr8(_ op: OpPointer, _ f: (UInt8, UInt8) -> UInt8) {
        set8(op.pointee.dst, f(r8(op.pointee.dst), r8(op.pointee.src)))
    }
    @inline(__always) func ri8(_ op: OpPointer, _ f: (UInt8, UInt8) -> UInt8) {
        set8(op.pointee.dst, f(r8(op.pointee.dst), UInt8(truncatingIfNeeded: op.pointee.imm)))
    }
    /// A count of zero changes nothing.
    @inline(__always) func shiftByCL(_ op: OpPointer, _ f: (UInt32, UInt32) -> UInt32) {
        let n = s.pointee.ecx & 31
        if n != 0 { set(op.pointee.dst, f(r(op.pointee.dst), n)) }
    }

    // MARK: The stack

    @inline(__always) func push(_ value: UInt32) -> Bool {
        let sp = s.pointee.esp &- 4
        guard store32(sp, value) else { return false }
        s.pointee.esp = sp
        return true
    }
    @inline(__always) func pushFromMemory(_ op: OpPointer) -> Bool {
        guard let p = readable(address(op), 4) else { return false }
        return push(p.loadUnaligned(as: UInt32.self))
    }
    @inline(__always) func pop(_ op: OpPointer) -> Bool {
        load32(s.pointee.esp) {
            s.pointee.esp &+= 4
            set(op.pointee.dst, $0)
        }
    }
    @inline(__always) func leave() -> Bool {
        load32(s.pointee.ebp) {
            s.pointee.esp = s.pointee.ebp &+ 4
            s.pointee.ebp = $0
        }
    }

    // MARK: Jumps. The link to follow and where it leads, or just where; nil when the TLB said no.

    typealias Edge = (link: UnsafeMutablePointer<Link>?, target: UInt32)

    @inline(__always) func branch(_ block: BlockPointer, _ op: OpPointer, _ taken: Bool, _ target: UInt32) -> Edge {
        taken ? (block.links, target) : (block.links + 1, op.pointee.next)
    }
    @inline(__always)
    func compare(_ block: BlockPointer, _ op: OpPointer, _ b: UInt32, _ holds: (UInt32, UInt32) -> Bool) -> Edge {
        let a = r(op.pointee.dst)
        _ = sub(a, b)
        return branch(block, op, holds(a, b), op.pointee.aux)
    }
    @inline(__always)
    func test(_ block: BlockPointer, _ op: OpPointer, _ holds: (Int32) -> Bool) -> Edge {
        let a = logic(r(op.pointee.dst) & r(op.pointee.src))
        return branch(block, op, holds(Int32(bitPattern: a)), op.pointee.aux)
    }
    @inline(__always)
    func countDown(_ block: BlockPointer, _ op: OpPointer, _ holds: (Int32) -> Bool) -> Edge {
        let a = dec(r(op.pointee.dst))
        set(op.pointee.dst, a)
        return branch(block, op, holds(Int32(bitPattern: a)), op.pointee.aux)
    }
    @inline(__always) func call(_ op: OpPointer, _ target: UInt32) -> UInt32? {
        push(op.pointee.next) ? target : nil
    }
    @inline(__always) func callThroughMemory(_ op: OpPointer) -> UInt32? {
        guard let p = readable(address(op), 4) else { return nil }
        return call(op, p.loadUnaligned(as: UInt32.self))
    }
    @inline(__always) func jumpThroughMemory(_ op: OpPointer) -> UInt32? {
        readable(address(op), 4)?.loadUnaligned(as: UInt32.self)
    }
    @inline(__always) func ret(_ released: UInt32) -> UInt32? {
        guard let p = readable(s.pointee.esp, 4) else { return nil }
        s.pointee.esp &+= 4 &+ released
        return p.loadUnaligned(as: UInt32.self)
    }
}
