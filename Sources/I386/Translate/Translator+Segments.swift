// Segments in generated code. cs, ss, ds and es are flat wherever it runs, so nobody looks at them; fs and gs have bases, by
// which kernels find their processor's data and programs their thread's, and are looked at when they are used.

extension Op {
    /// A memory operand behind one sum and one check: in a flat segment, or in fs or gs.
    var isReachable: Bool {
        !traits.contains(.address16) && (traits.contains(.flat) || basedSegment != nil)
    }
    /// fs or gs, where that is the operand's segment.
    var basedSegment: Segment? { segment >= Segment.fs.rawValue ? Segment(rawValue: segment) : nil }
}

extension Translator {
    /// A jump that is taken when fs or gs is anything but readable and writable up to the last byte: then the interpreter has
    /// to look closer. Flags go.
    func leaveUnlessOpen(_ segment: Segment) -> Int {
        let word = segment == .fs ? TranslationFrame.fsIsOpenAt : TranslationFrame.gsIsOpenAt
        a.arithmetic(.cmp, 4, .memory(.at(Host.state, word)), immediate: 0)
        return a.jump(Assembler.equal)
    }

    /// From an offset to a linear address, in rbp. Flags go.
    func addBase(of segment: Segment) {
        a.arithmetic(.add, 4, Host.address, memory: .at(Host.state, Self.place(of: segment)))
    }

    /// Where a segment register is in CPUState: base, limit, selector, attributes.
    static func place(of segment: Segment) -> Int32 {
        Int32(CPUState.segmentsOffset + MemoryLayout<SegmentRegister>.stride * Int(segment.rawValue))
    }
}

extension Translator {
    func emitSegmentMove(_ op: Op) {
        guard let segment = Segment(rawValue: UInt8(truncatingIfNeeded: op.aux)) else {
            a.failed = true
            return
        }
        let selector = HostMemory.at(Host.state, Self.place(of: segment) + 8)
        switch item.operation {
        case .pushSegment:
            let below = HostMemory.at(Host.esp, -4)
            perform(modifies: bit(16), access: Access.write(below, 4)) {
                a.extend(4, Host.scratch, .memory(selector), from: 2, signed: false)
                a.store(4, checked, Host.scratch)
                a.lea(4, Host.esp, below)
            }
        case .movFromSegment where op.traits.contains(.dstMemory):
            perform(access: Access.write(address(op), 2)) {
                a.extend(4, Host.scratch, .memory(selector), from: 2, signed: false)
                a.store(2, checked, Host.scratch)
            }
        case .movFromSegment:
            perform(modifies: bit(op.dst)) {
                if op.size == 4 {
                    a.extend(4, host(op.dst), .memory(selector), from: 2, signed: false)
                } else {
                    a.move(2, host(op.dst), .memory(selector))
                }
            }
        case .popSegment:
            perform(
                modifies: bit(16),
                access: .by({ [self] in
                    check(.at(Host.esp), bytes: 4, write: false)
                    load(segment, from: .memory(checked))
                })
            ) {
                a.lea(4, Host.esp, .at(Host.esp, 4))
            }
        default:  // movToSegment
            perform(
                access: .by({ [self] in
                    if op.traits.contains(.srcMemory) {
                        check(address(op), bytes: 2, write: false)
                        load(segment, from: .memory(checked))
                    } else {
                        load(segment, from: .register(host(op.src, 2)))
                    }
                })
            ) {}
        }
    }

    /// Nothing that a trace was made for changes: not the mode, and fs and gs are looked at when they are used. Else out.
    private func load(_ segment: Segment, from selector: HostOperand) {
        a.extend(4, Host.scratch, selector, from: 2, signed: false)
        a.call(to: stubs.loadSegment[Int(segment.rawValue)])
        distance = nil
        leaveUnless(Assembler.equal)
    }
}

extension Stubs {
    static func emitLoad(of segment: Segment, _ a: Assembler) {
        let t = Host.address
        let register = Translator.place(of: segment)
        func entry(_ offset: Int32) -> HostMemory {
            HostMemory(base: Host.state, index: Host.scratch2, displacement: TranslationFrame.loadsAt + offset)
        }
        var slow: [Int] = []
        // The x87 registers still owe an operand's selector.
        a.arithmetic(.cmp, 1, .memory(.at(Host.state, TranslationFrame.x87LoadedAt)), immediate: 0)
        slow.append(a.jump(Assembler.notEqual))
        a.lea(4, Host.scratch2, HostMemory(base: Host.scratch, index: Host.scratch))
        a.arithmetic(.and, 4, .register(Host.scratch2), immediate: 0x1fff0)
        a.arithmetic(
            .cmp, 4, .register(Host.scratch2), immediate: UInt32(SegmentLoad.count * SegmentLoad.size))
        slow.append(a.jump(Assembler.below ^ 1))
        // No LDT.
        a.test(4, .register(Host.scratch), immediate: 4)
        slow.append(a.jump(Assembler.notEqual))
        a.extend(4, t, .memory(.at(Host.state, Translator.place(of: .cs) + 8)), from: 2, signed: false)
        a.arithmetic(.and, 4, .register(t), immediate: 3)
        a.arithmetic(.cmp, 4, t, memory: entry(12))
        slow.append(a.jump(Assembler.greater))
        a.move(t, Host.scratch)
        a.arithmetic(.and, 4, .register(t), immediate: 3)
        a.arithmetic(.cmp, 4, t, memory: entry(12))
        slow.append(a.jump(Assembler.greater))
        if segment == .ds || segment == .es {
            a.arithmetic(.cmp, 1, .memory(entry(11)), immediate: 0)
            slow.append(a.jump(Assembler.equal))
        } else {
            a.extend(4, t, .memory(entry(10)), from: 1, signed: false)
            let word = segment == .fs ? TranslationFrame.fsIsOpenAt : TranslationFrame.gsIsOpenAt
            a.store(4, .at(Host.state, word), t)
        }
        for offset in [0, 4] as [Int32] {
            a.move(4, t, .memory(entry(offset)))
            a.store(4, .at(Host.state, register + offset), t)
        }
        a.extend(4, t, .memory(entry(8)), from: 2, signed: false)
        a.shift(.shl, 4, .register(t), by: 16)
        a.arithmetic(.or, 4, .register(t), Host.scratch)
        a.store(4, .at(Host.state, register + 8), t)
        a.arithmetic(.xor, 4, .register(t), t)
        a.plain("ret", 0xc3)
        for site in slow { a.bind(site) }
        a.test(8, .register(Host.rsp), Host.rsp)
        a.plain("ret", 0xc3)
    }
}
