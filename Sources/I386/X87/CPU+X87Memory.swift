// The memory forms of D8–DF. A load happens before anything changes; a store is computed first, written second, and
// only then reported and popped. Either way a page fault leaves the x87 as it was.

extension CPU {
    func executeMemoryForm(
        _ unit: X87Unit, opcode: UInt8, modrm: UInt8, address: UInt32, operand16: Bool
    ) throws(CPUFault) {
        let operation = modrm >> 3 & 7
        switch opcode {
        case 0xD8: unit.operate(operation, X87Operand(single: try fetch32(address)))
        case 0xDC: unit.operate(operation, X87Operand(double: try fetch64(address)))
        case 0xDA: unit.operate(operation, X87Operand(integer: Int64(Int32(bitPattern: try fetch32(address)))))
        case 0xDE: unit.operate(operation, X87Operand(integer: Int64(Int16(bitPattern: try read16(address)))))
        case 0xD9:
            switch operation {
            case 0: unit.load(X87Arithmetic.widen32(try fetch32(address)))
            case 2, 3:
                let store = unit.storeSingle()
                if let bits = store.bits { try put32(address, bits) } else { try probe(address, 4) }
                unit.commit(store, popping: operation == 3)
            case 4: try loadEnvironment(unit, address, operand16: operand16)
            case 5: unit.controlWord = try read16(address)
            case 6: try storeEnvironment(unit, address, operand16: operand16)
            case 7: try write16(address, unit.controlWord)
            default: throw .invalidOpcode
            }
        case 0xDB:
            switch operation {
            case 0: unit.load(Extended80(Int64(Int32(bitPattern: try fetch32(address)))))
            case 2, 3: try storeInteger(unit, 32, at: address, popping: operation == 3)
            case 5: unit.load(try readExtended(address))
            case 7:
                let store = unit.storeExtended()
                if let value = store.bits { try writeExtended(address, value) } else { try probe(address, 10) }
                unit.commit(store, popping: true)
            default: throw .invalidOpcode
            }
        case 0xDD:
            switch operation {
            case 0: unit.load(X87Arithmetic.widen64(try fetch64(address)))
            case 2, 3:
                let store = unit.storeDouble()
                if let bits = store.bits { try put64(address, bits) } else { try probe(address, 8) }
                unit.commit(store, popping: operation == 3)
            case 4: try restore(unit, address, operand16: operand16)
            case 6: try save(unit, address, operand16: operand16)
            case 7: try write16(address, unit.statusWord)
            default: throw .invalidOpcode
            }
        default:
            switch operation {
            case 0: unit.load(Extended80(Int64(Int16(bitPattern: try read16(address)))))
            case 2, 3: try storeInteger(unit, 16, at: address, popping: operation == 3)
            case 4:
                let bits = try readExtended(address)
                unit.load(Extended80(packedDecimal: bits.mantissa, bits.signExponent))
            case 5: unit.load(Extended80(Int64(bitPattern: try fetch64(address))))
            case 6:
                let store = unit.storePackedDecimal()
                if let digits = store.bits {
                    try writeExtended(address, Extended80(signExponent: digits.high, mantissa: digits.low))
                } else {
                    try probe(address, 10)
                }
                unit.commit(store, popping: true)
            case 7: try storeInteger(unit, 64, at: address, popping: true)
            default: throw .invalidOpcode
            }
        }
    }

    // The TLB hit without a call, as the loop does it for integers: most x87 instructions of compilers touch memory.
    // SAFETY (all four): a hit is an address inside guest memory with that many bytes left in its page, and no decoded
    // code lies where `fastWrite` hits.

    @inline(__always)
    private func fetch32(_ address: UInt32) throws(CPUFault) -> UInt32 {
        if let p = fastRead(address, 4) { return p.loadUnaligned(as: UInt32.self) }
        return try read32(address)
    }

    @inline(__always)
    private func fetch64(_ address: UInt32) throws(CPUFault) -> UInt64 {
        if let p = fastRead(address, 8) { return p.loadUnaligned(as: UInt64.self) }
        return try read64(address)
    }

    @inline(__always)
    private func put32(_ address: UInt32, _ bits: UInt32) throws(CPUFault) {
        if let p = fastWrite(address, 4) { return p.storeBytes(of: bits, as: UInt32.self) }
        try write32(address, bits)
    }

    @inline(__always)
    private func put64(_ address: UInt32, _ bits: UInt64) throws(CPUFault) {
        if let p = fastWrite(address, 8) { return p.storeBytes(of: bits, as: UInt64.self) }
        try write64(address, bits)
    }

    /// A store that an unmasked exception forbids still has to be allowed to write.
    private func probe(_ address: UInt32, _ count: UInt32) throws(CPUFault) {
        try probeWrite(address, count, user: isUser)
    }

