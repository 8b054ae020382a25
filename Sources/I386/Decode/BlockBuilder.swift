// Finding the block at an address, and building it when nobody has been there: decode to the next jump, find out which
// flags nobody reads, choose the fast forms, and fuse comparisons with their jumps.

extension CPU {
    /// The block at `state.eip`, decoded if need be.
    ///
    /// - Throws: what fetching or decoding the first instruction raises.
    func findBlock() throws(CPUFault) -> BlockPointer {
        let eip = state.pointee.eip
        let slot = code.jumps + CodeCache.jump(eip)
        if slot.pointee.tag == core.pointee.tag, let block = slot.pointee.block, block.pointee.eip == eip,
            !block.pointee.isDead
        {
            return block
        }
        let host = try translate(eip, write: false, user: isUser)
        let physical = UInt32(truncatingIfNeeded: host - memory.base)
        var found: BlockPointer?
        var candidate = code.buckets[CodeCache.bucket(physical, eip)]
        while let b = candidate {
            if b.pointee.physical == physical, b.pointee.eip == eip, b.pointee.mode == core.pointee.mode {
                if b.pointee.secondPage == .max {
                    found = b
                } else {
                    let second = try translate(eip & 0xffff_f000 &+ 4096, write: false, user: isUser)
                    if UInt32(truncatingIfNeeded: second - memory.base) == b.pointee.secondPage { found = b }
                }
                if found != nil { break }
            }
            candidate = b.pointee.hashNext
        }
        let block: BlockPointer
        if let found { block = found } else { block = try build(eip, physical, host) }
        let space = spaces + core.pointee.space
        let filter = space.pointee.codeFilter(user: isUser)
        filter.note(eip)
        if block.pointee.secondPage != .max { filter.note(eip &+ 4096) }
        slot.pointee = Link(tag: core.pointee.tag, block: block)
        return block
    }

    private func build(
        _ eip: UInt32, _ physical: UInt32, _ host: UnsafeMutableRawPointer
    ) throws(CPUFault) -> BlockPointer {
        if code.used + CodeCache.maximumBlockSize > CodeCache.arenaSize || code.marked.count > 1 << 18 { dropAllCode() }
        // SAFETY: the arena has room for the longest block, and nothing else uses this part of it.
        let block = (code.arena + code.used).bindMemory(to: Block.self, capacity: 1)
        block.initialize(to: Block(eip: eip, physical: physical))
        block.pointee.mode = core.pointee.mode
        if let translator { block.pointee.patience = translator.threshold }

        // Marked before the bytes are read, so that a device writing them now is noticed.
        let start = Int(physical & 0xfff)
        let frame = Int(physical >> 12)
        markCode(frame: frame, start, min(start + 15, 4095))

        var count = 0
        var at: UInt32 = 0
        let pageLeft = 4096 - physical & 0xfff
        let flat = core.pointee.mode & Self.modeFlat != 0
        while count < CodeCache.maximumInstructions, at < pageLeft {
            let op = block.ops + count
            var cursor = CodeCursor(
                bytes: UnsafePointer((host + Int(at)).assumingMemoryBound(to: UInt8.self)), inPage: pageLeft - at,
                inSegment: .max, linear: eip &+ at)
            do throws(CPUFault) {
                try decode(
                    &op.pointee, &cursor, eip: eip &+ at, code32: core.pointee.mode & Self.modeCode32 != 0, flat: flat)
            } catch {
                // A later instruction that cannot be decoded faults when it is reached, if it ever is.
                if count == 0 { throw error }
                break
            }
            if let second = cursor.second {
                // An instruction across the page border is a block of its own: its second half can be remapped.
                guard count == 0 else { break }
                block.pointee.secondPage = UInt32(
                    truncatingIfNeeded: UnsafeRawPointer(second) - UnsafeRawPointer(memory.base))
            }
            count += 1
            at += cursor.position
            if op.pointee.operation.endsBlock || cursor.second != nil { break }
        }
        finish(block, count: count, bytes: at)
        register(block)
        code.built &+= 1
        return block
    }

    /// Enters a finished block into the tables.
    private func register(_ block: BlockPointer) {
        let bucket = code.buckets + CodeCache.bucket(block.pointee.physical, block.pointee.eip)
        block.pointee.hashNext = bucket.pointee
        bucket.pointee = block
        list(block, frame: block.firstFrame)
        if let second = block.secondFrame { list(block, frame: second) }
        let end = UnsafeMutableRawPointer(block.ops + Int(block.pointee.slots)) - code.arena
        code.used = end
    }

