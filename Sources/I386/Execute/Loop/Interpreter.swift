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
                        var done = true
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

                        // Moves.
                        case .nop: break
                        case .movRR: m.set(op.pointee.dst, m.r(op.pointee.src))
                        case .movRI: m.set(op.pointee.dst, op.pointee.imm)
                        case .movRM: done = m.load32(m.address(op)) { m.set(op.pointee.dst, $0) }
                        case .movMR: done = m.store32(m.address(op), m.r(op.pointee.src))
                        case .movMI: done = m.store32(m.address(op), op.pointee.imm)
                        case .movRMB: done = m.load32(m.plain(op)) { m.set(op.pointee.dst, $0) }
                        case .movMRB: done = m.store32(m.plain(op), m.r(op.pointee.src))
                        case .movMIB: done = m.store32(m.plain(op), op.pointee.imm)
                        case .mov8RR: m.set8(op.pointee.dst, m.r8(op.pointee.src))
                        case .mov8RI: m.set8(op.pointee.dst, UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .mov8RM: done = m.load8(m.address(op)) { m.set8(op.pointee.dst, $0) }
                        case .mov8MR: done = m.store8(m.address(op), m.r8(op.pointee.src))
                        case .mov8MI: done = m.store8(m.address(op), UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .mov16RM: done = m.load16(m.address(op)) { m.set16(op.pointee.dst, $0) }
                        case .mov16MR: done = m.store16(m.address(op), m.r16(op.pointee.src))
                        case .movzx8RR: m.set(op.pointee.dst, UInt32(m.r8(op.pointee.src)))
                        case .movzx8RM: done = m.load8(m.address(op)) { m.set(op.pointee.dst, UInt32($0)) }
                        case .movzx16RR: m.set(op.pointee.dst, UInt32(m.r16(op.pointee.src)))
                        case .movzx16RM: done = m.load16(m.address(op)) { m.set(op.pointee.dst, UInt32($0)) }
                        case .movsx8RR:
                            m.set(op.pointee.dst, UInt32(bitPattern: Int32(Int8(bitPattern: m.r8(op.pointee.src)))))
                        case .movsx8RM:
                            done = m.load8(m.address(op)) {
                                m.set(op.pointee.dst, UInt32(bitPattern: Int32(Int8(bitPattern: $0))))
                            }
                        case .movsx16RR:
                            m.set(op.pointee.dst, UInt32(bitPattern: Int32(Int16(bitPattern: m.r16(op.pointee.src)))))
                        case .movsx16RM:
                            done = m.load16(m.address(op)) {
                                m.set(op.pointee.dst, UInt32(bitPattern: Int32(Int16(bitPattern: $0))))
                            }
                        case .lea: m.set(op.pointee.src, m.address(op))
                        case .leaB: m.set(op.pointee.src, m.plain(op))
                        case .xchgRR:
                            let a = m.r(op.pointee.dst)
                            m.set(op.pointee.dst, m.r(op.pointee.src))
                            m.set(op.pointee.src, a)
                        case .bswapR: m.set(op.pointee.dst, m.r(op.pointee.dst).byteSwapped)
                        case .cdq: m.s.pointee.edx = UInt32(bitPattern: Int32(bitPattern: m.s.pointee.eax) >> 31)
                        case .cmovRR:
                            if m.s.condition(op.pointee.opcode & 0xf) { m.set(op.pointee.dst, m.r(op.pointee.src)) }
                        case .setccR: m.set8(op.pointee.dst, m.s.condition(op.pointee.opcode & 0xf) ? 1 : 0)

                        // Arithmetic and logic, 32 bits.
                        case .addRR: m.rr(op) { m.add($0, $1) }
                        case .addRI: m.ri(op) { m.add($0, $1) }
                        case .addRM: done = m.rm(op) { m.add($0, $1) }
                        case .addMR: done = m.mr(op) { m.add($0, $1) }
                        case .addMI: done = m.mi(op) { m.add($0, $1) }
                        case .orRR: m.rr(op) { m.logic($0 | $1) }
                        case .orRI: m.ri(op) { m.logic($0 | $1) }
                        case .orRM: done = m.rm(op) { m.logic($0 | $1) }
                        case .orMR: done = m.mr(op) { m.logic($0 | $1) }
                        case .orMI: done = m.mi(op) { m.logic($0 | $1) }
                        case .adcRR: m.rr(op) { m.adc($0, $1) }
                        case .adcRI: m.ri(op) { m.adc($0, $1) }
                        case .adcRM: done = m.rm(op) { m.adc($0, $1) }
                        case .sbbRR: m.rr(op) { m.sbb($0, $1) }
                        case .sbbRI: m.ri(op) { m.sbb($0, $1) }
                        case .sbbRM: done = m.rm(op) { m.sbb($0, $1) }
                        case .andRR: m.rr(op) { m.logic($0 & $1) }
                        case .andRI: m.ri(op) { m.logic($0 & $1) }
                        case .andRM: done = m.rm(op) { m.logic($0 & $1) }
                        case .andMR: done = m.mr(op) { m.logic($0 & $1) }
                        case .andMI: done = m.mi(op) { m.logic($0 & $1) }
                        case .subRR: m.rr(op) { m.sub($0, $1) }
                        case .subRI: m.ri(op) { m.sub($0, $1) }
                        case .subRM: done = m.rm(op) { m.sub($0, $1) }
                        case .subMR: done = m.mr(op) { m.sub($0, $1) }
                        case .subMI: done = m.mi(op) { m.sub($0, $1) }
                        case .xorRR: m.rr(op) { m.logic($0 ^ $1) }
                        case .xorRI: m.ri(op) { m.logic($0 ^ $1) }
                        case .xorRM: done = m.rm(op) { m.logic($0 ^ $1) }
                        case .xorMR: done = m.mr(op) { m.logic($0 ^ $1) }
                        case .xorMI: done = m.mi(op) { m.logic($0 ^ $1) }
                        case .cmpRR: _ = m.sub(m.r(op.pointee.dst), m.r(op.pointee.src))
                        case .cmpRI: _ = m.sub(m.r(op.pointee.dst), op.pointee.imm)
                        case .cmpRM: done = m.load32(m.address(op)) { _ = m.sub(m.r(op.pointee.dst), $0) }
                        case .cmpMR: done = m.load32(m.address(op)) { _ = m.sub($0, m.r(op.pointee.src)) }
                        case .cmpMI: done = m.load32(m.address(op)) { _ = m.sub($0, op.pointee.imm) }
                        case .testRR: _ = m.logic(m.r(op.pointee.dst) & m.r(op.pointee.src))
                        case .testRI: _ = m.logic(m.r(op.pointee.dst) & op.pointee.imm)
                        case .testMR: done = m.load32(m.address(op)) { _ = m.logic($0 & m.r(op.pointee.src)) }
                        case .testMI: done = m.load32(m.address(op)) { _ = m.logic($0 & op.pointee.imm) }
                        case .addDeadRR: m.rr(op) { $0 &+ $1 }
                        case .addDeadRI: m.ri(op) { $0 &+ $1 }
                        case .orDeadRR: m.rr(op) { $0 | $1 }
                        case .orDeadRI: m.ri(op) { $0 | $1 }
                        case .andDeadRR: m.rr(op) { $0 & $1 }
                        case .andDeadRI: m.ri(op) { $0 & $1 }
                        case .subDeadRR: m.rr(op) { $0 &- $1 }
                        case .subDeadRI: m.ri(op) { $0 &- $1 }
                        case .xorDeadRR: m.rr(op) { $0 ^ $1 }
                        case .xorDeadRI: m.ri(op) { $0 ^ $1 }
                        case .incR: m.unary(op) { m.inc($0) }
                        case .incDeadR: m.unary(op) { $0 &+ 1 }
                        case .incM: done = m.mi(op) { a, _ in m.inc(a) }
                        case .decR: m.unary(op) { m.dec($0) }
                        case .decDeadR: m.unary(op) { $0 &- 1 }
                        case .decM: done = m.mi(op) { a, _ in m.dec(a) }
                        case .negR: m.unary(op) { m.sub(0, $0) }
                        case .notR: m.unary(op) { ~$0 }
                        case .shlRI: m.ri(op) { m.shl($0, $1 & 31) }
                        case .shrRI: m.ri(op) { m.shr($0, $1 & 31) }
                        case .sarRI: m.ri(op) { m.sar($0, $1 & 31) }
                        case .rolRI: m.ri(op) { m.rol($0, $1 & 31) }
                        case .rorRI: m.ri(op) { m.ror($0, $1 & 31) }
                        case .shlDeadRI: m.ri(op) { $0 &<< $1 }
                        case .shrDeadRI: m.ri(op) { $0 &>> $1 }
                        case .sarDeadRI:
                            m.ri(op) { UInt32(bitPattern: Int32(bitPattern: $0) &>> Int32(bitPattern: $1)) }
                        case .rolDeadRI: m.ri(op) { $0 &<< $1 | $0 &>> (0 &- $1) }
                        case .rorDeadRI: m.ri(op) { $0 &>> $1 | $0 &<< (0 &- $1) }
                        case .shlRC: m.shiftByCL(op) { m.shl($0, $1) }
                        case .shrRC: m.shiftByCL(op) { m.shr($0, $1) }
                        case .sarRC: m.shiftByCL(op) { m.sar($0, $1) }
                        case .imulRR: m.rr(op) { m.imul($0, $1) }
                        case .imulRM: done = m.rm(op) { m.imul($0, $1) }
                        case .imulRRI: m.set(op.pointee.dst, m.imul(m.r(op.pointee.src), op.pointee.imm))
                        case .mulR: m.mul(m.r(op.pointee.dst))

                        // Arithmetic and logic, 8 bits.
                        case .add8RR: m.rr8(op) { m.add8($0, $1) }
                        case .add8RI: m.ri8(op) { m.add8($0, $1) }
                        case .or8RR: m.rr8(op) { m.logic8($0 | $1) }
                        case .or8RI: m.ri8(op) { m.logic8($0 | $1) }
                        case .and8RR: m.rr8(op) { m.logic8($0 & $1) }
                        case .and8RI: m.ri8(op) { m.logic8($0 & $1) }
                        case .sub8RR: m.rr8(op) { m.sub8($0, $1) }
                        case .sub8RI: m.ri8(op) { m.sub8($0, $1) }
                        case .xor8RR: m.rr8(op) { m.logic8($0 ^ $1) }
                        case .xor8RI: m.ri8(op) { m.logic8($0 ^ $1) }
                        case .cmp8RR: _ = m.sub8(m.r8(op.pointee.dst), m.r8(op.pointee.src))
                        case .cmp8RI: _ = m.sub8(m.r8(op.pointee.dst), UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .cmp8RM: done = m.load8(m.address(op)) { _ = m.sub8(m.r8(op.pointee.dst), $0) }
                        case .cmp8MR: done = m.load8(m.address(op)) { _ = m.sub8($0, m.r8(op.pointee.src)) }
                        case .cmp8MI:
                            done = m.load8(m.address(op)) { _ = m.sub8($0, UInt8(truncatingIfNeeded: op.pointee.imm)) }
                        case .test8RR: _ = m.logic8(m.r8(op.pointee.dst) & m.r8(op.pointee.src))
                        case .test8RI: _ = m.logic8(m.r8(op.pointee.dst) & UInt8(truncatingIfNeeded: op.pointee.imm))
                        case .test8MI:
                            done = m.load8(m.address(op)) {
                                _ = m.logic8($0 & UInt8(truncatingIfNeeded: op.pointee.imm))
                            }

                        // The stack.
                        case .pushR: done = m.push(m.r(op.pointee.dst))
                        case .pushI: done = m.push(op.pointee.imm)
                        case .pushM: done = m.pushFromMemory(op)
                        case .popR: done = m.pop(op)
                        case .leave: done = m.leave()

                        // Jumps.
                        case .jump:
                            link = block.links
                            target = op.pointee.imm
                            break ops
                        case .jumpO:
                            (link, target) = m.branch(block, op, m.s.of, op.pointee.imm)
                            break ops
                        case .jumpNO:
                            (link, target) = m.branch(block, op, !m.s.of, op.pointee.imm)
                            break ops
                        case .jumpB:
                            (link, target) = m.branch(block, op, m.s.cf, op.pointee.imm)
                            break ops
                        case .jumpAE:
                            (link, target) = m.branch(block, op, !m.s.cf, op.pointee.imm)
                            break ops
                        case .jumpE:
                            (link, target) = m.branch(block, op, m.s.zf, op.pointee.imm)
                            break ops
                        case .jumpNE:
                            (link, target) = m.branch(block, op, !m.s.zf, op.pointee.imm)
                            break ops
                        case .jumpBE:
                            (link, target) = m.branch(block, op, m.s.cf || m.s.zf, op.pointee.imm)
                            break ops
                        case .jumpA:
                            (link, target) = m.branch(block, op, !(m.s.cf || m.s.zf), op.pointee.imm)
                            break ops
                        case .jumpS:
                            (link, target) = m.branch(block, op, m.s.sf, op.pointee.imm)
                            break ops
                        case .jumpNS:
                            (link, target) = m.branch(block, op, !m.s.sf, op.pointee.imm)
                            break ops
                        case .jumpP:
                            (link, target) = m.branch(block, op, m.s.pf, op.pointee.imm)
                            break ops
                        case .jumpNP:
                            (link, target) = m.branch(block, op, !m.s.pf, op.pointee.imm)
                            break ops
                        case .jumpL:
                            (link, target) = m.branch(block, op, m.s.sf != m.s.of, op.pointee.imm)
                            break ops
                        case .jumpGE:
                            (link, target) = m.branch(block, op, m.s.sf == m.s.of, op.pointee.imm)
                            break ops
                        case .jumpLE:
                            (link, target) = m.branch(block, op, m.s.zf || m.s.sf != m.s.of, op.pointee.imm)
                            break ops
                        case .jumpG:
                            (link, target) = m.branch(block, op, !(m.s.zf || m.s.sf != m.s.of), op.pointee.imm)
                            break ops
                        case .call:
                            if m.push(op.pointee.next) {
                                link = block.links
                                target = op.pointee.imm
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .callR:
                            if let to = m.call(op, m.r(op.pointee.dst)) {
                                target = to
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .callM:
                            if let to = m.callThroughMemory(op) {
                                target = to
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .ret:
                            if let to = m.ret(0) {
                                target = to
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .retI:
                            if let to = m.ret(op.pointee.imm) {
                                target = to
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops
                        case .jumpR:
                            target = m.r(op.pointee.dst)
                            break ops
                        case .jumpM:
                            if let to = m.jumpThroughMemory(op) {
                                target = to
                            } else {
                                try executeSlowly(op, block)
                                target = m.s.pointee.eip
                            }
                            break ops

                        // A comparison and its jump.
                        case .cmpRRJumpB:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) { $0 < $1 }
                            break ops
                        case .cmpRRJumpAE:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) { $0 >= $1 }
                            break ops
                        case .cmpRRJumpE:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) { $0 == $1 }
                            break ops
                        case .cmpRRJumpNE:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) { $0 != $1 }
                            break ops
                        case .cmpRRJumpBE:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) { $0 <= $1 }
                            break ops
                        case .cmpRRJumpA:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) { $0 > $1 }
                            break ops
                        case .cmpRRJumpL:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) {
                                Int32(bitPattern: $0) < Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRRJumpGE:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) {
                                Int32(bitPattern: $0) >= Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRRJumpLE:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) {
                                Int32(bitPattern: $0) <= Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRRJumpG:
                            (link, target) = m.compare(block, op, m.r(op.pointee.src)) {
                                Int32(bitPattern: $0) > Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRIJumpB:
                            (link, target) = m.compare(block, op, op.pointee.imm) { $0 < $1 }
                            break ops
                        case .cmpRIJumpAE:
                            (link, target) = m.compare(block, op, op.pointee.imm) { $0 >= $1 }
                            break ops
                        case .cmpRIJumpE:
                            (link, target) = m.compare(block, op, op.pointee.imm) { $0 == $1 }
                            break ops
                        case .cmpRIJumpNE:
                            (link, target) = m.compare(block, op, op.pointee.imm) { $0 != $1 }
                            break ops
                        case .cmpRIJumpBE:
                            (link, target) = m.compare(block, op, op.pointee.imm) { $0 <= $1 }
                            break ops
                        case .cmpRIJumpA:
                            (link, target) = m.compare(block, op, op.pointee.imm) { $0 > $1 }
                            break ops
                        case .cmpRIJumpL:
                            (link, target) = m.compare(block, op, op.pointee.imm) {
                                Int32(bitPattern: $0) < Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRIJumpGE:
                            (link, target) = m.compare(block, op, op.pointee.imm) {
                                Int32(bitPattern: $0) >= Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRIJumpLE:
                            (link, target) = m.compare(block, op, op.pointee.imm) {
                                Int32(bitPattern: $0) <= Int32(bitPattern: $1)
                            }
                            break ops
                        case .cmpRIJumpG:
                            (link, target) = m.compare(block, op, op.pointee.imm) {
                                Int32(bitPattern: $0) > Int32(bitPattern: $1)
                            }
                            break ops
                        case .testRRJumpE:
                            (link, target) = m.test(block, op) { $0 == 0 }
                            break ops
                        case .testRRJumpNE:
                            (link, target) = m.test(block, op) { $0 != 0 }
                            break ops
                        case .testRRJumpS:
                            (link, target) = m.test(block, op) { $0 < 0 }
                            break ops
                        case .testRRJumpNS:
                            (link, target) = m.test(block, op) { $0 >= 0 }
                            break ops
                        case .testRRJumpLE:
                            (link, target) = m.test(block, op) { $0 <= 0 }
                            break ops
                        case .testRRJumpG:
                            (link, target) = m.test(block, op) { $0 > 0 }
                            break ops
                        case .decRJumpNE:
                            (link, target) = m.countDown(block, op) { $0 != 0 }
                            break ops
                        case .decRJumpNS:
                            (link, target) = m.countDown(block, op) { $0 >= 0 }
                            break ops
                        }
                        if !done { try executeSlowly(op, block) }
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
                        next.pointee.patience &-= 1
                        if after >= 0, !next.pointee.isDead, next.pointee.patience >= 0 {
                            left = after
                            block = next
                            op = next.ops
                            continue blocks
                        }
                    }
                    m.s.pointee.eip = target
                    guard left > 0, attention.pointee.load(ordering: .relaxed) == 0 else { break }
                    let generation = code.generation
                    let next = try findBlock()
                    if code.generation == generation, !block.pointee.isDead, !block.pointee.isScratch {
                        link.pointee = Link(tag: core.pointee.tag, block: next)
                    }
                    next.pointee.patience &-= 1
                    guard left >= Int(next.pointee.count), next.pointee.patience >= 0 else { break }
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
                    if slot.pointee.tag == core.pointee.tag, let next = slot.pointee.block, next.pointee.eip == target,
                        !next.pointee.isDead
                    {
                        block = next
                    } else {
                        guard left > 0 else { break }
                        block = try findBlock()
                    }
                    block.pointee.patience &-= 1
                    guard left >= Int(block.pointee.count), block.pointee.patience >= 0 else { break }
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
