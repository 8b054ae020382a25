// Moves, the stack and the jumps.

extension Translator {
    func emitMove(_ op: Op) {
        let size = op.size
        switch item.operation {
        case .mov: emitPlainMove(op)
        case .movzx8, .movsx8, .movzx16, .movsx16:
            let from: UInt8 = item.operation == .movzx8 || item.operation == .movsx8 ? 1 : 2
            let signed = item.operation == .movsx8 || item.operation == .movsx16
            if op.traits.contains(.srcMemory) {
                perform(
                    modifies: bit(op.dst), access: Access.read(address(op), from)
                ) {
                    a.extend(size, host(op.dst), .memory(checked), from: from, signed: signed)
                }
            } else {
                perform(modifies: bit(op.dst)) {
                    a.extend(size, host(op.dst), .register(host(op.src, from)), from: from, signed: signed)
                }
            }
        case .lea:
            perform(modifies: bit(op.src)) {
                if op.base == Op.zeroRegister, op.index == Op.zeroRegister, size == 4 {
                    a.load(host(op.src), immediate: op.disp)
                } else {
                    a.lea(size, host(op.src), address(op))
                }
            }
        case .xchg: emitExchange(op)
        case .bswap: perform(modifies: bit(op.dst)) { a.byteSwap(host(op.dst)) }
        case .cbw:
            perform(modifies: bit(0)) { size == 4 ? a.plain("cwde", 0x98) : a.plain("cbw", 0x66, 0x98) }
        case .cwd:
            perform(modifies: bit(8)) { size == 4 ? a.plain("cdq", 0x99) : a.plain("cwd", 0x66, 0x99) }
        case .setcc:
            let cc = op.opcode & 0xf
            let reads = item.operation.flagsRead(condition: cc)
            if op.traits.contains(.dstMemory) {
                perform(reads: reads, access: Access.write(address(op), 1)) {
                    a.set(cc, .memory(checked))
                }
            } else {
                perform(modifies: bit(op.dst, 1), reads: reads) { a.set(cc, .register(host(op.dst, 1))) }
            }
        case .cmovcc:
            let cc = op.opcode & 0xf
            let reads = item.operation.flagsRead(condition: cc)
            let hasMemory = op.traits.contains(.srcMemory)
            perform(
                modifies: bit(op.dst), reads: reads,
                access: hasMemory ? Access.read(address(op), size) : nil
            ) {
                a.moveIf(cc, size, host(op.dst), hasMemory ? .memory(checked) : .register(host(op.src)))
            }
        default: a.failed = true
        }
    }

    private func emitPlainMove(_ op: Op) {
        let size = op.size
        if op.traits.contains(.srcMemory) {
            perform(
                modifies: bit(op.dst, size), access: Access.read(address(op), size)
            ) {
                a.move(size, host(op.dst, size), .memory(checked))
            }
        } else if op.traits.contains(.dstMemory) {
            perform(access: Access.write(address(op), size)) {
                if op.traits.contains(.srcImmediate) {
                    a.store(size, checked, immediate: op.imm)
                } else {
                    a.store(size, checked, host(op.src, size))
                }
            }
        } else {
            perform(modifies: bit(op.dst, size)) {
                if op.traits.contains(.srcImmediate) {
                    if size == 4 {
                        a.load(host(op.dst), immediate: op.imm)
                    } else {
                        let dst = host(op.dst, size)
                        a.note("mov narrow, \(Assembler.hex(op.imm))")
                        a.encode(size == 1 ? 0xc6 : 0xc7, size: size, reg: 0, .register(dst))
                        a.immediate(op.imm, size)
                    }
                } else {
                    a.move(size, host(op.dst, size), .register(host(op.src, size)))
                }
            }
        }
    }

    private func emitExchange(_ op: Op) {
        let size = op.size
        let mine = host(op.src, size)
        guard op.traits.contains(.dstMemory) else {
            perform(modifies: bit(op.src, size) | bit(op.dst, size)) { a.exchange(size, host(op.dst, size), mine) }
            return
        }
        // The host's xchg with memory locks the bus, which nobody needs here. A high byte has to go through it all the same:
        // the way by r8 is closed to it.
        perform(
            modifies: bit(op.src, size), access: Access.write(address(op), size)
        ) {
            if size == 1, mine >= 4 {
                a.note("xchg byte [rbp], high")
                a.encode(0x86, size: 1, reg: mine, .memory(checked))
            } else {
                a.move(size, Host.scratch, .memory(checked))
                a.store(size, checked, mine)
                a.move(size, mine, .register(Host.scratch))
            }
        }
    }

