// From bytes to an `Op`: prefixes, opcode, ModRM, SIB, displacement, immediates (SDM 2, chapter 2). Whatever is wrong
// with the bytes themselves is thrown: a page they lie in is missing, they run past 15 bytes or the code segment, or
// they mean nothing. Nothing is executed here.

/// Where the decoder reads: up to 15 bytes that may continue in a second page.
struct CodeCursor {
    /// Host address of the first byte.
    let bytes: UnsafePointer<UInt8>
    /// Bytes before the end of its page.
    let inPage: UInt32
    /// Bytes before the end of the code segment.
    let inSegment: UInt32
    let linear: UInt32
    /// Host address of the second page once it was needed.
    var second: UnsafePointer<UInt8>?
    var position: UInt32 = 0
}

extension CPU {
    @inline(__always)
    private func fetch8(_ c: inout CodeCursor) throws(CPUFault) -> UInt8 {
        let i = c.position
        guard i < 15, i < c.inSegment else { throw .generalProtection() }
        c.position = i + 1
        if i < c.inPage { return c.bytes[Int(i)] }
        return try fetchFromSecondPage(&c, i)
    }

    @inline(never)
    private func fetchFromSecondPage(_ c: inout CodeCursor, _ i: UInt32) throws(CPUFault) -> UInt8 {
        if let second = c.second { return second[Int(i - c.inPage)] }
        let host = try translate(c.linear &+ c.inPage, write: false, user: isUser)
        let second = UnsafePointer(host.assumingMemoryBound(to: UInt8.self))
        c.second = second
        return second[Int(i - c.inPage)]
    }

    private func fetch16(_ c: inout CodeCursor) throws(CPUFault) -> UInt32 {
        let low = try fetch8(&c)
        return UInt32(low) | UInt32(try fetch8(&c)) << 8
    }
    private func fetch32(_ c: inout CodeCursor) throws(CPUFault) -> UInt32 {
        let low = try fetch16(&c)
        return low | (try fetch16(&c)) << 16
    }
    private func fetchSigned8(_ c: inout CodeCursor) throws(CPUFault) -> UInt32 {
        UInt32(bitPattern: Int32(Int8(bitPattern: try fetch8(&c))))
    }
    private func fetchImmediate(_ c: inout CodeCursor, _ size: UInt8) throws(CPUFault) -> UInt32 {
        switch size {
        case 1: try fetchSigned8(&c)
        case 2: UInt32(bitPattern: Int32(Int16(truncatingIfNeeded: try fetch16(&c))))
        default: try fetch32(&c)
        }
    }

    /// Decodes one instruction at the cursor, which stands at its first byte.
    func decode(
        _ op: inout Op, _ c: inout CodeCursor, eip: UInt32, code32: Bool, flat: Bool
    ) throws(CPUFault) {
        op = Op()
        var operand32 = code32
        var address32 = code32
        var override: UInt8?
        var byte = try fetch8(&c)
        prefixes: while true {
            switch byte {
            case 0x26, 0x2e, 0x36, 0x3e: override = byte >> 3 & 3
            case 0x64, 0x65: override = byte & 7
            case 0x66: operand32 = !code32
            case 0x67: address32 = !code32
            case 0xf0: op.traits.insert(.lock)
            case 0xf2:
                op.traits.insert(.repne)
                op.traits.remove(.rep)
            case 0xf3:
                op.traits.insert(.rep)
                op.traits.remove(.repne)
            default: break prefixes
            }
            byte = try fetch8(&c)
        }
        var spec: OpcodeSpec
        if byte == 0x0f {
            byte = try fetch8(&c)
            spec = table.specs[256 + Int(byte)]
        } else {
            spec = table.specs[Int(byte)]
        }
        op.opcode = byte
        if !address32 { op.traits.insert(.address16) }
        if !operand32 { op.traits.insert(.operand16) }

        var haveModRM = false
        if spec.form == .group {
            op.modrm = try fetch8(&c)
            haveModRM = true
            spec = table.specs[Int(spec.aux) + Int(op.modrm >> 3 & 7)]
        }
        guard spec.operation != .invalid else { throw .invalidOpcode }
        op.operation = spec.operation
        op.aux = UInt32(spec.aux)
        op.segment = 3
        switch spec.width {
        case .byte: op.size = 1
        case .word: op.size = 2
        case .dword: op.size = 4
        case .variable: op.size = operand32 ? 4 : 2
        }
        if spec.form.hasModRM {
            if !haveModRM { op.modrm = try fetch8(&c) }
            if op.modrm < 0xc0 {
                if address32 { try decodeAddress32(&op, &c) } else { try decodeAddress16(&op, &c) }
            }
        }
        try decodeOperands(&op, &c, spec.form, byte, eip)
        if let override { op.segment = override }
        if flat, address32, op.segment == 3 || op.segment == 2 || op.segment == 0 { op.traits.insert(.flat) }
        if op.traits.contains(.lock) {
            guard spec.lockable, op.traits.contains(.dstMemory) else { throw .invalidOpcode }
        }
        op.length = UInt8(truncatingIfNeeded: c.position)
        op.next = eip &+ c.position
        // Relative branches were decoded as displacements; a 16-bit one also cuts eip.
        if spec.form == .rel8 || spec.form == .rel {
            op.imm = op.imm &+ op.next
            if !operand32 { op.imm &= 0xffff }
        }
    }

