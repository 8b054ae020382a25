// What a translation is made from and what is remembered of it. A trace follows decoded blocks along the way the
// interpreter went most often, inside one page: its code is entered at the top only and left at any of its exits.

/// One instruction on the way.
struct TraceItem {
    var op: OpPointer
    var operation: Operation
    /// eip of the instruction and of the one behind it.
    var start: UInt32
    var next: UInt32
    /// Instructions of the trace before this one.
    var executed: Int
    /// With `.jumpIf`: the condition under which the trace is left, and where to.
    var condition: UInt8 = 0
    var exit: UInt32 = 0
    /// Flags that somebody may look at before they are overwritten: what a fault shows included.
    var liveBefore: UInt32 = Flag.status
    var liveAfter: UInt32 = Flag.status
    /// All its memory lies in open windows, so that it cannot fault.
    var isCovered = false
    /// An address check comes before all of the flags are new, and will spoil the host's.
    var isSpoiltLater = false
}

/// How the last item is left when it is not a jump itself.
enum TraceEnd {
    /// On to this address.
    case fallThrough(UInt32)
    /// The last item jumps wherever it likes.
    case jump
    /// The interpreter takes over at this address.
    case interpret(UInt32)
}

/// A translation.
struct Trace {
    var block: BlockPointer
    var eip: UInt32
    /// Code offsets: for jumps inside the page, for jumps from elsewhere (the mapping is checked), for indirect jumps (so
    /// is the address).
    var entry = 0
    var checkedEntry = 0
    var indirectEntry = 0
    var end = 0
    /// Overwrites all flags before anybody could see them, so that nobody need bring them.
    var isFlagFree = false
    /// Instructions that must be left in the budget.
    var need = 0
    var isDead = false
    /// The exits that are linked to it, as a list.
    var incoming: Int32 = -1
    var hostPage: UInt64 = 0
}

/// A direct way out of a trace. Unlinked, the jump at `site` goes to `stub`, which saves the flags and at `tail` goes on to
/// Swift; linked, either the first or the second jump goes to the next trace.
struct TraceExit {
    var target: UInt32
    /// The target is in the page of the jump, so that no mapping needs a check.
    var isLocal: Bool
    var site = 0
    var stub = 0
    var tail = 0
    var toSwift = 0
    var savesFlags = false
    /// The next trace must have no windows: the addresses of this one lie in two pages.
    var isPlain = false
    /// The trace it is linked to, and the next exit linked to the same.
    var linked: Int32 = -1
    var nextIncoming: Int32 = -1
}

/// A block belongs to a trace.
struct TraceMember {
    var trace: Int32
    var next: Int32
}

extension CPU {
    static var maximumTraceBlocks: Int { 12 }

    /// So many instructions that end in a return or an indirect jump are translated once more for everybody who goes there: what
    /// follows them is guessed better by the host when each has a jump of its own.
    private static var maximumTail: Int { 16 }

    /// Follows the way of the interpreter from `head`, up to code that has been translated already, or all the way round when
    /// it is a loop.
    func collect(_ head: BlockPointer) -> (items: [TraceItem], blocks: [BlockPointer], end: TraceEnd) {
        var (items, blocks, end, known) = follow(head)
        guard let known else { return (items, blocks, end) }
        if case .fallThrough(head.pointee.eip) = end { return (items, blocks, end) }
        if let last = items[known.items...].firstIndex(where: { $0.operation == .jumpIf && $0.exit == head.pointee.eip }
        ) {
            items.removeLast(items.count - last - 1)
            return (items, blocks, .fallThrough(items[last].next))
        }
        if case .jump = end, items.count - known.items <= Self.maximumTail { return (items, blocks, end) }
        items.removeLast(items.count - known.items)
        blocks.removeLast(blocks.count - known.blocks)
        return (items, blocks, .fallThrough(known.next))
    }

