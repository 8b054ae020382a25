// What a program may ask about its processor, and the few checks that work as instructions.

extension CPU {
    func executeSystem(_ op: OpPointer) throws(CPUFault) {
        switch op.pointee.operation {
        case .cpuid: cpuid()
        case .rdtsc:
            let now = timestamp()
            state.pointee.eax = UInt32(truncatingIfNeeded: now)
            state.pointee.edx = UInt32(truncatingIfNeeded: now >> 32)
        case .smsw: try storeSystemWord(op, state.pointee.cr0)
        case .str: try storeSystemWord(op, UInt32(state.pointee.tr))
        case .sldt: try storeSystemWord(op, UInt32(state.pointee.ldtr))
        case .sgdt: try storeTable(op, limit: core.pointee.gdtLimit)
        case .sidt: try storeTable(op, limit: 0x7ff)
        case .lar, .lsl: try loadDescriptorPart(op)
        case .verr, .verw:
            let selector = UInt16(truncatingIfNeeded: try destination(op))
            state.setStatusFlags(
                verify(selector, write: op.pointee.operation == .verw) ? Flag.zf : 0, mask: Flag.zf)
        case .arpl:
            // Written only when it changes, so a read-only selector that is good already does not fault.
            let old = try destination(op)
            let wanted = register(op.pointee.src, 2) & 3
            if old & 3 < wanted { try setDestination(op, old & ~3 | wanted) }
            state.setStatusFlags(old & 3 < wanted ? Flag.zf : 0, mask: Flag.zf)
        default:  // bound
            let size = op.pointee.size
            let at = try address(op, 2 * UInt32(size), write: false)
            let lower = Self.signExtend(try read(at, size), size)
            let upper = Self.signExtend(try read(at &+ UInt32(size), size), size)
            let index = Self.signExtend(register(op.pointee.src, size), size)
            if index < lower || index > upper { throw CPUFault(vector: 5) }
        }
    }

    /// A Pentium Pro that has just what works here: FPU, TSC, CX8, CMOV.
    private func cpuid() {
        let s = state
        func answer(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) {
            s.pointee.eax = a
            s.pointee.ebx = b
            s.pointee.ecx = c
            s.pointee.edx = d
        }
        switch s.pointee.eax {
        case 0: answer(1, 0x756e_6547, 0x6c65_746e, 0x4965_6e69)  // "GenuineIntel", as ebx, edx, ecx
        case 1: answer(0x619, 0, 0, 1 << 0 | 1 << 4 | 1 << 8 | 1 << 15)
        case 0x8000_0000: answer(0x8000_0004, 0, 0, 0)
        case 0x8000_0002: answer(0x7574_676c, 0x6976_2069, 0x6175_7472, 0x5043_206c)  // "lgtui virtual CP"
        case 0x8000_0003: answer(0x0000_0055, 0, 0, 0)  // "U"
        default: answer(0, 0, 0, 0)
        }
    }

    /// Nanoseconds since the CPU was made, at `tscKHz`.
    func timestamp() -> UInt64 {
        let elapsed = monotonicNanoseconds() &- core.pointee.epoch
        let product = elapsed.multipliedFullWidth(by: UInt64(core.pointee.tscKHz))
        // The quotient fits for 136 years at 4 GHz.
        guard product.high < 1_000_000 else { return .max }
        return UInt64(1_000_000).dividingFullWidth(product).quotient
    }

    /// SMSW, STR, SLDT: a register gets the operand size, memory always 16 bits.
    private func storeSystemWord(_ op: OpPointer, _ value: UInt32) throws(CPUFault) {
        if op.has(.dstMemory) { op.pointee.size = 2 }
        try setDestination(op, value)
    }

    /// SGDT and SIDT. The tables are not in guest memory; their base reads as zero.
    private func storeTable(_ op: OpPointer, limit: UInt16) throws(CPUFault) {
        let at = try address(op, 6, write: true)
        try probeWrite(at, 6, user: isUser)
        try write16(at, limit)
        try write32(at &+ 2, 0)
    }

