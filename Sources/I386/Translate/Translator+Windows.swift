// Opening windows and reaching through them; see Windows.swift for what they are.

extension Translator {
    /// The window that the current item's access goes through, if there is one.
    func window(_ m: HostMemory, _ bytes: UInt8, write: Bool) -> Int? {
        guard !windows.isEmpty, let (origin, offset) = known.place(m) else { return nil }
        return windows.firstIndex {
            $0.first <= item.executed && item.executed <= $0.last && $0.holds(origin, offset, bytes, write: write)
                && ($0.isOpen || $0.isWritable == write)
        }
    }

    /// Makes `checked` the operand, by way of a window. Leaves the flags alone if it is open. Uses r8, r9.
    func reach(_ m: HostMemory, through n: Int) {
        var isLoaded = false
        if !windows[n].isOpen {
            isLoaded = open(m, n)
        } else if distance != windows[n].slot {
            a.move(8, Host.scratch2, .memory(slot(windows[n])))
        }
        distance = windows[n].slot
        if let base = m.base, m.index == nil, m.displacement.magnitude < AddressSpace.margin {
            // No carry: a window is never as near to either end of the address space.
            checked = HostMemory(base: Host.scratch2, index: base, displacement: m.displacement)
        } else {
            if !isLoaded { loadAddress(m) }
            checked = HostMemory(base: Host.scratch2, index: Host.address)
        }
        if namesHighByte {
            a.lea(8, Host.address, checked)
            checked = .at(Host.address)
        }
    }

    /// ah…bh cannot stand beside r9.
    private var namesHighByte: Bool {
        let op = item.op.pointee
        return op.size == 1 && (op.dst | op.src) & 3 != 0
    }

    private func slot(_ window: Window) -> HostMemory {
        .at(Host.state, TranslationFrame.windowsAt + Int32(window.slot) * 16)
    }
    /// The page, as 64 bits, for which the word before is right; all ones are no page.
    func page(_ window: Window) -> HostMemory {
        .at(Host.state, TranslationFrame.windowsAt + Int32(window.slot) * 16 + 8)
    }

    /// Checks a whole window and leaves its distance in r9.
    ///
    /// - Returns: the address is in rbp, because it is the first of the window.
    private func open(_ m: HostMemory, _ n: Int) -> Bool {
        let window = windows[n]
        guard let offset = known.place(m)?.offset else {
            a.failed = true
            return false
        }
        var low = m
        low.displacement &-= offset &- window.low
        let length = window.high - window.low
        let (miss, back): (Int, Int)
        loadAddress(low)
        if window.remembersPage {
            a.move(8, Host.scratch, .memory(page(window)))
            a.arithmetic(.xor, 8, .register(Host.scratch), Host.address)
            a.arithmetic(.cmp, 8, .register(Host.scratch), immediate: UInt32(4096 - length))
            miss = a.jump(Assembler.above)
            a.move(8, Host.scratch2, .memory(slot(window)))
            back = a.position
        } else {
            emitLookUp(last: length - 1, write: window.isWritable)
            miss = a.jump(Assembler.notEqual)
            emitDistance()
            back = a.position
            a.store(8, slot(window), Host.scratch2)
        }
        flags.host = 0
        windows[n].isOpen = true
        let leave = leavingPlainly()
        let start = item.start
        deferred.append { [self] in
            a.heading(
                window.remembersPage
                    ? "seldom: the \(length) bytes of \(GuestVirtual(start)) are in another page than they were"
                    : "seldom: \(GuestVirtual(start)) has missed the TLB, for \(length) bytes; ask Swift, unless in two pages"
            )
            a.bind(miss)
            var unknown: Int?
            if window.remembersPage {
                emitLookUp(last: length - 1, write: window.isWritable)
                unknown = a.jump(Assembler.notEqual)
                emitDistance()
            }
            if window.remembersPage {
                a.store(8, slot(window), Host.scratch2)
                a.move(Host.scratch, Host.address)
                a.arithmetic(.and, 4, .register(Host.scratch), immediate: 0xffff_f000)
                a.store(8, page(window), Host.scratch)
                a.jump(to: back)
            }
            if let unknown { a.bind(unknown) }
            a.lea(4, Host.scratch2, .at(Host.address, length - 1))
            a.arithmetic(.xor, 4, .register(Host.scratch2), Host.address)
            a.test(4, .register(Host.scratch2), immediate: 0xffff_f000)
            let crosses = a.jump(Assembler.notEqual)
            a.load(Host.scratch, immediate: UInt32(length) | 0x20000 | (window.isWritable ? 0x10000 : 0))
            a.call(to: stubs.slowAccess)
            a.test(8, .register(Host.address), Host.address)
            let refused = a.jump(Assembler.equal)
            a.move(8, Host.scratch2, .register(Host.address))
            loadAddress(low)
            a.arithmetic(.sub, 8, .register(Host.scratch2), Host.address)
            if window.remembersPage {
                // Not the page: it may hold code, and what was asked for are these bytes.
                a.store(8, slot(window), Host.scratch2)
                a.store(8, page(window), immediate: .max)
            }
            a.jump(to: back)
            a.bind(crosses)
            a.bind(refused)
            leave()
        }
        return offset == window.low
    }

    /// After a look into the TLB: what its entry adds to addresses, into r9.
    private func emitDistance() {
        a.move(8, Host.scratch2, .memory(HostMemory(base: Host.tlb, index: Host.scratch, displacement: 8)))
    }

    /// What it takes to go on at the start of the current instruction in a trace that has no windows.
    private func leavingPlainly() -> () -> Void {
        leaving { [self] start in
            let number = exits.count
            var exit = TraceExit(target: start, isLocal: true)
            exit.isPlain = true
            exit.site = a.jump()
            exit.tail = exit.site
            exit.stub = a.position
            exit.toSwift = a.position
            a.bind(exit.site)
            exits.append(exit)
            a.load(Host.scratch, immediate: UInt32(number))
            a.jump(to: stubs.exits[Int(TranslatedExit.link.rawValue)])
        }
    }
}