    private func storeInteger(
        _ unit: X87Unit, _ bits: Int, at address: UInt32, popping: Bool
    ) throws(CPUFault) {
        let store = unit.storeInteger(bits: bits)
        if let value = store.bits {
            switch bits {
            case 16: try write16(address, UInt16(truncatingIfNeeded: value))
            case 32: try write32(address, UInt32(truncatingIfNeeded: value))
            default: try write64(address, UInt64(bitPattern: value))
            }
        } else {
            try probe(address, UInt32(truncatingIfNeeded: bits / 8))
        }
        unit.commit(store, popping: popping)
    }

    private func readExtended(_ address: UInt32) throws(CPUFault) -> Extended80 {
        let mantissa = try read64(address)
        return Extended80(signExponent: try read16(address &+ 8), mantissa: mantissa)
    }

    private func writeExtended(_ address: UInt32, _ value: Extended80) throws(CPUFault) {
        try probe(address, 10)
        try write64(address, value.mantissa)
        try write16(address &+ 8, value.signExponent)
    }

    // MARK: Environment and full state. Intel SDM vol. 1, figures 8-9 to 8-12 (protected mode).

    private func storeEnvironment(_ unit: X87Unit, _ address: UInt32, operand16: Bool) throws(CPUFault) {
        try probe(address, operand16 ? 14 : 28)
        try writeEnvironment(unit, address, operand16: operand16)
        unit.controlWord |= X87Status.exceptions
    }

    private func save(_ unit: X87Unit, _ address: UInt32, operand16: Bool) throws(CPUFault) {
        try probe(address, operand16 ? 94 : 108)
        try writeEnvironment(unit, address, operand16: operand16)
        let registers = address &+ (operand16 ? 14 : 28)
        for i in 0..<8 {
            let value = unit.st(i)
            let at = registers &+ UInt32(10 * i)
            try write64(at, value.mantissa)
            try write16(at &+ 8, value.signExponent)
        }
        unit.initialize()
    }

    private func writeEnvironment(_ unit: X87Unit, _ address: UInt32, operand16: Bool) throws(CPUFault) {
        // The 16-bit layout is the 32-bit one with the upper half of every word left out.
        func put(_ index: UInt32, _ word: UInt32) throws(CPUFault) {
            if operand16 {
                try write16(address &+ 2 &* index, UInt16(truncatingIfNeeded: word))
            } else {
                try write32(address &+ 4 &* index, word)
            }
        }
        let fpu = unit.fpu
        let reserved: UInt32 = 0xFFFF_0000
        try put(0, reserved | UInt32(fpu.pointee.control))
        try put(1, reserved | UInt32(unit.statusWord))
        try put(2, reserved | UInt32(unit.tagWord))
        try put(3, fpu.pointee.instructionPointer)
        try put(4, UInt32(fpu.pointee.lastOpcode) << 16 | UInt32(fpu.pointee.instructionSelector))
        try put(5, fpu.pointee.operandPointer)
        try put(6, reserved | UInt32(fpu.pointee.operandSelector))
    }

    private func loadEnvironment(_ unit: X87Unit, _ address: UInt32, operand16: Bool) throws(CPUFault) {
        try probeRead(address, operand16 ? 14 : 28, user: isUser)
        try readEnvironment(unit, address, operand16: operand16)
    }

    private func restore(_ unit: X87Unit, _ address: UInt32, operand16: Bool) throws(CPUFault) {
        try probeRead(address, operand16 ? 94 : 108, user: isUser)
        try readEnvironment(unit, address, operand16: operand16)
        let tags = unit.fpu.pointee.occupied
        let registers = address &+ (operand16 ? 14 : 28)
        for i in 0..<8 { unit.fill(i, try readExtended(registers &+ UInt32(10 * i))) }
        unit.fpu.pointee.occupied = tags
    }

    private func readEnvironment(_ unit: X87Unit, _ address: UInt32, operand16: Bool) throws(CPUFault) {
        let step: UInt32 = operand16 ? 2 : 4
        let fpu = unit.fpu
        unit.controlWord = try read16(address)
        unit.statusWord = try read16(address &+ step)
        unit.tagWord = try read16(address &+ 2 &* step)
        if operand16 {
            fpu.pointee.instructionPointer = UInt32(try read16(address &+ 6))
            fpu.pointee.instructionSelector = try read16(address &+ 8)
            fpu.pointee.operandPointer = UInt32(try read16(address &+ 10))
            fpu.pointee.operandSelector = try read16(address &+ 12)
            fpu.pointee.lastOpcode = 0
        } else {
            fpu.pointee.instructionPointer = try read32(address &+ 12)
            fpu.pointee.instructionSelector = try read16(address &+ 16)
            fpu.pointee.lastOpcode = try read16(address &+ 18) & 0x7FF
            fpu.pointee.operandPointer = try read32(address &+ 20)
            fpu.pointee.operandSelector = try read16(address &+ 24)
        }
    }
}