    private func loadDescriptorPart(_ op: OpPointer) throws(CPUFault) {
        let selector = UInt16(truncatingIfNeeded: try source(op, size: 2))
        let wantsLimit = op.pointee.operation == .lsl
        guard selector & 0xfffc != 0, let d = lookUp(selector), isVisible(d, selector, limit: wantsLimit) else {
            state.setStatusFlags(0, mask: Flag.zf)
            return
        }
        let value = wantsLimit ? d.limit : UInt32(truncatingIfNeeded: d.raw >> 32) & 0x00ff_ff00
        setRegister(op.pointee.dst, op.pointee.size, value)
        state.setStatusFlags(Flag.zf, mask: Flag.zf)
    }

    /// Type and privilege rules of LAR and LSL.
    private func isVisible(_ d: Descriptor, _ selector: UInt16, limit: Bool) -> Bool {
        if !d.isSegment {
            switch d.access & 0xf {
            case 1, 2, 3, 9, 0xb: break
            case 4, 5, 0xc: if limit { return false }
            default: return false
            }
        }
        return d.isConforming || d.dpl >= max(UInt8(selector & 3), state.pointee.cpl)
    }

    private func verify(_ selector: UInt16, write: Bool) -> Bool {
        guard selector & 0xfffc != 0, let d = lookUp(selector), d.isSegment else { return false }
        guard d.isConforming || d.dpl >= max(UInt8(selector & 3), state.pointee.cpl) else { return false }
        return write ? d.isWritableData : d.isReadable
    }

    /// ESC D8…DF: everything that is not arithmetic, before the x87 unit takes over.
    func executeEscape(_ op: OpPointer) throws(CPUFault) {
        guard state.pointee.cr0 & 0xc == 0 else { throw .deviceNotAvailable }  // TS, EM
        let opcode = op.pointee.opcode
        let modrm = op.pointee.modrm
        let operand16 = op.pointee.traits.contains(.operand16)
        guard modrm < 0xc0 else {
            return try executeX87(
                opcode: opcode, modrm: modrm, address: 0, offset: 0, selector: 0, operand16: operand16)
        }
        let at = offset(op)
        var address = at
        if !op.has(.flat) {
            let access = Self.x87Access(opcode, modrm >> 3 & 7, operand16)
            address = try linear(op.pointee.segment, at, access.count, write: access.writes)
        }
        try executeX87(
            opcode: opcode, modrm: modrm, address: address, offset: at,
            selector: segment(op.pointee.segment).pointee.selector, operand16: operand16)
    }

    /// Bytes and direction of each x87 memory operand, for the segment check (SDM 2, table A-7 and following).
    private static func x87Access(_ opcode: UInt8, _ reg: UInt8, _ operand16: Bool) -> (count: UInt32, writes: Bool) {
        let environment: UInt32 = operand16 ? 14 : 28
        switch (opcode & 7, reg) {
        case (1, 4): return (environment, false)
        case (1, 5): return (2, false)
        case (1, 6): return (environment, true)
        case (1, 7): return (2, true)
        case (3, 5): return (10, false)
        case (3, 7): return (10, true)
        case (5, 4): return (environment + 80, false)
        case (5, 6): return (environment + 80, true)
        case (5, 7): return (2, true)
        case (7, 4): return (10, false)
        case (7, 5): return (8, false)
        case (7, 6): return (10, true)
        case (7, 7): return (8, true)
        case (1, 2), (1, 3), (3, 2), (3, 3): return (4, true)
        case (5, 2), (5, 3): return (8, true)
        case (7, 2), (7, 3): return (2, true)
        case (4, _), (5, _): return (8, false)
        case (6, _), (7, _): return (2, false)
        default: return (4, false)
        }
    }
}
