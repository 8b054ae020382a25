// The instructions by name, as thin as can be: each is one call of the general form.

extension Assembler {
    func arithmetic(_ op: Group1, _ size: UInt8, _ dst: HostOperand, _ src: HostRegister) {
        note("\(op) \(name(dst, size)), \(name(.register(src), size))")
        encode(UInt16(op.rawValue) << 3 | (size == 1 ? 0 : 1), size: size, reg: src, dst)
    }
    func arithmetic(_ op: Group1, _ size: UInt8, _ dst: HostRegister, memory m: HostMemory) {
        note("\(op) \(name(.register(dst), size)), \(name(.memory(m), size))")
        encode(UInt16(op.rawValue) << 3 | (size == 1 ? 2 : 3), size: size, reg: dst, .memory(m))
    }
    func arithmetic(_ op: Group1, _ size: UInt8, _ dst: HostOperand, immediate value: UInt32) {
        note("\(op) \(name(dst, size)), \(Self.hex(value))")
        let signed = Int32(bitPattern: value)
        if size == 1 {
            encode(0x80, size: 1, reg: op.rawValue, dst)
            immediate(value, 1)
        } else if signed >= -128, signed <= 127 {
            encode(0x83, size: size, reg: op.rawValue, dst)
            immediate(value, 1)
        } else {
            encode(0x81, size: size, reg: op.rawValue, dst)
            immediate(value, size)
        }
    }
    func test(_ size: UInt8, _ a: HostOperand, _ b: HostRegister) {
        note("test \(name(a, size)), \(name(.register(b), size))")
        encode(size == 1 ? 0x84 : 0x85, size: size, reg: b, a)
    }
    func test(_ size: UInt8, _ a: HostOperand, immediate value: UInt32) {
        note("test \(name(a, size)), \(Self.hex(value))")
        encode(size == 1 ? 0xf6 : 0xf7, size: size, reg: 0, a)
        immediate(value, size)
    }
    func shift(_ op: Group2, _ size: UInt8, _ dst: HostOperand, by count: UInt8) {
        note("\(op) \(name(dst, size)), \(count)")
        encode(size == 1 ? 0xc0 : 0xc1, size: size, reg: op.rawValue, dst)
        immediate(UInt32(count), 1)
    }
    func shiftByCL(_ op: Group2, _ size: UInt8, _ dst: HostOperand) {
        note("\(op) \(name(dst, size)), cl")
        encode(size == 1 ? 0xd2 : 0xd3, size: size, reg: op.rawValue, dst)
    }
    /// Group 3: 2 not, 3 neg, 4 mul, 5 imul, 6 div, 7 idiv.
    func unary(_ n: UInt8, _ size: UInt8, _ operand: HostOperand) {
        note("\(["test", "test", "not", "neg", "mul", "imul", "div", "idiv"][Int(n & 7)]) \(name(operand, size))")
        encode(size == 1 ? 0xf6 : 0xf7, size: size, reg: n, operand)
    }
    func increment(_ size: UInt8, _ operand: HostOperand, down: Bool) {
        note("\(down ? "dec" : "inc") \(name(operand, size))")
        encode(size == 1 ? 0xfe : 0xff, size: size, reg: down ? 1 : 0, operand)
    }
    func multiply(_ size: UInt8, _ dst: HostRegister, _ src: HostOperand) {
        note("imul \(name(.register(dst), size)), \(name(src, size))")
        encode(0x0faf, size: size, reg: dst, src)
    }
    func multiply(_ size: UInt8, _ dst: HostRegister, _ src: HostOperand, immediate value: UInt32) {
        note("imul \(name(.register(dst), size)), \(name(src, size)), \(Self.hex(value))")
        encode(0x69, size: size, reg: dst, src)
        immediate(value, size)
    }

