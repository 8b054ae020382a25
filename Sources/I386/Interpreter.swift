// The inner loop. One big switch over decoded ops, with the common forms written out so that the compiler keeps the
// state pointer, the TLB and the current op in registers. A form that meets anything unusual (a TLB miss, a page border,
// a store into code) hands the same op to `CPU.execute`, which does it in full; nothing here ever faults by itself.

import Synchronization

extension CPU {
    /// Runs `first` and what follows until an instruction faults (thrown; `eip` at it), or the next block is not at hand,
    /// does not fit the budget, or somebody wants attention (returns; `eip` at it).
    @inline(never)
    func interpret(_ first: BlockPointer, _ budget: inout Int) throws(CPUFault) {
        let attention = memory.attention
        let core = core
        let jumps = code.jumps
        var m = Machine(s: state, tlb: core.pointee.tlb)
        var block = first
        var op = block.ops
        var left = budget - Int(block.pointee.count)
        do throws(CPUFault) {
            blocks: while true {
                // How the block is left: along a link, or just to `target`; `anythingChanged` when the op may have
                // changed mode, privilege or address space, or asked for an exit.
                var link: UnsafeMutablePointer<Link>?
                var target: UInt32 = 0
                var anythingChanged = false
                do throws(CPUFault) {
                    ops: while true {
                        switch op.pointee.code {
                        case .generic:
                            m.s.pointee.eip = op.pointee.start
                            let goesOn = try execute(op)
                            if block.pointee.isDead { (op + 1).pointee.code = .leaveBlock }
                            if !goesOn {
                                // A repetition takes a break.
                                left &+= Int(block.pointee.count) &- Int(op.pointee.ordinal) &- 1
                                target = m.s.pointee.eip
                                anythingChanged = true
                                break ops
                            }
                        case .genericEnd:
                            m.s.pointee.eip = op.pointee.start
                            _ = try execute(op)
                            target = m.s.pointee.eip
                            anythingChanged = true
                            break ops
                        case .leaveBlock:
                            left &+= Int(block.pointee.count) &- Int(op.pointee.ordinal)
                            target = op.pointee.start
                            break ops
                        case .boundary:
                            link = block.links + 1
                            target = op.pointee.next
                            break ops

                        case .nop:
                            break
                        case .movRR:
                            m.set(op.pointee.dst, m.r(op.pointee.src))
                        case .movRI:
                            m.set(op.pointee.dst, op.pointee.imm)
                        case .movRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, p.loadUnaligned(as: UInt32.self))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movMR:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(of: m.r(op.pointee.src), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movMI:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(of: op.pointee.imm, as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movRMB:
                            if let p = m.readable(m.plain(op), 4) {
                                m.set(op.pointee.dst, p.loadUnaligned(as: UInt32.self))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movMRB:
                            if let p = m.writable(m.plain(op), 4) {
                                p.storeBytes(of: m.r(op.pointee.src), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movMIB:
                            if let p = m.writable(m.plain(op), 4) {
                                p.storeBytes(of: op.pointee.imm, as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .mov8RR:
                            m.set8(op.pointee.dst, m.r8(op.pointee.src))
                        case .mov8RI:
                            m.set8(op.pointee.dst, UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .mov8RM:
                            if let p = m.readable(m.address(op), 1) {
                                m.set8(op.pointee.dst, p.load(as: UInt8.self))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .mov8MR:
                            if let p = m.writable(m.address(op), 1) {
                                p.storeBytes(of: m.r8(op.pointee.src), as: UInt8.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .mov8MI:
                            if let p = m.writable(m.address(op), 1) {
                                p.storeBytes(of: UInt8(truncatingIfNeeded: op.pointee.imm), as: UInt8.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .mov16RM:
                            if let p = m.readable(m.address(op), 2) {
                                m.set16(op.pointee.dst, p.loadUnaligned(as: UInt16.self))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .mov16MR:
                            if let p = m.writable(m.address(op), 2) {
                                p.storeBytes(of: m.r16(op.pointee.src), as: UInt16.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movzx8RR:
                            m.set(op.pointee.dst, UInt32(m.r8(op.pointee.src)))
                        case .movzx8RM:
                            if let p = m.readable(m.address(op), 1) {
                                m.set(op.pointee.dst, UInt32(p.loadUnaligned(as: UInt8.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movzx16RR:
                            m.set(op.pointee.dst, UInt32(m.r16(op.pointee.src)))
                        case .movzx16RM:
                            if let p = m.readable(m.address(op), 2) {
                                m.set(op.pointee.dst, UInt32(p.loadUnaligned(as: UInt16.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movsx8RR:
                            m.set(op.pointee.dst, UInt32(bitPattern: Int32(Int8(bitPattern: m.r8(op.pointee.src)))))
                        case .movsx8RM:
                            if let p = m.readable(m.address(op), 1) {
                                m.set(
                                    op.pointee.dst,
                                    UInt32(bitPattern: Int32(Int8(bitPattern: p.loadUnaligned(as: UInt8.self)))))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .movsx16RR:
                            m.set(op.pointee.dst, UInt32(bitPattern: Int32(Int16(bitPattern: m.r16(op.pointee.src)))))
                        case .movsx16RM:
                            if let p = m.readable(m.address(op), 2) {
                                m.set(
                                    op.pointee.dst,
                                    UInt32(bitPattern: Int32(Int16(bitPattern: p.loadUnaligned(as: UInt16.self)))))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .lea:
                            m.set(op.pointee.src, m.address(op))
                        case .leaB:
                            m.set(op.pointee.src, m.plain(op))
                        case .xchgRR:
                            let a = m.r(op.pointee.dst)
                            m.set(op.pointee.dst, m.r(op.pointee.src))
                            m.set(op.pointee.src, a)
                        case .bswapR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst).byteSwapped)
                        case .cdq:
                            m.s.pointee.edx = UInt32(bitPattern: Int32(bitPattern: m.s.pointee.eax) >> 31)
                        case .cmovRR:
                            if m.s.condition(op.pointee.opcode & 0xf) { m.set(op.pointee.dst, m.r(op.pointee.src)) }
                        case .setccR:
                            m.set8(op.pointee.dst, m.s.condition(op.pointee.opcode & 0xf) ? 1 : 0)

                        case .addRR:
                            m.set(op.pointee.dst, m.add(m.r(op.pointee.dst), m.r(op.pointee.src)))
                        case .addRI:
                            m.set(op.pointee.dst, m.add(m.r(op.pointee.dst), op.pointee.imm))
                        case .addRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.add(m.r(op.pointee.dst), p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .addMR:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.add(p.loadUnaligned(as: UInt32.self), m.r(op.pointee.src)), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .addMI:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.add(p.loadUnaligned(as: UInt32.self), op.pointee.imm), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .orRR:
                            m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) | m.r(op.pointee.src)))
                        case .orRI:
                            m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) | op.pointee.imm))
                        case .orRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) | p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .orMR:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.logic(p.loadUnaligned(as: UInt32.self) | m.r(op.pointee.src)), as: UInt32.self
                                )
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .orMI:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.logic(p.loadUnaligned(as: UInt32.self) | op.pointee.imm), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .adcRR:
                            m.set(op.pointee.dst, m.adc(m.r(op.pointee.dst), m.r(op.pointee.src)))
                        case .adcRI:
                            m.set(op.pointee.dst, m.adc(m.r(op.pointee.dst), op.pointee.imm))
                        case .adcRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.adc(m.r(op.pointee.dst), p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .sbbRR:
                            m.set(op.pointee.dst, m.sbb(m.r(op.pointee.dst), m.r(op.pointee.src)))
                        case .sbbRI:
                            m.set(op.pointee.dst, m.sbb(m.r(op.pointee.dst), op.pointee.imm))
                        case .sbbRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.sbb(m.r(op.pointee.dst), p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .andRR:
                            m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src)))
                        case .andRI:
                            m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) & op.pointee.imm))
                        case .andRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) & p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .andMR:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.logic(p.loadUnaligned(as: UInt32.self) & m.r(op.pointee.src)), as: UInt32.self
                                )
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .andMI:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.logic(p.loadUnaligned(as: UInt32.self) & op.pointee.imm), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .subRR:
                            m.set(op.pointee.dst, m.sub(m.r(op.pointee.dst), m.r(op.pointee.src)))
                        case .subRI:
                            m.set(op.pointee.dst, m.sub(m.r(op.pointee.dst), op.pointee.imm))
                        case .subRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.sub(m.r(op.pointee.dst), p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .subMR:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.sub(p.loadUnaligned(as: UInt32.self), m.r(op.pointee.src)), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .subMI:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.sub(p.loadUnaligned(as: UInt32.self), op.pointee.imm), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .xorRR:
                            m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) ^ m.r(op.pointee.src)))
                        case .xorRI:
                            m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) ^ op.pointee.imm))
                        case .xorRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.logic(m.r(op.pointee.dst) ^ p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .xorMR:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.logic(p.loadUnaligned(as: UInt32.self) ^ m.r(op.pointee.src)), as: UInt32.self
                                )
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .xorMI:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(
                                    of: m.logic(p.loadUnaligned(as: UInt32.self) ^ op.pointee.imm), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .cmpRR:
                            _ = m.sub(m.r(op.pointee.dst), m.r(op.pointee.src))
                        case .cmpRI:
                            _ = m.sub(m.r(op.pointee.dst), op.pointee.imm)
                        case .cmpRM:
                            if let p = m.readable(m.address(op), 4) {
                                _ = m.sub(m.r(op.pointee.dst), p.loadUnaligned(as: UInt32.self))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .cmpMR:
                            if let p = m.readable(m.address(op), 4) {
                                _ = m.sub(p.loadUnaligned(as: UInt32.self), m.r(op.pointee.src))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .cmpMI:
                            if let p = m.readable(m.address(op), 4) {
                                _ = m.sub(p.loadUnaligned(as: UInt32.self), op.pointee.imm)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .testRR:
                            _ = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                        case .testRI:
                            _ = m.logic(m.r(op.pointee.dst) & op.pointee.imm)
                        case .testMR:
                            if let p = m.readable(m.address(op), 4) {
                                _ = m.logic(p.loadUnaligned(as: UInt32.self) & m.r(op.pointee.src))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .testMI:
                            if let p = m.readable(m.address(op), 4) {
                                _ = m.logic(p.loadUnaligned(as: UInt32.self) & op.pointee.imm)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .addDeadRR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &+ m.r(op.pointee.src))
                        case .addDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &+ op.pointee.imm)
                        case .orDeadRR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) | m.r(op.pointee.src))
                        case .orDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) | op.pointee.imm)
                        case .andDeadRR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) & m.r(op.pointee.src))
                        case .andDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) & op.pointee.imm)
                        case .subDeadRR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &- m.r(op.pointee.src))
                        case .subDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &- op.pointee.imm)
                        case .xorDeadRR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) ^ m.r(op.pointee.src))
                        case .xorDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) ^ op.pointee.imm)
                        case .add8RR:
                            m.set8(op.pointee.dst, m.add8(m.r8(op.pointee.dst), m.r8(op.pointee.src)))
                        case .add8RI:
                            m.set8(
                                op.pointee.dst, m.add8(m.r8(op.pointee.dst), UInt8(truncatingIfNeeded: op.pointee.imm)))
                        case .or8RR:
                            m.set8(op.pointee.dst, m.logic8(m.r8(op.pointee.dst) | m.r8(op.pointee.src)))
                        case .or8RI:
                            m.set8(
                                op.pointee.dst,
                                m.logic8(m.r8(op.pointee.dst) | UInt8(truncatingIfNeeded: op.pointee.imm)))
                        case .and8RR:
                            m.set8(op.pointee.dst, m.logic8(m.r8(op.pointee.dst) & m.r8(op.pointee.src)))
                        case .and8RI:
                            m.set8(
                                op.pointee.dst,
                                m.logic8(m.r8(op.pointee.dst) & UInt8(truncatingIfNeeded: op.pointee.imm)))
                        case .sub8RR:
                            m.set8(op.pointee.dst, m.sub8(m.r8(op.pointee.dst), m.r8(op.pointee.src)))
                        case .sub8RI:
                            m.set8(
                                op.pointee.dst, m.sub8(m.r8(op.pointee.dst), UInt8(truncatingIfNeeded: op.pointee.imm)))
                        case .xor8RR:
                            m.set8(op.pointee.dst, m.logic8(m.r8(op.pointee.dst) ^ m.r8(op.pointee.src)))
                        case .xor8RI:
                            m.set8(
                                op.pointee.dst,
                                m.logic8(m.r8(op.pointee.dst) ^ UInt8(truncatingIfNeeded: op.pointee.imm)))
                        case .cmp8RR:
                            _ = m.sub8(m.r8(op.pointee.dst), m.r8(op.pointee.src))
                        case .cmp8RI:
                            _ = m.sub8(m.r8(op.pointee.dst), UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .cmp8RM:
                            if let p = m.readable(m.address(op), 1) {
                                _ = m.sub8(m.r8(op.pointee.dst), p.load(as: UInt8.self))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .cmp8MR:
                            if let p = m.readable(m.address(op), 1) {
                                _ = m.sub8(p.load(as: UInt8.self), m.r8(op.pointee.src))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .cmp8MI:
                            if let p = m.readable(m.address(op), 1) {
                                _ = m.sub8(p.load(as: UInt8.self), UInt8(truncatingIfNeeded: op.pointee.imm))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .test8RR:
                            _ = m.logic8(m.r8(op.pointee.dst) & m.r8(op.pointee.src))
                        case .test8RI:
                            _ = m.logic8(m.r8(op.pointee.dst) & UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .test8MI:
                            if let p = m.readable(m.address(op), 1) {
                                _ = m.logic8(p.load(as: UInt8.self) & UInt8(truncatingIfNeeded: op.pointee.imm))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .incR:
                            m.set(op.pointee.dst, m.inc(m.r(op.pointee.dst)))
                        case .incDeadR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &+ 1)
                        case .incM:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(of: m.inc(p.loadUnaligned(as: UInt32.self)), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .decR:
                            m.set(op.pointee.dst, m.dec(m.r(op.pointee.dst)))
                        case .decDeadR:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &- 1)
                        case .decM:
                            if let p = m.writable(m.address(op), 4) {
                                p.storeBytes(of: m.dec(p.loadUnaligned(as: UInt32.self)), as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .negR:
                            m.set(op.pointee.dst, m.sub(0, m.r(op.pointee.dst)))
                        case .notR:
                            m.set(op.pointee.dst, ~m.r(op.pointee.dst))
                        case .shlRI:
                            m.set(op.pointee.dst, m.shl(m.r(op.pointee.dst), op.pointee.imm & 31))
                        case .shrRI:
                            m.set(op.pointee.dst, m.shr(m.r(op.pointee.dst), op.pointee.imm & 31))
                        case .sarRI:
                            m.set(op.pointee.dst, m.sar(m.r(op.pointee.dst), op.pointee.imm & 31))
                        case .rolRI:
                            m.set(op.pointee.dst, m.rol(m.r(op.pointee.dst), op.pointee.imm & 31))
                        case .rorRI:
                            m.set(op.pointee.dst, m.ror(m.r(op.pointee.dst), op.pointee.imm & 31))
                        case .shlDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &<< op.pointee.imm)
                        case .shrDeadRI:
                            m.set(op.pointee.dst, m.r(op.pointee.dst) &>> op.pointee.imm)
                        case .sarDeadRI:
                            m.set(
                                op.pointee.dst,
                                UInt32(
                                    bitPattern: Int32(bitPattern: m.r(op.pointee.dst))
                                        &>> Int32(bitPattern: op.pointee.imm)))
                        case .rolDeadRI:
                            let a = m.r(op.pointee.dst)
                            m.set(op.pointee.dst, a &<< op.pointee.imm | a &>> (0 &- op.pointee.imm))
                        case .rorDeadRI:
                            let a = m.r(op.pointee.dst)
                            m.set(op.pointee.dst, a &>> op.pointee.imm | a &<< (0 &- op.pointee.imm))
                        case .shlRC:
                            let n = m.s.pointee.ecx & 31
                            if n != 0 { m.set(op.pointee.dst, m.shl(m.r(op.pointee.dst), n)) }
                        case .shrRC:
                            let n = m.s.pointee.ecx & 31
                            if n != 0 { m.set(op.pointee.dst, m.shr(m.r(op.pointee.dst), n)) }
                        case .sarRC:
                            let n = m.s.pointee.ecx & 31
                            if n != 0 { m.set(op.pointee.dst, m.sar(m.r(op.pointee.dst), n)) }
                        case .imulRR:
                            m.set(op.pointee.dst, m.imul(m.r(op.pointee.dst), m.r(op.pointee.src)))
                        case .imulRM:
                            if let p = m.readable(m.address(op), 4) {
                                m.set(op.pointee.dst, m.imul(m.r(op.pointee.dst), p.loadUnaligned(as: UInt32.self)))
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .imulRRI:
                            m.set(op.pointee.dst, m.imul(m.r(op.pointee.src), op.pointee.imm))
                        case .mulR:
                            let product = UInt64(m.s.pointee.eax) &* UInt64(m.r(op.pointee.dst))
                            m.s.pointee.eax = UInt32(truncatingIfNeeded: product)
                            m.s.pointee.edx = UInt32(truncatingIfNeeded: product >> 32)
                            m.result(UInt32(truncatingIfNeeded: product))
                            m.s.pointee.carries = product >> 32 != 0 ? 1 << 32 : 0

                        case .pushR:
                            let sp = m.s.pointee.esp &- 4
                            if let p = m.writable(sp, 4) {
                                p.storeBytes(of: m.r(op.pointee.dst), as: UInt32.self)
                                m.s.pointee.esp = sp
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .pushI:
                            let sp = m.s.pointee.esp &- 4
                            if let p = m.writable(sp, 4) {
                                p.storeBytes(of: op.pointee.imm, as: UInt32.self)
                                m.s.pointee.esp = sp
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .pushM:
                            let sp = m.s.pointee.esp &- 4
                            if let q = m.readable(m.address(op), 4), let p = m.writable(sp, 4) {
                                p.storeBytes(of: q.loadUnaligned(as: UInt32.self), as: UInt32.self)
                                m.s.pointee.esp = sp
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .popR:
                            if let p = m.readable(m.s.pointee.esp, 4) {
                                let value = p.loadUnaligned(as: UInt32.self)
                                m.s.pointee.esp &+= 4
                                m.set(op.pointee.dst, value)
                            } else {
                                try executeSlowly(op, block)
                            }
                        case .leave:
                            if let p = m.readable(m.s.pointee.ebp, 4) {
                                m.s.pointee.esp = m.s.pointee.ebp &+ 4
                                m.s.pointee.ebp = p.loadUnaligned(as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                            }

                        case .jump:
                            link = block.links
                            target = op.pointee.imm
                            break ops
                        case .jumpO:
                            if m.s.of {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpNO:
                            if !m.s.of {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpB:
                            if m.s.cf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpAE:
                            if !m.s.cf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpE:
                            if m.s.zf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpNE:
                            if !m.s.zf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpBE:
                            if m.s.cf || m.s.zf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpA:
                            if !(m.s.cf || m.s.zf) {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpS:
                            if m.s.sf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpNS:
                            if !m.s.sf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpP:
                            if m.s.pf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpNP:
                            if !m.s.pf {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpL:
                            if m.s.sf != m.s.of {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpGE:
                            if m.s.sf == m.s.of {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpLE:
                            if m.s.zf || m.s.sf != m.s.of {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .jumpG:
                            if !(m.s.zf || m.s.sf != m.s.of) {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .call:
                            let sp = m.s.pointee.esp &- 4
                            if let p = m.writable(sp, 4) {
                                p.storeBytes(of: op.pointee.next, as: UInt32.self)
                                m.s.pointee.esp = sp
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .callR:
                            let sp = m.s.pointee.esp &- 4
                            if let p = m.writable(sp, 4) {
                                target = m.r(op.pointee.dst)
                                p.storeBytes(of: op.pointee.next, as: UInt32.self)
                                m.s.pointee.esp = sp
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .callM:
                            let sp = m.s.pointee.esp &- 4
                            if let q = m.readable(m.address(op), 4), let p = m.writable(sp, 4) {
                                target = q.loadUnaligned(as: UInt32.self)
                                p.storeBytes(of: op.pointee.next, as: UInt32.self)
                                m.s.pointee.esp = sp
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .ret:
                            if let p = m.readable(m.s.pointee.esp, 4) {
                                target = p.loadUnaligned(as: UInt32.self)
                                m.s.pointee.esp = m.s.pointee.esp &+ 4
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .retI:
                            if let p = m.readable(m.s.pointee.esp, 4) {
                                target = p.loadUnaligned(as: UInt32.self)
                                m.s.pointee.esp = m.s.pointee.esp &+ 4 &+ op.pointee.imm
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .jumpR:
                            target = m.r(op.pointee.dst)
                            break ops
                        case .jumpM:
                            if let p = m.readable(m.address(op), 4) {
                                target = p.loadUnaligned(as: UInt32.self)
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops

                        case .cmpRRJumpB:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if a < b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpAE:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if a >= b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpE:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if a == b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpNE:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if a != b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpBE:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if a <= b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpA:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if a > b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpL:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) < Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpGE:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) >= Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpLE:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) <= Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRRJumpG:
                            let a = m.r(op.pointee.dst)
                            let b = m.r(op.pointee.src)
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) > Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpB:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if a < b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpAE:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if a >= b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpE:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if a == b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpNE:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if a != b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpBE:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if a <= b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpA:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if a > b {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpL:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) < Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpGE:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) >= Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpLE:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) <= Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .cmpRIJumpG:
                            let a = m.r(op.pointee.dst)
                            let b = op.pointee.imm
                            _ = m.sub(a, b)
                            if Int32(bitPattern: a) > Int32(bitPattern: b) {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .testRRJumpE:
                            let r = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                            if r == 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .testRRJumpNE:
                            let r = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                            if r != 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .testRRJumpS:
                            let r = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                            if Int32(bitPattern: r) < 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .testRRJumpNS:
                            let r = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                            if Int32(bitPattern: r) >= 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .testRRJumpLE:
                            let r = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                            if Int32(bitPattern: r) <= 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .testRRJumpG:
                            let r = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                            if Int32(bitPattern: r) > 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .decRJumpNE:
                            let r = m.dec(m.r(op.pointee.dst))
                            m.set(op.pointee.dst, r)
                            if r != 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        case .decRJumpNS:
                            let r = m.dec(m.r(op.pointee.dst))
                            m.set(op.pointee.dst, r)
                            if Int32(bitPattern: r) >= 0 {
                                link = block.links
                                target = op.pointee.aux
                            } else {
                                link = block.links + 1
                                target = op.pointee.next
                            }
                            break ops
                        }
                        op += 1
                    }
                } catch {
                    left &+= Int(block.pointee.count) &- Int(op.pointee.ordinal)
                    throw error
                }

                // The edge of a block.
                if let link {
                    if link.pointee.tag == core.pointee.tag, attention.pointee.load(ordering: .relaxed) == 0 {
                        // SAFETY: a link with the current tag was set together with its block.
                        let next = link.pointee.block.unsafelyUnwrapped
                        let after = left &- Int(next.pointee.count)
                        if after >= 0 {
                            left = after
                            block = next
                            op = next.ops
                            continue blocks
                        }
                    }
                    m.s.pointee.eip = target
                    guard left > 0, core.pointee.isCacheable, attention.pointee.load(ordering: .relaxed) == 0 else {
                        break
                    }
                    let generation = code.generation
                    let next = try findBlock()
                    if code.generation == generation, !block.pointee.isDead, !block.pointee.isScratch {
                        link.pointee = Link(tag: core.pointee.tag, block: next)
                    }
                    guard left >= Int(next.pointee.count) else { break }
                    block = next
                } else {
                    m.s.pointee.eip = target
                    guard attention.pointee.load(ordering: .relaxed) == 0 else { break }
                    if anythingChanged {
                        guard core.pointee.isCacheable, !core.pointee.exitPending, m.s.pointee.eflags & Flag.tf == 0
                        else {
                            break
                        }
                        m = Machine(s: m.s, tlb: core.pointee.tlb)
                    }
                    let slot = jumps + CodeCache.jump(target)
                    if slot.pointee.tag == core.pointee.tag, let next = slot.pointee.block, next.pointee.eip == target {
                        block = next
                    } else {
                        guard left > 0 else { break }
                        block = try findBlock()
                    }
                    guard left >= Int(block.pointee.count) else { break }
                }
                left &-= Int(block.pointee.count)
                op = block.ops
            }
        } catch {
            budget = left
            throw error
        }
        budget = left
    }

    /// An op in full, for a form of the loop that could not do it the short way.
    @inline(never)
    func executeSlowly(_ op: OpPointer, _ block: BlockPointer) throws(CPUFault) {
        state.pointee.eip = op.pointee.start
        _ = try execute(op)
        // The op has overwritten its own block: what follows may not be what is there any more.
        if block.pointee.isDead { (op + 1).pointee.code = .leaveBlock }
    }
}
