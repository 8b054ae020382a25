// Operands in general: any size, any addressing, any segment. The loop has its own short cuts for the common ones;
// everything else comes through here.

typealias OpPointer = UnsafeMutablePointer<Op>

extension UnsafeMutablePointer<Op> {
    @inline(__always) func has(_ trait: Op.Traits) -> Bool { pointee.traits.rawValue & trait.rawValue != 0 }
}

extension CPU {
    // MARK: Registers

    // SAFETY (all four): offsets come from the decoder, which only makes those of the nine words at the start of
    // CPUState; a 32-bit access never uses a high-byte offset.
    @inline(__always) func register(_ offset: UInt8, _ size: UInt8) -> UInt32 {
        let p = UnsafeRawPointer(state) + Int(offset)
        switch size {
        case 4: return p.load(as: UInt32.self)
        case 2: return UInt32(p.load(as: UInt16.self))
        default: return UInt32(p.load(as: UInt8.self))
        }
    }
    @inline(__always) func setRegister(_ offset: UInt8, _ size: UInt8, _ value: UInt32) {
        let p = UnsafeMutableRawPointer(state) + Int(offset)
        switch size {
        case 4: p.storeBytes(of: value, as: UInt32.self)
        case 2: p.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        default: p.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        }
    }
    @inline(__always) func register32(_ offset: UInt8) -> UInt32 {
        UnsafeRawPointer(state).load(fromByteOffset: Int(offset), as: UInt32.self)
    }
    @inline(__always) func setRegister32(_ offset: UInt8, _ value: UInt32) {
        UnsafeMutableRawPointer(state).storeBytes(of: value, toByteOffset: Int(offset), as: UInt32.self)
    }

    // MARK: Addresses

    /// The offset inside the segment.
    @inline(__always) func offset(_ op: OpPointer) -> UInt32 {
        let e =
            register32(op.pointee.base) &+ register32(op.pointee.index) &<< UInt32(op.pointee.scale)
            &+ op.pointee.disp
        return op.has(.address16) ? e & 0xffff : e
    }

    /// The linear address of the memory operand, after the segment has agreed to `size` bytes.
    @inline(__always) func address(_ op: OpPointer, _ size: UInt32, write: Bool) throws(CPUFault) -> UInt32 {
        if op.has(.flat) { return offset(op) }
        return try linear(op.pointee.segment, offset(op), size, write: write)
    }

    /// Segment type and limit checks (SDM 3A 5.3–5.5).
    func linear(_ which: UInt8, _ offset: UInt32, _ size: UInt32, write: Bool) throws(CPUFault) -> UInt32 {
        let s = segment(which).pointee
        let usable: Bool
        if write {
            usable = s.attributes & 0x9a == 0x92
        } else {
            usable = s.attributes & 0x98 == 0x90 || s.attributes & 0x9a == 0x9a
        }
        guard usable, s.allows(offset, size) else {
            throw which == Segment.ss.rawValue ? .stackFault() : .generalProtection()
        }
        return s.base &+ offset
    }

    // MARK: Memory by size

    func read(_ linear: UInt32, _ size: UInt8) throws(CPUFault) -> UInt32 {
        switch size {
        case 4: try read32(linear)
        case 2: UInt32(try read16(linear))
        default: UInt32(try read8(linear))
        }
    }
    func write(_ linear: UInt32, _ size: UInt8, _ value: UInt32) throws(CPUFault) {
        switch size {
        case 4: try write32(linear, value)
        case 2: try write16(linear, UInt16(truncatingIfNeeded: value))
        default: try write8(linear, UInt8(truncatingIfNeeded: value))
        }
    }
    /// Reads what will be written back: faults as the write would, so that the write cannot.
    func readToModify(_ linear: UInt32, _ size: UInt8) throws(CPUFault) -> UInt32 {
        if fastWrite(linear, UInt32(size)) == nil { try probeWrite(linear, UInt32(size), user: isUser) }
        return try read(linear, size)
    }

    // MARK: The operands of an op

    @inline(__always) func source(_ op: OpPointer) throws(CPUFault) -> UInt32 {
        let size = op.pointee.size
        if op.has(.srcImmediate) { return op.pointee.imm & Self.mask(size) }
        if op.has(.srcMemory) { return try read(try address(op, UInt32(size), write: false), size) }
        return register(op.pointee.src, size)
    }
    /// A source narrower than the operand size.
    @inline(__always) func source(_ op: OpPointer, size: UInt8) throws(CPUFault) -> UInt32 {
        if op.has(.srcMemory) { return try read(try address(op, UInt32(size), write: false), size) }
        return register(op.pointee.src, size)
    }
    @inline(__always) func destination(_ op: OpPointer) throws(CPUFault) -> UInt32 {
        let size = op.pointee.size
        if op.has(.dstMemory) { return try read(try address(op, UInt32(size), write: false), size) }
        return register(op.pointee.dst, size)
    }
    @inline(__always) func setDestination(_ op: OpPointer, _ value: UInt32) throws(CPUFault) {
        let size = op.pointee.size
        if op.has(.dstMemory) {
            try write(try address(op, UInt32(size), write: true), size, value)
        } else {
            setRegister(op.pointee.dst, size, value)
        }
    }
    /// Replaces the destination by a function of itself, which must not fault.
    @inline(__always) func modify(_ op: OpPointer, _ body: (UInt32) -> UInt32) throws(CPUFault) {
        let size = op.pointee.size
        if op.has(.dstMemory) {
            let at = try address(op, UInt32(size), write: true)
            let old = try readToModify(at, size)
            try write(at, size, body(old))
        } else {
            setRegister(op.pointee.dst, size, body(register(op.pointee.dst, size)))
        }
    }

    @inline(__always) static func mask(_ size: UInt8) -> UInt32 {
        size == 4 ? .max : size == 2 ? 0xffff : 0xff
    }
    @inline(__always) static func signExtend(_ value: UInt32, _ size: UInt8) -> Int32 {
        let shift = 32 &- 8 &* Int32(size)
        return (Int32(bitPattern: value) &<< shift) &>> shift
    }
}
