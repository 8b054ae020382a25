// Translating one trace: entries, items, exits, and last what is seldom run. See GuestFlags for the art in it.

extension Translator {
    /// Translates and returns the number of the trace, or nil when not even the first instruction is for us.
    func translate(
        _ items: inout [TraceItem], blocks: [BlockPointer], end: TraceEnd, memoryBase: UnsafeMutableRawPointer,
        isPlain: Bool = false
    ) -> Int? {
        guard let first = items.first else { return nil }
        known = KnownValues()
        windows = []
        distance = nil
        loop = isPlain ? nil : findLoop(items, end)
        let known = loop?.known
        if !isPlain { planWindows(&items, KnownValues(), isLoop: false) { known?.isUnchanged($0) ?? false } }
        findLiveFlags(&items, loopsAt: loop?.last)
        let kill = flagKill(items)
        current = Int32(traces.count)
        flags = GuestFlags(memory: Flag.status)
        accounted = 0
        isX87Known = false
        (x87Pending, x87Segment) = (nil, nil)
        deferred.removeAll(keepingCapacity: true)
        a.failed = false
        let start = a.position
        let firstExit = exits.count

        var trace = Trace(block: blocks[0], eip: first.start)
        trace.isFlagFree = kill != nil
        trace.need = items.count
        trace.hostPage = UInt64(UInt(bitPattern: memoryBase + Int(blocks[0].pointee.physical & 0xffff_f000)))

        emitEntries(&trace, kill.map { Array(items[...$0]) } ?? [])
        traces.append(trace)
        for next in items {
            a.heading("\(GuestVirtual(next.start)) \(next.text)")
            emitItem(next)
            if a.failed { break }
            self.known.pass(next, isNative: isNative(next))
        }
        if !a.failed {
            switch end {
            case .fallThrough where loop?.last == items.count:
                a.heading("round again")
                account(items.count)
                closeLoop(nil)
            case .fallThrough(let target):
                a.heading("on to \(GuestVirtual(target))")
                account(items.count)
                emitExit(target, condition: nil)
            case .interpret(let eip):
                a.heading("the instruction at \(GuestVirtual(eip)) is for the interpreter")
                settleX87()
                saveFlags()
                account(items.count)
                a.load(Host.scratch, immediate: eip)
                a.jump(to: stubs.exits[Int(TranslatedExit.untranslated.rawValue)])
            case .jump: break
            }
        }
        if !a.failed { emitLoop(items) }
        (windows, loop) = ([], nil)
        // The unlikely parts may defer more of their kind.
        var index = 0
        while index < deferred.count, !a.failed {
            deferred[index]()
            index += 1
        }
        deferred.removeAll(keepingCapacity: true)
        if a.failed {
            counters.failed += 1
            a.position = start
            traces.removeLast()
            exits.removeLast(exits.count - firstExit)
            return nil
        }
        let number = Int(current)
        traces[number].end = a.position
        for block in blocks {
            members.append(TraceMember(trace: current, next: block.pointee.member))
            block.pointee.member = Int32(members.count - 1)
        }
        if isPlain {
            plain[blocks[0]] = number
        } else {
            blocks[0].pointee.trace = current
            blocks[0].pointee.patience = 0
        }
        counters.translated += 1
        for exit in firstExit..<exits.count where exits[exit].target == first.start && !exits[exit].isPlain {
            link(exit, to: number)
        }
        return number
    }

    // MARK: Looking ahead

    /// Where a fault or an exit may show flags, all are live; elsewhere those that are read before they are overwritten.
    func findLiveFlags(_ items: inout [TraceItem], loopsAt last: Int?) {
        var live = Flag.status
        // Round a loop, all of them are wanted in a form that survives.
        var isSpoilt = last == items.count
        for i in stride(from: items.count - 1, through: 0, by: -1) {
            items[i].liveAfter = live
            if i == last { isSpoilt = true }
            items[i].isSpoiltLater = isSpoilt
            let op = items[i].op.pointee
            let operation = items[i].operation
            let touchesMemory = !op.traits.isDisjoint(with: .memory) && operation != .lea && !items[i].isCovered
            let isPure = operation.isPureOnRegisters || (items[i].isCovered && operation.isPureOnStack)
            if isPure, isNative(items[i]), !touchesMemory || operation == .nop {
                var killed = op.flagsCertainlyWritten
                if operation == .jumpIf || operation == .nop { killed = 0 }
                live = live & ~killed | operation.flagsRead(condition: op.opcode & 0xf)
            } else {
                live = Flag.status
            }
            items[i].liveBefore = live
            if !isNative(items[i]) || operation == .esc || !(accesses(items[i]).isEmpty || items[i].isCovered) {
                isSpoilt = true
            } else if op.flagsCertainlyWritten == Flag.status, operation != .jumpIf, operation != .nop {
                isSpoilt = false
            }
        }
    }

