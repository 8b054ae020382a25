// Reading and writing linear addresses with all that can go wrong: page faults, accesses that straddle two pages,
// stores into decoded code. The instruction loop inlines the TLB hit (`fast…`); everybody else calls `readN`/`writeN`.

extension CPU {
    /// Whether the current privilege is ring 3.
    @inline(__always) var isUser: Bool { state.pointee.cpl == 3 }

    // MARK: The TLB hit, for the loop

    /// The host address of `count` bytes at `linear` if the TLB knows that they may be read. Adding `count - 1` before
    /// the comparison makes an access that leaves its page a miss: the neighbour's tag never sits in this slot.
    @inline(__always)
    func fastRead(_ linear: UInt32, _ count: UInt32) -> UnsafeMutableRawPointer? {
        let e = core.pointee.tlb + Int((linear >> 12) & UInt32(TLBEntry.count - 1))
        guard e.pointee.readTag == (linear &+ (count - 1)) & 0xffff_f000 else { return nil }
        return e.pointee.host(linear)
    }
    @inline(__always)
    func fastWrite(_ linear: UInt32, _ count: UInt32) -> UnsafeMutableRawPointer? {
        let e = core.pointee.tlb + Int((linear >> 12) & UInt32(TLBEntry.count - 1))
        guard e.pointee.writeTag == (linear &+ (count - 1)) & 0xffff_f000 else { return nil }
        return e.pointee.host(linear)
    }

    // MARK: With the rights of the running code

    func read8(_ linear: UInt32) throws(CPUFault) -> UInt8 { try load(linear, user: isUser) }
    func read16(_ linear: UInt32) throws(CPUFault) -> UInt16 { try load(linear, user: isUser) }
    func read32(_ linear: UInt32) throws(CPUFault) -> UInt32 { try load(linear, user: isUser) }
    func read64(_ linear: UInt32) throws(CPUFault) -> UInt64 { try load(linear, user: isUser) }
    func write8(_ linear: UInt32, _ value: UInt8) throws(CPUFault) { try store(linear, value, user: isUser) }
    func write16(_ linear: UInt32, _ value: UInt16) throws(CPUFault) { try store(linear, value, user: isUser) }
    func write32(_ linear: UInt32, _ value: UInt32) throws(CPUFault) { try store(linear, value, user: isUser) }
    func write64(_ linear: UInt32, _ value: UInt64) throws(CPUFault) { try store(linear, value, user: isUser) }

    /// Faults now if writing `count` bytes (at most a page) would fault, so that what follows can be all or nothing.
    func probeWrite(_ linear: UInt32, _ count: UInt32, user: Bool) throws(CPUFault) {
        guard count > 0 else { return }
        _ = try translate(linear, write: true, user: user)
        let last = linear &+ (count - 1)
        if (last ^ linear) & 0xffff_f000 != 0 { _ = try translate(last & 0xffff_f000, write: true, user: user) }
    }
    /// The same for reading.
    func probeRead(_ linear: UInt32, _ count: UInt32, user: Bool) throws(CPUFault) {
        guard count > 0 else { return }
        _ = try translate(linear, write: false, user: user)
        let last = linear &+ (count - 1)
        if (last ^ linear) & 0xffff_f000 != 0 { _ = try translate(last & 0xffff_f000, write: false, user: user) }
    }

    // MARK: With given rights