    private func decodeOperands(
        _ op: inout Op, _ c: inout CodeCursor, _ form: Form, _ byte: UInt8, _ eip: UInt32
    ) throws(CPUFault) {
        let size = op.size
        let isMemory = op.modrm < 0xc0
        func register(_ n: UInt8) -> UInt8 { size == 1 && n >= 4 ? (n - 4) * 4 + 1 : n * 4 }
        func r() -> UInt8 { register(op.modrm >> 3 & 7) }
        func destinationE() {
            if isMemory { op.traits.insert(.dstMemory) } else { op.dst = register(op.modrm & 7) }
        }
        func sourceE() {
            if isMemory { op.traits.insert(.srcMemory) } else { op.src = register(op.modrm & 7) }
        }
        func memoryOnly() throws(CPUFault) {
            guard isMemory else { throw .invalidOpcode }
            op.traits.insert(.dstMemory)
        }
        switch form {
        case .none, .group: break
        case .rmReg:
            destinationE()
            op.src = r()
        case .regRM:
            op.dst = r()
            switch op.operation {
            // The source is narrower than the destination.
            case .movzx8, .movsx8:
                if isMemory { op.traits.insert(.srcMemory) } else { op.src = Self.byteRegister(op.modrm & 7) }
            default: sourceE()
            }
        case .accImm:
            op.imm = try fetchImmediate(&c, size)
            op.traits.insert(.srcImmediate)
        case .rmImm:
            destinationE()
            op.imm = try fetchImmediate(&c, size)
            op.traits.insert(.srcImmediate)
        case .rmImm8:
            destinationE()
            op.imm = try fetchSigned8(&c)
            op.traits.insert(.srcImmediate)
        case .rm: destinationE()
        case .rmOne:
            destinationE()
            op.imm = 1
            op.traits.insert(.srcImmediate)
        case .rmCL:
            destinationE()
            op.src = 4
        case .rmRegImm8:
            destinationE()
            op.src = r()
            op.imm = try fetchSigned8(&c)
        case .rmRegCL:
            destinationE()
            op.src = r()
            op.traits.insert(.countInCL)
        case .regRMImm:
            op.dst = r()
            sourceE()
            op.imm = try fetchImmediate(&c, size)
        case .regRMImm8:
            op.dst = r()
            sourceE()
            op.imm = try fetchSigned8(&c)
        case .reg: op.dst = register(byte & 7)
        case .regImm:
            op.dst = register(byte & 7)
            op.imm = try fetchImmediate(&c, size)
            op.traits.insert(.srcImmediate)
        case .accReg: op.src = register(byte & 7)
        case .regMem:
            // The memory operand is called the destination here and the register the source, whatever moves where.
            try memoryOnly()
            op.src = r()
        case .mem: try memoryOnly()
        case .rel8: op.imm = try fetchSigned8(&c)
        case .rel: op.imm = try fetchImmediate(&c, size)
        case .pointer:
            op.imm = size == 4 ? try fetch32(&c) : try fetch16(&c)
            op.aux = try fetch16(&c)
        case .imm8: op.imm = UInt32(try fetch8(&c))
        case .imm8Signed:
            op.imm = try fetchSigned8(&c)
            op.traits.insert(.srcImmediate)
        case .imm16: op.imm = try fetch16(&c)
        case .imm:
            op.imm = try fetchImmediate(&c, size)
            op.traits.insert(.srcImmediate)
        case .imm16Imm8:
            op.imm = try fetch16(&c)
            op.aux = UInt32(try fetch8(&c))
        case .accOffset:
            op.disp = op.traits.contains(.address16) ? try fetch16(&c) : try fetch32(&c)
            op.traits.insert(.srcMemory)
        case .offsetAcc:
            op.disp = op.traits.contains(.address16) ? try fetch16(&c) : try fetch32(&c)
            op.traits.insert(.dstMemory)
        case .rmSegment, .segmentRM:
            let n = op.modrm >> 3 & 7
            guard n < 6, form == .rmSegment || n != 1 else { throw .invalidOpcode }
            op.aux = UInt32(n)
            if form == .rmSegment { destinationE() } else { sourceE() }
        }
    }

