// What kernels synchronise by and keep their maps with: bits in strings of any length, exchanges under a condition, searches for a bit.

extension Translator {
    /// BT and its like with a register as the number of a bit that may be anywhere around the address.
    func emitBitString(_ op: Op) {
        let n = 4 + (item.operation.rawValue - Operation.bt.rawValue)
        let writes = item.operation != .bt
        let number = host(op.src)
        perform(
            defines: Flag.cf, reads: item.liveAfter & ~Flag.cf,
            access: .by({ [self] in
                let operand = address(op)
                a.lea(4, Host.address, operand)
                a.move(Host.scratch2, number)
                a.shift(.sar, 4, .register(Host.scratch2), by: 5)
                a.lea(4, Host.address, HostMemory(base: Host.address, index: Host.scratch2, scale: 2))
                var word = HostMemory.at(Host.address)
                word.segment = operand.segment
                check(word, bytes: 4, write: writes)
            })
        ) {
            a.move(4, Host.scratch, .memory(checked))
            a.bitTest(n, 4, Host.scratch, register: number)
            if writes { a.store(4, checked, Host.scratch) }
        }
    }

    /// XADD and CMPXCHG with memory: the host's, without its lock.
    func emitExchangeUnder(_ op: Op) {
        let adds = item.operation == .xadd
        perform(
            modifies: adds ? bit(op.src) : bit(0), defines: Flag.status, access: Access.write(address(op), op.size)
        ) {
            a.note("\(adds ? "xadd" : "cmpxchg") dword [rbp], …")
            a.encode(adds ? 0x0fc1 : 0x0fb1, size: op.size, reg: host(op.src), .memory(checked))
        }
    }

    /// BSF and BSR change ZF and nothing else, which no host promises: ZF is put among the others in memory.
    func emitBitScan(_ op: Op) {
        saveFlags()
        let hasMemory = op.traits.contains(.srcMemory)
        let high = HostMemory.at(Host.state, TranslationFrame.flagsAt + 1)
        perform(modifies: bit(op.dst), spoils: true, access: hasMemory ? Access.read(address(op), 4) : nil) {
            let source: HostOperand = hasMemory ? .memory(checked) : .register(host(op.src))
            a.move(4, Host.scratch, source)
            a.test(4, .register(Host.scratch), Host.scratch)
            a.set(Assembler.equal, .register(Host.scratch2))
            // Of zero it leaves the destination alone, as all processors do.
            a.move(Host.shadow, host(op.dst))
            a.note("\(item.operation) shadow, r8d")
            a.encode(item.operation == .bsf ? 0x0fbc : 0x0fbd, size: 4, reg: Host.shadow, .register(Host.scratch))
            a.move(host(op.dst), Host.shadow)
            a.extend(4, Host.scratch2, .register(Host.scratch2), from: 1, signed: false)
            a.shift(.shl, 4, .register(Host.scratch2), by: 6)
            a.arithmetic(.and, 1, .memory(high), immediate: ~Flag.zf & 0xff)
            a.arithmetic(.or, 1, .memory(high), Host.scratch2)
        }
        distance = nil
    }
}