    private func list(_ block: BlockPointer, frame: Int) {
        block.forEachRange(inFrame: frame) { markCode(frame: frame, $0, $1) }
        block.setNextBlock(code.blocks[frame], inFrame: frame)
        code.blocks[frame] = block
    }

    /// Decodes the single instruction at `state.eip` into the scratch block, limits and all. For single steps, for the
    /// end of a budget, and for code segments that are not flat, which nobody has and nothing is kept of.
    func decodeScratch() throws(CPUFault) -> BlockPointer {
        let s = state.pointee
        guard s.eip <= s.cs.limit else { throw .generalProtection() }
        let linear = s.cs.base &+ s.eip
        let host = try translate(linear, write: false, user: isUser)
        let block = code.scratch
        block.initialize(to: Block(eip: s.eip, physical: 0))
        block.pointee.mode = core.pointee.mode
        block.pointee.isScratch = true
        var cursor = CodeCursor(
            bytes: UnsafePointer(host.assumingMemoryBound(to: UInt8.self)), inPage: 4096 - linear & 0xfff,
            inSegment: s.cs.limit == .max ? .max : s.cs.limit - s.eip + 1, linear: linear)
        try decode(
            &block.ops.pointee, &cursor, eip: s.eip, code32: core.pointee.mode & Self.modeCode32 != 0,
            flat: core.pointee.mode & Self.modeFlat != 0)
        finish(block, count: 1, bytes: cursor.position)
        return block
    }

    /// Chooses codes, fuses, and closes the block with a boundary when it does not end in a jump.
    private func finish(_ block: BlockPointer, count: Int, bytes: UInt32) {
        let ops = block.ops
        var live = Flag.status
        for i in stride(from: count - 1, through: 0, by: -1) {
            let op = ops + i
            let operation = op.pointee.operation
            let memory = !op.pointee.traits.isDisjoint(with: .memory)
            let written = op.pointee.flagsWritten
            if written != 0, written & live == 0 { op.pointee.traits.insert(.flagsDead) }
            if operation.isPureOnRegisters, !memory {
                live =
                    live & ~op.pointee.flagsCertainlyWritten | operation.flagsRead(condition: op.pointee.opcode & 0xf)
            } else {
                // It may fault, and the handler sees the flags.
                live = Flag.status
            }
        }
        var out = 0
        var instructions: UInt8 = 0
        for i in 0..<count {
            var op = ops[i]
            op.code = Code(for: op, mode: block.pointee.mode)
            op.ordinal = instructions
            instructions &+= 1
            if op.operation == .jumpIf, op.code != .genericEnd, out > 0,
                let fused = Code.fused(ops[out - 1].code, condition: op.opcode & 0xf)
            {
                out -= 1
                ops[out].code = fused
                ops[out].aux = op.imm
                ops[out].next = op.next
                ops[out].length &+= op.length
                // For the translator, which takes the pair apart again: the jump's condition and length.
                ops[out].opcode = op.opcode
                ops[out].disp = UInt32(op.length)
            } else {
                ops[out] = op
            }
            out += 1
        }
        let last = ops[out - 1]
        if !last.operation.endsBlock, last.code.rawValue < Code.cmpRRJumpB.rawValue {
            var boundary = Op()
            boundary.operation = .boundary
            boundary.code = .boundary
            boundary.ordinal = instructions
            boundary.next = last.next
            ops[out] = boundary
            out += 1
        }
        // The slot that a store at the very end may turn into `.leaveBlock`.
        ops[out] = ops[out - 1]
        block.pointee.count = UInt16(instructions)
        block.pointee.bytes = UInt16(truncatingIfNeeded: bytes)
        block.pointee.slots = UInt8(out + 1)
    }
}

extension Op {
    private var shiftsByConstant: Bool { traits.contains(.srcImmediate) && imm & 31 != 0 }

    /// The flags that it may change.
    var flagsWritten: UInt32 {
        switch operation {
        case .shl, .sal, .shr, .sar: Flag.status
        case .rol, .ror, .rcl, .rcr: Flag.cf | Flag.of
        default: operation.flagsKilled
        }
    }
    /// The flags that it changes for certain.
    var flagsCertainlyWritten: UInt32 {
        switch operation {
        case .shl, .sal, .shr, .sar: shiftsByConstant ? Flag.status : 0
        case .rol, .ror: shiftsByConstant ? Flag.cf | Flag.of : 0
        default: operation.flagsKilled
        }
    }
}