    // MARK: The stack

    func emitStack(_ op: Op) {
        let below = HostMemory.at(Host.esp, -4)
        switch item.operation {
        case .push:
            if op.traits.contains(.dstMemory) {
                // Both addresses are checked before anything is stored; the value waits in the shadow register.
                forgetShadow()
                perform(
                    modifies: bit(16), usesShadow: true,
                    access: .by({
                        self.check(self.address(op), bytes: 4, write: false)
                        self.a.move(4, Host.shadow, .memory(self.checked))
                        self.pushShadow()
                    })
                ) {
                    a.store(4, checked, Host.shadow)
                    a.lea(4, Host.esp, below)
                }
                return
            }
            perform(modifies: bit(16), access: Access.write(below, 4)) {
                if op.traits.contains(.srcImmediate) {
                    a.store(4, checked, immediate: op.imm)
                } else {
                    a.store(4, checked, host(op.dst))
                }
                a.lea(4, Host.esp, below)
            }
        case .pop:
            let dst = host(op.dst)
            perform(modifies: bit(16) | bit(op.dst), access: Access.read(.at(Host.esp), 4)) {
                a.move(4, dst, .memory(checked))
                if dst != Host.esp { a.lea(4, Host.esp, .at(Host.esp, 4)) }
            }
        default:  // leave
            perform(
                modifies: bit(16) | bit(20), access: Access.read(.at(Host.ebp), 4)
            ) {
                a.lea(4, Host.esp, .at(Host.ebp, 4))
                a.move(4, Host.ebp, .memory(checked))
            }
        }
    }

    /// The second check of `push m32`: the shadow register holds the value, so no flags may depend on it.
    private func pushShadow() {
        check(.at(Host.esp, -4), bytes: 4, write: true)
    }

    // MARK: Jumps

    func emitJump(_ op: Op) {
        switch item.operation {
        case .jumpIf:
            let reads = item.operation.flagsRead(condition: item.condition)
            if reads & ~flags.host != 0 {
                // Flags that only the host has would be lost by bringing in the others.
                if flags.host & ~flags.durable != 0 { saveFlags() }
                needInHost(reads)
            }
            account(item.executed + 1)
            if loop?.last == item.executed {
                closeLoop(item.condition)
            } else {
                emitExit(item.exit, condition: item.condition)
            }
        case .loop:
            perform(modifies: bit(4)) { a.lea(4, Host.rcx, .at(Host.rcx, -1)) }
            account(item.executed + 1)
            // Out unless ecx is zero; flags stay.
            a.plain("jrcxz +5", 0xe3, 5)
            emitExit(item.exit, condition: nil)
        case .jumpIfCXZero:
            account(item.executed + 1)
            a.plain("jrcxz +2", 0xe3, 2)
            a.plain("jmp +5", 0xeb, 5)
            emitExit(item.exit, condition: nil)
        case .call:
            emitPushReturn()
            account(item.executed + 1)
        case .ret:
            saveFlags()
            perform(modifies: bit(16), access: Access.read(.at(Host.esp), 4)) {
                a.move(4, Host.scratch, .memory(checked))
                a.lea(4, Host.esp, .at(Host.esp, Int32(truncatingIfNeeded: 4 &+ op.imm)))
            }
            emitIndirectJump()
        case .jumpIndirect:
            saveFlags()
            loadTarget(op, into: Host.scratch)
            emitIndirectJump()
        default:  // call through register or memory
            saveFlags()
            loadTarget(op, into: Host.shadow)
            emitPushReturn()
            a.move(Host.scratch, Host.shadow)
            emitIndirectJump()
        }
    }

    private func loadTarget(_ op: Op, into target: HostRegister) {
        if op.traits.contains(.dstMemory) {
            perform(access: Access.read(address(op), 4)) {
                a.move(4, target, .memory(checked))
            }
        } else {
            a.move(target, host(op.dst))
        }
    }

    private func emitPushReturn() {
        perform(modifies: bit(16), access: Access.write(.at(Host.esp, -4), 4)) {
            a.store(4, checked, immediate: item.next)
            a.lea(4, Host.esp, .at(Host.esp, -4))
        }
    }

    /// On to the address in r8d, by way of the table of known targets.
    func emitIndirectJump() {
        account(item.executed + 1)
        a.move(Host.scratch2, Host.scratch)
        a.arithmetic(.and, 4, .register(Host.scratch2), immediate: UInt32(TranslationFrame.targetCount - 1))
        a.jump(
            through: HostMemory(
                base: Host.state, index: Host.scratch2, scale: 3, displacement: TranslationFrame.targetsAt))
    }
}
