// Between the interpreter and generated code: when a block is worth a translation, how one is entered, and what to do
// with what comes back.

extension CPU {
    /// Instructions that generated code may run before Swift looks around: some ten microseconds.
    private static var chunk: Int { 32768 }

    /// Runs translations from `block` on, translating it if it is time.
    ///
    /// - Returns: false when the block is for the interpreter.
    func runTranslated(_ block: BlockPointer, _ left: inout Int, _ t: Translator) throws(CPUFault) -> Bool {
        if block.pointee.trace < 0 {
            block.pointee.patience &-= 1
            guard block.pointee.patience < 0, translate(block, t) else { return false }
        }
        let trace = t.traces[Int(block.pointee.trace)]
        var budget = min(left, Self.chunk) - (t.isIsolated ? 0 : Translator.slack)
        guard budget >= trace.need else { return false }
        if let lockstep {
            budget = min(budget, trace.need + lockstep.leeway())
            startRecording(lockstep)
        }
        let frame = state.frame
        frame.pointee.left = budget
        frame.pointee.tlb = core.pointee.tlb
        state.packFlags()
        t.counters.entries &+= 1
        t.enter(UnsafeMutableRawPointer(state), t.address(trace.entry))
        state.unpackFlags()
        let done = budget - frame.pointee.left
        left -= done
        t.counters.translatedInstructions &+= UInt64(truncatingIfNeeded: done)
        let value = frame.pointee.value
        let reason = TranslatedExit(rawValue: frame.pointee.reason)
        // An access has found out already what the instruction raises.
        let didFault = reason == .interpret && core.pointee.didFault
        // What leaves before an instruction may have looked up a part of it, and marked a page.
        let leavesWindow = reason == .link && t.exits[Int(value)].isPlain
        let hasMarked = reason == .interpret || leavesWindow || core.pointee.hasMarked
        (core.pointee.didFault, core.pointee.hasMarked) = (false, false)
        let generation = code.generation
        switch reason {
        case .link: state.pointee.eip = t.exits[Int(value)].target
        case .indirect, .lookUp, .interpret, .fault, .untranslated: state.pointee.eip = value
        case .resume, nil: break
        }
        if let lockstep {
            compare(
                lockstep, block, count: done, faults: didFault || reason == .fault, hasMarked: hasMarked)
            guard code.generation == generation, lockstep.difference == nil else { return true }
        }
        switch reason {
        case .link:
            // Nobody is to fault on what was not asked for.
            guard left > 0 else { break }
            let next = try findBlock()
            if leavesWindow {
                guard code.generation == generation else { break }
                if let plain = plainTrace(next, t), !t.isIsolated {
                    t.link(Int(value), to: plain)
                } else if code.generation != generation {
                    break
                } else if Int(next.pointee.count) <= left {
                    try interpret(next, &left)
                } else {
                    try step(&left)
                }
            } else if code.generation == generation, next.pointee.trace >= 0 {
                t.link(Int(value), to: Int(next.pointee.trace))
            }
        case .indirect:
            guard left > 0 else { break }
            let next = try findBlock()
            if next.pointee.trace >= 0 { t.setTarget(value, trace: Int(next.pointee.trace)) }
        case .lookUp:
            guard left > 0 else { break }
            // The checked entries go by the TLB, so let it know the page.
            _ = try translate(value, write: false, user: isUser)
            // A trace without windows may want more of the budget than the one that it stands in for, and is refused each time.
            if done == 0, value == block.pointee.eip {
                try step(&left)
            }
        case .interpret where didFault: throw core.pointee.fault
        case .interpret:
            t.counters.interpreted &+= 1
            // Such an instruction often comes again and is a block of its own: an `int`, an `iret`, a segment register. Blocks are
            // kept; the scratch block would be decoded anew each time.
            let next = try findBlock()
            if next.pointee.count == 1, left > 0 { try interpret(next, &left) } else { try step(&left) }
        case .untranslated:
            t.counters.interpreted &+= 1
            guard left > 0 else { break }
            // A block of one: decoded once, where `step` would decode it each time, and the interpreter may go on from it
            // through its like, which come in twos and threes where rings are crossed.
            let next = try findBlock()
            if next.pointee.trace < 0, Int(next.pointee.count) <= left {
                try interpret(next, &left)
            } else {
                try step(&left)
            }
        case .fault: throw core.pointee.fault
        case .resume, nil: break
        }
        return true
    }

    /// The trace that starts at a block and checks every address by itself.
    private func plainTrace(_ block: BlockPointer, _ t: Translator) -> Int? {
        if let trace = t.plain[block], !t.traces[trace].isDead { return trace }
        return translate(block, t, isPlain: true) ? t.plain[block] : nil
    }

    /// Translates the trace that starts at a block.
    private func translate(_ block: BlockPointer, _ t: Translator, isPlain: Bool = false) -> Bool {
        // Not while anything is wrong with it, and in the one mode that everybody uses.
        guard !block.pointee.isDead, !block.pointee.isScratch, block.pointee.secondPage == .max,
            block.pointee.mode == Self.flatMode
        else {
            block.pointee.patience = .max
            return false
        }
        if t.isFull {
            dropAllCode()
            return false
        }
        var (items, blocks, end) = collect(block)
        let isWatched = watch.map { isWatching($0, items) } ?? false
        if isWatched { t.a.listing = [] }
        let made = t.translate(&items, blocks: blocks, end: end, memoryBase: memory.base, isPlain: isPlain)
        if isWatched {
            if let made { watch?.note(.translated(listing(items, trace: made))) }
            t.a.listing = nil
        }
        guard made != nil else {
            block.pointee.patience = .max
            return false
        }
        return true
    }

    private func isWatching(_ watch: BlockWatch, _ items: [TraceItem]) -> Bool {
        guard watch.isWaiting else { return false }
        return items.contains { watch.address.rawValue &- $0.start < $0.next &- $0.start }
    }
}