    func move(_ size: UInt8, _ dst: HostRegister, _ src: HostOperand) {
        note("mov \(name(.register(dst), size)), \(name(src, size))")
        encode(size == 1 ? 0x8a : 0x8b, size: size, reg: dst, src)
    }
    func move(_ dst: HostRegister, _ src: HostRegister) { move(4, dst, .register(src)) }
    func store(_ size: UInt8, _ dst: HostMemory, _ src: HostRegister) {
        note("mov \(name(.memory(dst), size)), \(name(.register(src), size))")
        encode(size == 1 ? 0x88 : 0x89, size: size, reg: src, .memory(dst))
    }
    func store(_ size: UInt8, _ dst: HostMemory, immediate value: UInt32) {
        note("mov \(name(.memory(dst), size)), \(Self.hex(value))")
        encode(size == 1 ? 0xc6 : 0xc7, size: size, reg: 0, .memory(dst))
        immediate(value, size)
    }
    /// A 32-bit constant; flags stay.
    func load(_ dst: HostRegister, immediate value: UInt32) {
        note("mov \(name(.register(dst), 4)), \(Self.hex(value))")
        if dst >= 8 { byte(0x41) }
        byte(0xb8 | dst & 7)
        word32(value)
    }
    func load64(_ dst: HostRegister, immediate value: UInt64) {
        note("mov \(name(.register(dst), 8)), 0x\(String(value, radix: 16))")
        byte(dst >= 8 ? 0x49 : 0x48)
        byte(0xb8 | dst & 7)
        word64(value)
    }
    /// movzx and movsx from 1 or 2 bytes.
    func extend(_ size: UInt8, _ dst: HostRegister, _ src: HostOperand, from: UInt8, signed: Bool) {
        note("mov\(signed ? "s" : "z")x \(name(.register(dst), size)), \(name(src, from))")
        encode((signed ? 0x0fbe : 0x0fb6) + (from == 2 ? 1 : 0), size: size, reg: dst, src, byteOperand: from == 1)
    }
    func lea(_ size: UInt8, _ dst: HostRegister, _ m: HostMemory) {
        note("lea \(name(.register(dst), size)), \(name(.memory(m), 0))")
        encode(0x8d, size: size, reg: dst, .memory(m))
    }
    func exchange(_ size: UInt8, _ a: HostRegister, _ b: HostRegister) {
        note("xchg \(name(.register(a), size)), \(name(.register(b), size))")
        encode(size == 1 ? 0x86 : 0x87, size: size, reg: b, .register(a))
    }
    func byteSwap(_ r: HostRegister) {
        note("bswap \(name(.register(r), 4))")
        if r >= 8 { byte(0x41) }
        byte(0x0f)
        byte(0xc8 | r & 7)
    }
    func set(_ condition: UInt8, _ dst: HostOperand) {
        note("set\(Self.conditions[Int(condition)]) \(name(dst, 1))")
        encode(0x0f90 | UInt16(condition), size: 4, reg: 0, dst, byteOperand: true)
    }
    func moveIf(_ condition: UInt8, _ size: UInt8, _ dst: HostRegister, _ src: HostOperand) {
        note("cmov\(Self.conditions[Int(condition)]) \(name(.register(dst), size)), \(name(src, size))")
        encode(0x0f40 | UInt16(condition), size: size, reg: dst, src)
    }
    /// bt, bts, btr, btc with an immediate: n = 4…7.
    func bitTest(_ n: UInt8, _ size: UInt8, _ operand: HostOperand, bit: UInt8) {
        note("\(["bt", "bts", "btr", "btc"][Int(n & 3)]) \(name(operand, size)), \(bit)")
        encode(0x0fba, size: size, reg: n, operand)
        byte(bit)
    }
    /// The same with a register.
    func bitTest(_ n: UInt8, _ size: UInt8, _ operand: HostRegister, register: HostRegister) {
        note(
            "\(["bt", "bts", "btr", "btc"][Int(n & 3)]) \(name(.register(operand), size)), \(name(.register(register), size))"
        )
        encode(0x0f83 | UInt16(n) << 3, size: size, reg: register, .register(operand))
    }
    func doubleShift(_ left: Bool, _ dst: HostOperand, _ src: HostRegister, by count: UInt8) {
        note("\(left ? "shld" : "shrd") \(name(dst, 4)), \(name(.register(src), 4)), \(count)")
        encode(left ? 0x0fa4 : 0x0fac, size: 4, reg: src, dst)
        byte(count)
    }
    func doubleShiftByCL(_ left: Bool, _ dst: HostOperand, _ src: HostRegister) {
        note("\(left ? "shld" : "shrd") \(name(dst, 4)), \(name(.register(src), 4)), cl")
        encode(left ? 0x0fa5 : 0x0fad, size: 4, reg: src, dst)
    }
    func bitScan(reverse: Bool, _ dst: HostRegister, _ src: HostOperand) {
        note("bs\(reverse ? "r" : "f") \(name(.register(dst), 4)), \(name(src, 4))")
        encode(reverse ? 0x0fbd : 0x0fbc, size: 4, reg: dst, src)
    }

    /// Instructions that are one or two fixed bytes.
    func plain(_ text: String, _ bytes: UInt8...) {
        note(text)
        for b in bytes { byte(b) }
    }
    func push(_ r: HostRegister) {
        note("push \(name(.register(r), 8))")
        if r >= 8 { byte(0x41) }
        byte(0x50 | r & 7)
    }
    func pop(_ r: HostRegister) {
        note("pop \(name(.register(r), 8))")
        if r >= 8 { byte(0x41) }
        byte(0x58 | r & 7)
    }
    func jump(through m: HostMemory) {
        note("jmp \(name(.memory(m), 8))")
        encode(0xff, size: 4, reg: 4, .memory(m))
    }
    func jump(throughRegister r: HostRegister) {
        note("jmp \(name(.register(r), 8))")
        encode(0xff, size: 4, reg: 4, .register(r))
    }
    func call(through m: HostMemory) {
        note("call \(name(.memory(m), 8))")
        encode(0xff, size: 4, reg: 2, .memory(m))
    }
    func sahf() { plain("sahf", 0x9e) }
    func lahf() { plain("lahf", 0x9f) }
    /// An x87 instruction: opcode d8…df and the reg field or second byte.
    func escape(_ opcode: UInt8, _ reg: UInt8, _ m: HostMemory) {
        note("x87 \(Self.hex(UInt32(opcode)))/\(reg) \(name(.memory(m), 0))")
        encode(UInt16(opcode), size: 4, reg: reg, .memory(m))
    }

    // MARK: Names, for listings

    static func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

    private func name(_ operand: HostOperand, _ size: UInt8) -> String {
        switch operand {
        case .register(let r):
            if r >= 8 { return "r\(r)" + (size == 8 ? "" : size == 4 ? "d" : size == 2 ? "w" : "b") }
            let words = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
            switch size {
            case 8: return "r" + words[Int(r)]
            case 4: return "e" + words[Int(r)]
            case 2: return words[Int(r)]
            default: return ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"][Int(r)]
            }
        case .memory(let m):
            var parts: [String] = []
            if let base = m.base { parts.append(name(.register(base), 8)) }
            if let index = m.index { parts.append(name(.register(index), 8) + (m.scale > 0 ? "*\(1 << m.scale)" : "")) }
            if m.displacement != 0 || parts.isEmpty { parts.append("\(m.displacement)") }
            let width = size == 1 ? "byte " : size == 2 ? "word " : size == 4 ? "dword " : size == 8 ? "qword " : ""
            return width + "[" + parts.joined(separator: " + ") + "]"
        }
    }
}
