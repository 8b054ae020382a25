// Windows: one look into the TLB for many accesses. Code keeps most of its data around a few addresses (locals around esp or
// ebp, the fields of a struct), so a trace that uses one of them several times checks the whole stretch once, keeps the distance
// between guest and host addresses, and from then on reaches its data with two instructions that leave the flags alone. That
// an address lies in a checked stretch is known from how it is made, never from what it looks like.

/// A stretch of memory inside one page that is checked once and used by several instructions.
struct Window {
    let origin: Origin
    /// First byte and the one behind the last, relative to the origin.
    var low: Int32
    var high: Int32
    let isWritable: Bool
    /// The items that first and last use it.
    var first: Int
    var last: Int
    /// Where its distance is kept, as a number.
    var slot = 0
    /// It is opened anew in each round of a loop, most often in the page of the round before.
    var remembersPage = false
    /// The code that follows may use it.
    var isOpen = false

    /// Longer ones would cross a page too often.
    static var maximumLength: Int32 { 512 }

    func holds(_ origin: Origin, _ offset: Int32, _ bytes: UInt8, write: Bool) -> Bool {
        origin == self.origin && offset >= low && offset + Int32(bytes) <= high && (isWritable || !write)
    }
}

extension Translator {
    /// What an item is going to check, in this order.
    func accesses(_ item: TraceItem) -> [(memory: HostMemory, bytes: UInt8, write: Bool)] {
        let op = item.op.pointee
        guard isNative(item) else { return [] }
        var all: [(memory: HostMemory, bytes: UInt8, write: Bool)] = []
        if !op.traits.isDisjoint(with: .memory), let (bytes, write) = operandAccess(item) {
            all.append((address(op), bytes, write))
        }
        switch item.operation {
        case .push, .pushSegment, .call, .callIndirect: all.append((.at(Host.esp, -4), 4, true))
        case .pop, .popSegment, .ret: all.append((.at(Host.esp), 4, false))
        case .leave: all.append((.at(Host.ebp), 4, false))
        default: break
        }
        return all
    }

    /// How an item uses its memory operand; nil: not at its address, or in a way of its own.
    private func operandAccess(_ item: TraceItem) -> (bytes: UInt8, write: Bool)? {
        let op = item.op.pointee
        switch item.operation {
        case .movzx8, .movsx8: return (1, false)
        case .movzx16, .movsx16: return (2, false)
        case .setcc: return (1, true)
        case .bt, .bts, .btr, .btc: return op.traits.contains(.srcImmediate) ? (op.size, item.operation != .bt) : nil
        case .cmp, .test, .push, .callIndirect, .jumpIndirect, .mul, .imul, .div, .idiv: return (op.size, false)
        case .mov, .add, .or, .adc, .sbb, .and, .sub, .xor, .not, .neg, .inc, .dec, .shl, .sal, .shr, .sar, .rol, .ror,
            .xchg, .xadd, .cmpxchg, .cmovcc, .imulTwo, .imulThree, .bsf, .bsr:
            return (op.size, op.traits.contains(.dstMemory))
        default: return nil
        }
    }

    /// Chooses windows for `items`, next to those that are there already, and marks the items that only go through open ones.
    ///
    /// - Parameters:
    ///   - known: at the first item. - isLoop: they are a loop's second copy, where a window pays for a single access.
    ///   - isKept: the loop that they lead to leaves the registers with this origin alone.
    func planWindows(
        _ items: inout [TraceItem], _ known: KnownValues, isLoop: Bool, isKept: (Origin) -> Bool
    ) {
        struct Use {
            var item: Int
            var offset: Int32
            var bytes: UInt8
            var write: Bool
        }
        var uses: [Origin: [Use]] = [:]
        var order: [Origin] = []
        var now = known
        for (i, item) in items.enumerated() {
            for access in accesses(item) {
                guard let (origin, offset) = now.place(access.memory),
                    !windows.contains(where: { $0.holds(origin, offset, access.bytes, write: access.write) })
                else { continue }
                if uses[origin] == nil { order.append(origin) }
                uses[origin, default: []].append(
                    Use(item: i, offset: offset, bytes: access.bytes, write: access.write))
            }
            now.pass(item, isNative: isNative(item))
        }
        var planned: [Window] = []
        for origin in order {
            let all = uses[origin] ?? []
            let keeps = isKept(origin)
            // A page may be readable only: what is read before the first store has a window of its own.
            let firstWrite = all.firstIndex { $0.write } ?? all.count
            for part in [all[..<firstWrite], all[firstWrite...]] {
                var left = Array(part)
                while let first = left.first {
                    var window = Window(
                        origin: origin, low: first.offset, high: first.offset + Int32(first.bytes),
                        isWritable: first.write, first: first.item, last: first.item)
                    var others: [Use] = []
                    for use in left {
                        let low = min(window.low, use.offset)
                        let high = max(window.high, use.offset + Int32(use.bytes))
                        if Int64(high) - Int64(low) <= Int64(Window.maximumLength) {
                            (window.low, window.high, window.last) = (low, high, use.item)
                        } else {
                            others.append(use)
                        }
                    }
                    if keeps { window.last = .max }
                    window.remembersPage = isLoop
                    if isLoop || keeps || left.count - others.count > 1 { planned.append(window) }
                    // A window may only be opened by an access of its own kind.
                    left = first.write ? Array(others.drop { !$0.write }) : others
                }
            }
        }
        giveSlots(planned)
        markCovered(&items, known)
    }

    /// Windows share a slot when they are not used at the same time, unless they remember the page from round to round. Who gets
    /// none is none.
    private func giveSlots(_ planned: [Window]) {
        var free = [Int](repeating: -1, count: TranslationFrame.windowCount)
        for window in windows { free[window.slot] = window.last }
        for var window in planned.sorted(by: { $0.first < $1.first }) {
            guard let slot = free.firstIndex(where: { $0 < window.first }) else { continue }
            free[slot] = window.remembersPage ? .max : window.last
            window.slot = slot
            windows.append(window)
        }
    }

    /// An item whose accesses all go through windows that earlier items have opened cannot fault.
    private func markCovered(_ items: inout [TraceItem], _ known: KnownValues) {
        var known = known
        for i in items.indices {
            let all = accesses(items[i])
            items[i].isCovered =
                !all.isEmpty
                && all.allSatisfy { access in
                    guard let (origin, offset) = known.place(access.memory) else { return false }
                    return windows.contains {
                        $0.first < i && i <= $0.last
                            && $0.holds(origin, offset, access.bytes, write: access.write)
                    }
                }
            known.pass(items[i], isNative: isNative(items[i]))
        }
    }
}