    /// - Returns: besides the trace, where it came to code that has been translated already.
    private func follow(
        _ head: BlockPointer
    ) -> (
        items: [TraceItem], blocks: [BlockPointer], end: TraceEnd, known: (items: Int, blocks: Int, next: UInt32)?
    ) {
        var items: [TraceItem] = []
        var known: (items: Int, blocks: Int, next: UInt32)?
        var blocks = [head]
        var block = head
        var executed = 0
        let maximum = translator?.maximumItems ?? 0
        while true {
            var successor: UInt32?
            var index = 0
            body: while true {
                let op = block.ops + index
                let operation = op.pointee.operation
                if items.count >= maximum, operation != .boundary {
                    return (items, blocks, .fallThrough(op.pointee.start), known)
                }
                let fused = op.pointee.code.rawValue >= Code.cmpRRJumpB.rawValue
                if operation == .boundary {
                    successor = op.pointee.next
                    break body
                }
                if operation == .rdtsc, lockstep != nil {
                    // Two engines cannot see the same time.
                    return (items, blocks, .interpret(op.pointee.start), known)
                }
                if operation.endsBlock || fused {
                    if fused {
                        let middle = op.pointee.next &- op.pointee.disp
                        items.append(
                            TraceItem(
                                op: op, operation: operation, start: op.pointee.start, next: middle, executed: executed)
                        )
                        executed += 1
                    }
                    var item = TraceItem(
                        op: op, operation: fused ? .jumpIf : operation,
                        start: fused ? op.pointee.next &- op.pointee.disp : op.pointee.start, next: op.pointee.next,
                        executed: executed)
                    switch item.operation {
                    case .jump where op.pointee.size == 4:
                        item.operation = .nop
                        items.append(item)
                        executed += 1
                        successor = op.pointee.imm
                    case .jumpIf where op.pointee.size == 4 || fused:
                        let taken = fused ? op.pointee.aux : op.pointee.imm
                        item.condition = op.pointee.opcode & 0xf
                        (item.exit, successor) = (taken, item.next)
                        if prefersJump(taken, over: item.next, head, blocks) {
                            (item.exit, successor) = (item.next, taken)
                            item.condition ^= 1
                        }
                        items.append(item)
                        executed += 1
                    case .loop where op.pointee.size == 4 && !op.has(.address16),
                        .jumpIfCXZero where op.pointee.size == 4 && !op.has(.address16):
                        (item.exit, successor) = (op.pointee.imm, item.next)
                        items.append(item)
                        executed += 1
                    case .call, .ret, .callIndirect, .jumpIndirect:
                        guard op.pointee.size == 4, !op.has(.memory) || op.pointee.isReachable else {
                            return (items, blocks, .interpret(item.start), known)
                        }
                        items.append(item)
                        if item.operation == .call { return (items, blocks, .fallThrough(op.pointee.imm), known) }
                        return (items, blocks, .jump, known)
                    case .int, .int3, .into, .iret:
                        guard op.pointee.operation != .iret || op.pointee.size == 4 else {
                            return (items, blocks, .interpret(item.start), known)
                        }
                        items.append(item)
                        return (items, blocks, .jump, known)
                    case .movToSegment, .popSegment:
                        // A call-out that goes on unless the mode has changed. Not ss, which holds off traps.
                        guard op.pointee.aux != UInt32(Segment.ss.rawValue) else {
                            return (items, blocks, .interpret(item.start), known)
                        }
                        items.append(item)
                        executed += 1
                        successor = item.next
                    default:
                        return (items, blocks, .interpret(item.start), known)
                    }
                    break body
                }
                items.append(
                    TraceItem(
                        op: op, operation: operation, start: op.pointee.start, next: op.pointee.next, executed: executed
                    ))
                executed += 1
                index += 1
            }
            guard let next = successor else { return (items, blocks, .jump, known) }
            guard blocks.count < Self.maximumTraceBlocks, items.count < maximum,
                let found = warmBlock(at: next, near: head), !blocks.contains(found)
            else {
                return (items, blocks, .fallThrough(next), known)
            }
            if found.pointee.trace >= 0, known == nil { known = (items.count, blocks.count, next) }
            blocks.append(found)
            block = found
        }
    }

    /// Whether the way of a conditional jump goes on at its target.
    private func prefersJump(
        _ taken: UInt32, over fallThrough: UInt32, _ head: BlockPointer, _ blocks: [BlockPointer]
    ) -> Bool {
        guard taken != head.pointee.eip, fallThrough != head.pointee.eip, let jump = warmBlock(at: taken, near: head),
            jump.pointee.trace < 0,
            !blocks.contains(jump)
        else {
            return false
        }
        guard let straight = warmBlock(at: fallThrough, near: head) else { return true }
        // The less patience is left, the hotter.
        return jump.pointee.patience < straight.pointee.patience
    }

    /// A block in the page of `head` that has run before.
    private func warmBlock(at eip: UInt32, near head: BlockPointer) -> BlockPointer? {
        guard (eip ^ head.pointee.eip) & 0xffff_f000 == 0 else { return nil }
        let physical = head.pointee.physical & 0xffff_f000 | eip & 0xfff
        var candidate = code.buckets[CodeCache.bucket(physical, eip)]
        while let b = candidate {
            if b.pointee.physical == physical, b.pointee.eip == eip, b.pointee.mode == head.pointee.mode {
                return b.pointee.secondPage == .max && b.pointee.patience < translator?.threshold ?? 0 ? b : nil
            }
            candidate = b.pointee.hashNext
        }
        return nil
    }
}
