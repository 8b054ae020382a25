// Loops. A trace that comes back to its own start is written twice: what comes round again enters a second copy of the body,
// which may rely on what the first pass has left behind – windows that are open, flags that can be made anew – and so does
// not look into the TLB for what stays where it is, nor saves flags on the way round.

/// The loop of the trace under way.
struct Loop {
    /// Its first instruction.
    let head: UInt32
    /// The item that jumps back; the number of items when the last one simply goes on there.
    let last: Int
    /// The registers at that point of the first pass.
    let known: KnownValues

    /// What the first pass leaves: the jump, which flags, which windows.
    var site = 0
    var flags = GuestFlags()
    var windows: [Window] = []
    var isReached = false

    /// The second copy: where it starts, and the flags that it counts on.
    var entry: Int?
    var entryFlags = GuestFlags()
    /// It does not leave those flags itself.
    var isMisfit = false
}

extension Translator {
    func findLoop(_ items: [TraceItem], _ end: TraceEnd) -> Loop? {
        guard !isIsolated, let head = items.first?.start else { return nil }
        var last = items.lastIndex { $0.operation == .jumpIf && $0.exit == head }
        if case .fallThrough(head) = end { last = items.count }
        guard let last else { return nil }
        var known = KnownValues()
        for item in items.prefix(last) { known.pass(item, isNative: isNative(item)) }
        return Loop(head: head, last: last, known: known)
    }

    /// The current item goes back to the start.
    func closeLoop(_ condition: UInt8?) {
        guard let loop, let entry = loop.entry else {
            loop?.site = a.jump(condition)
            loop?.flags = flags
            loop?.windows = windows.filter { $0.isOpen && $0.last == .max }
            loop?.isReached = true
            return
        }
        if flags.steps == loop.entryFlags.steps, loop.entryFlags.memory & ~flags.memory == 0 {
            a.jump(condition, to: entry)
        } else if loop.entryFlags.memory == Flag.status {
            let site = a.jump(condition)
            let then = flags
            deferred.append { [self] in
                a.heading("round again, with the flags saved")
                a.bind(site)
                flags = then
                saveFlags()
                a.jump(to: entry)
            }
        } else {
            self.loop?.isMisfit = true
        }
    }

    /// Writes the second copy, and sends the first one there.
    func emitLoop(_ items: [TraceItem]) {
        guard let first = loop, first.isReached else { return }
        let saved = GuestFlags(memory: Flag.status)
        let remembered = GuestFlags(memory: first.flags.memory, steps: first.flags.steps)
        let isRemembered = remembered.durable == Flag.status && emitBody(items, first, remembered)
        guard isRemembered || emitBody(items, first, saved), let entry = loop?.entry else {
            // Then let it be a jump like any other.
            flags = first.flags
            return emitExitStub(first.head, exits.count, sites: [first.site])
        }
        let pages = windows.filter { $0.remembersPage }
        deferred.append { [self] in
            a.heading("into the loop, which knows no pages yet")
            a.bind(first.site)
            flags = first.flags
            if !isRemembered { saveFlags() }
            for window in pages { a.store(8, page(window), immediate: .max) }
            a.jump(to: entry)
        }
        counters.linked += 1
    }

    /// - Returns: false, with nothing written, when it cannot be done with these flags.
    private func emitBody(_ items: [TraceItem], _ first: Loop, _ entryFlags: GuestFlags) -> Bool {
        let (start, exitCount, deferredCount, lines) = (
            a.position, exits.count, deferred.count, a.listing?.count ?? 0
        )
        var body = Array(items.prefix(first.last + 1))
        let around = first.known.aroundLoop()
        windows = first.windows.map {
            var window = $0
            window.first = -1
            return window
        }
        planWindows(&body, around, isLoop: true) { _ in false }
        findLiveFlags(&body, loopsAt: first.last)

        a.align()
        a.heading("the loop, from its second round on: \(body.count) instructions left in the budget?")
        loop?.entry = a.position
        loop?.entryFlags = entryFlags
        loop?.isMisfit = false
        (known, flags, accounted, distance, isX87Known) = (around, entryFlags, 0, nil, false)
        a.arithmetic(.cmp, 8, .register(Host.budget), immediate: UInt32(body.count))
        let spent = a.jump(Assembler.less)
        deferred.append { [self] in
            a.heading("seldom: the budget is spent in the loop")
            a.bind(spent)
            flags = entryFlags
            saveFlags()
            leave(first.head)
        }
        for next in body {
            a.heading("\(GuestVirtual(next.start)) \(next.text)")
            emitItem(next)
            known.pass(next, isNative: isNative(next))
        }
        if first.last == items.count {
            account(items.count)
            closeLoop(nil)
        } else if let behind = body.last?.next {
            a.heading("out of the loop")
            emitExit(behind, condition: nil)
        }
        guard a.failed || loop?.isMisfit != false else { return true }
        a.failed = false
        a.position = start
        exits.removeLast(exits.count - exitCount)
        deferred.removeLast(deferred.count - deferredCount)
        a.listing?.removeLast((a.listing?.count ?? 0) - lines)
        return false
    }
}