    /// The place of an 8-bit register: al…bl are the low bytes, ah…bh the bytes above.
    static func byteRegister(_ n: UInt8) -> UInt8 { n >= 4 ? (n - 4) * 4 + 1 : n * 4 }

    private func decodeAddress32(_ op: inout Op, _ c: inout CodeCursor) throws(CPUFault) {
        let mod = op.modrm >> 6
        let rm = op.modrm & 7
        if rm == 4 {
            let sib = try fetch8(&c)
            let base = sib & 7
            let index = sib >> 3 & 7
            if index != 4 {
                op.index = index * 4
                op.scale = sib >> 6
            }
            if base == 5, mod == 0 {
                op.disp = try fetch32(&c)
            } else {
                op.base = base * 4
                if base == 4 || base == 5 { op.segment = 2 }
            }
        } else if rm == 5, mod == 0 {
            op.disp = try fetch32(&c)
        } else {
            op.base = rm * 4
            if rm == 5 { op.segment = 2 }
        }
        if mod == 1 {
            op.disp = try fetchSigned8(&c)
        } else if mod == 2 {
            op.disp = try fetch32(&c)
        }
    }

    private func decodeAddress16(_ op: inout Op, _ c: inout CodeCursor) throws(CPUFault) {
        let mod = op.modrm >> 6
        let rm = op.modrm & 7
        let (ebx, ebp, esi, edi): (UInt8, UInt8, UInt8, UInt8) = (12, 20, 24, 28)
        switch rm {
        case 0: (op.base, op.index) = (ebx, esi)
        case 1: (op.base, op.index) = (ebx, edi)
        case 2: (op.base, op.index) = (ebp, esi)
        case 3: (op.base, op.index) = (ebp, edi)
        case 4: op.base = esi
        case 5: op.base = edi
        case 6 where mod != 0: op.base = ebp
        case 7: op.base = ebx
        default: break
        }
        if op.base == ebp { op.segment = 2 }
        if mod == 1 {
            op.disp = try fetchSigned8(&c)
        } else if mod == 2 || (mod == 0 && rm == 6) {
            op.disp = try fetch16(&c)
        }
    }
}

extension Form {
    var hasModRM: Bool {
        switch self {
        case .rmReg, .regRM, .rmImm, .rmImm8, .rm, .rmOne, .rmCL, .rmRegImm8, .rmRegCL, .regRMImm, .regRMImm8, .regMem,
            .mem, .rmSegment, .segmentRM, .group:
            true
        default: false
        }
    }
}