    /// The item that overwrites all flags before anything could show them, if it comes soon.
    private func flagKill(_ items: [TraceItem]) -> Int? {
        for (i, item) in items.prefix(Self.slack).enumerated() {
            guard item.liveBefore == 0 else { return nil }
            if item.op.pointee.flagsCertainlyWritten == Flag.status, item.operation != .jumpIf, item.operation != .nop {
                return i
            }
        }
        return nil
    }

    /// Instructions that a flag-free trace may run before it looks at the budget.
    static var slack: Int { 16 }

    // MARK: Entries

    private func emitEntries(_ trace: inout Trace, _ untilKill: [TraceItem]) {
        a.align()
        trace.indirectEntry = a.position
        a.heading("entered by an indirect jump: is r8d my address?")
        a.arithmetic(.cmp, 4, .register(Host.scratch), immediate: trace.eip)
        a.jump(Assembler.notEqual, to: stubs.unknownTarget)
        trace.checkedEntry = a.position
        a.heading("entered from another page: is mine still where it was?")
        // The page must be where it was when this was translated.
        let page = trace.eip & 0xffff_f000
        let entry = Int32((page >> 12) & UInt32(TLBEntry.count - 1)) * 16
        a.load64(Host.scratch2, immediate: trace.hostPage &- UInt64(page))
        a.arithmetic(.cmp, 4, .memory(.at(Host.tlb, entry)), immediate: page)
        let missing = a.jump(Assembler.notEqual)
        a.arithmetic(.cmp, 8, Host.scratch2, memory: .at(Host.tlb, entry + 8))
        let moved = a.jump(Assembler.notEqual)
        trace.entry = a.position
        a.heading("entered from inside the page: \(trace.need) instructions left in the budget?")
        a.arithmetic(.cmp, 8, .register(Host.budget), immediate: UInt32(trace.need))
        let spent = a.jump(Assembler.less)
        let eip = trace.eip
        deferred.append { [self] in
            a.heading("seldom: the page is unknown or elsewhere")
            a.bind(missing)
            a.bind(moved)
            leave(eip)
        }
        deferred.append { [self] in
            a.heading("seldom: the budget is spent")
            a.bind(spent)
            guard var kill = untilKill.last else { return leave(eip) }
            // Here they are not dead at all.
            kill.liveAfter = Flag.status
            // Nobody brought the flags; but the budget has some slack, and soon there are new ones.
            flags = GuestFlags(memory: Flag.status)
            accounted = 0
            for next in untilKill.dropLast() { emitItem(next) }
            emitItem(kill)
            saveFlags()
            account(untilKill.count)
            leave(kill.next)
        }
    }

    func leave(_ eip: UInt32) {
        a.load(Host.scratch, immediate: eip)
        a.jump(to: stubs.exits[Int(TranslatedExit.lookUp.rawValue)])
    }

    // MARK: Exits

    /// Subtracts what has run from the budget; flags stay.
    func account(_ executed: Int) {
        settleX87()
        guard executed > accounted else { return }
        a.lea(8, Host.budget, .at(Host.budget, Int32(accounted - executed)))
        accounted = executed
    }

    /// Leaves the trace for `target`.
    func emitExit(_ target: UInt32, condition: UInt8?) {
        let number = exits.count
        let site = a.jump(condition)
        emitExitStub(target, number, sites: [site])
    }

    /// The unlinked half of an exit.
    func emitExitStub(_ target: UInt32, _ number: Int, sites: [Int]) {
        let isLocal = (target ^ traces[Int(current)].eip) & 0xffff_f000 == 0
        var exit = TraceExit(target: target, isLocal: isLocal)
        exit.site = sites[0]
        exit.savesFlags = flags.memory != Flag.status
        exits.append(exit)
        let then = flags
        deferred.append { [self] in
            a.heading("out to \(GuestVirtual(target)), not linked yet: save the flags, ask Swift")
            flags = then
            exits[number].stub = a.position
            a.bind(sites[0])
            saveFlags()
            exits[number].tail = a.jump()
            exits[number].toSwift = a.position
            a.bind(exits[number].tail)
            a.load(Host.scratch, immediate: UInt32(number))
            a.jump(to: stubs.exits[Int(TranslatedExit.link.rawValue)])
        }
    }
}