    @inline(__always)
    func load<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ linear: UInt32, user: Bool
    ) throws(CPUFault) -> T {
        let size = UInt32(MemoryLayout<T>.size)
        if linear & 0xfff <= 4096 - size {
            // SAFETY: translate returns memory valid to the end of the page, and the access stays inside it.
            return try translate(linear, write: false, user: user).loadUnaligned(as: T.self)
        }
        return T(truncatingIfNeeded: try loadAcross(linear, Int(size), user: user))
    }

    @inline(__always)
    func store<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ linear: UInt32, _ value: T, user: Bool
    ) throws(CPUFault) {
        let size = UInt32(MemoryLayout<T>.size)
        if linear & 0xfff <= 4096 - size {
            let p = try translate(linear, write: true, user: user)
            // SAFETY: as in load.
            p.storeBytes(of: value, as: T.self)
            noteWrite(host: p, count: Int(size))
            return
        }
        try storeAcross(linear, UInt64(truncatingIfNeeded: value), Int(size), user: user)
    }

    /// A load whose bytes lie in two pages; the first page's fault comes first, as on the real machine.
    @inline(never)
    private func loadAcross(_ linear: UInt32, _ count: Int, user: Bool) throws(CPUFault) -> UInt64 {
        let head = Int(4096 - linear & 0xfff)
        let low = try translate(linear, write: false, user: user)
        let high = try translate(linear & 0xffff_f000 &+ 4096, write: false, user: user)
        var value: UInt64 = 0
        for i in 0..<count {
            // SAFETY: `head` bytes remain in the low page, the rest starts the high one.
            let byte =
                i < head
                ? low.load(fromByteOffset: i, as: UInt8.self) : high.load(fromByteOffset: i - head, as: UInt8.self)
            value |= UInt64(byte) << UInt64(8 * i)
        }
        return value
    }

    /// A store into two pages: both are checked before either is written.
    @inline(never)
    private func storeAcross(_ linear: UInt32, _ value: UInt64, _ count: Int, user: Bool) throws(CPUFault) {
        let head = Int(4096 - linear & 0xfff)
        let low = try translate(linear, write: true, user: user)
        let high = try translate(linear & 0xffff_f000 &+ 4096, write: true, user: user)
        for i in 0..<count {
            let byte = UInt8(truncatingIfNeeded: value >> UInt64(8 * i))
            // SAFETY: as in loadAcross.
            if i < head {
                low.storeBytes(of: byte, toByteOffset: i, as: UInt8.self)
            } else {
                high.storeBytes(of: byte, toByteOffset: i - head, as: UInt8.self)
            }
        }
        noteWrite(host: low, count: head)
        noteWrite(host: high, count: count - head)
    }

    // MARK: For the hypervisor: ring-1 rights

    public func readVirtual8(_ at: GuestVirtual) throws(CPUFault) -> UInt8 { try load(at.rawValue, user: false) }
    public func readVirtual16(_ at: GuestVirtual) throws(CPUFault) -> UInt16 { try load(at.rawValue, user: false) }
    public func readVirtual32(_ at: GuestVirtual) throws(CPUFault) -> UInt32 { try load(at.rawValue, user: false) }
    public func writeVirtual8(_ at: GuestVirtual, _ value: UInt8) throws(CPUFault) {
        try store(at.rawValue, value, user: false)
    }
    public func writeVirtual16(_ at: GuestVirtual, _ value: UInt16) throws(CPUFault) {
        try store(at.rawValue, value, user: false)
    }
    public func writeVirtual32(_ at: GuestVirtual, _ value: UInt32) throws(CPUFault) {
        try store(at.rawValue, value, user: false)
    }

    /// Translates as an access of that kind would, accessed and dirty bits included.
    public func translate(_ at: GuestVirtual, write: Bool, user: Bool) throws(CPUFault) -> GuestPhysical {
        let host = try translate(at.rawValue, write: write, user: user)
        return GuestPhysical(UInt32(truncatingIfNeeded: host - memory.base))
    }

    /// Up to `count` bytes of code at cs:eip: as many as can be fetched without a fault. For emulating an instruction.
    public func instructionBytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for i in 0..<UInt32(clamping: min(count, 15)) {
            let offset = state.pointee.eip &+ i
            guard offset <= state.pointee.cs.limit else { break }
            let linear = state.pointee.cs.base &+ offset
            do throws(CPUFault) { bytes.append(try load(linear, user: isUser)) } catch { break }
        }
        return bytes
    }
}
