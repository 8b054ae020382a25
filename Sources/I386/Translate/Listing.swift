// One translation put on paper: the guest's instructions as bytes and words, and under each what became of it.

extension CPU {
    /// The translation of the block at `eip` in the current address space, made for the purpose. nil when nothing can be
    /// translated there.
    ///
    /// Only between two calls of `run`. Everything translated so far is forgotten: this is for people, not for speed.
    public func listBlock(at eip: GuestVirtual) -> String? {
        guard let translator else { return nil }
        resynchronise()
        let saved = state.pointee.eip
        defer { state.pointee.eip = saved }
        state.pointee.eip = eip.rawValue
        guard core.pointee.isCacheable else { return nil }
        dropAllCode()
        do throws(CPUFault) {
            let block = try findBlock()
            guard block.pointee.secondPage == .max,
                block.pointee.mode == Self.flatMode
            else { return nil }
            translator.a.listing = []
            defer { translator.a.listing = nil }
            var (items, blocks, end) = collect(block)
            guard
                let trace = translator.translate(&items, blocks: blocks, end: end, memoryBase: memory.base)
            else { return nil }
            return listing(items, trace: trace)
        } catch {
            return nil
        }
    }

    /// The same for a trace that exists, without the names that nobody noted down.
    func listing(trace: Int) -> String? {
        guard let translator, trace >= 0, trace < translator.traces.count else { return nil }
        return listing(collect(translator.traces[trace].block).items, trace: trace)
    }

    /// The trace that was made of `items` a moment ago, or without words at any time.
    func listing(_ items: [TraceItem], trace: Int) -> String { guestListing(items) + hostListing(trace) }

    private func guestListing(_ items: [TraceItem]) -> String {
        var text = "guest, \(items.count) instructions:\n"
        for item in items {
            let count = item.next &- item.start
            guard count <= 15 else { continue }
            var bytes: [String] = []
            for i in 0..<count {
                let byte = try? load(item.start &+ i, user: false) as UInt8
                bytes.append(byte.map { Self.twoDigits($0) } ?? "??")
            }
            text += "  \(GuestVirtual(item.start))  \(Self.column(bytes.joined(separator: " "), 24))  \(item.text)\n"
        }
        return text
    }

    private func hostListing(_ number: Int) -> String {
        guard let t = translator else { return "" }
        let trace = t.traces[number]
        var lines = (t.a.listing ?? []).filter { $0.offset >= trace.indirectEntry && $0.offset <= trace.end }
        if lines.isEmpty { lines = [ListedLine(offset: trace.indirectEntry, text: "", isHeading: false)] }
        var text = "host, \(trace.end - trace.indirectEntry) bytes:\n"
        for (i, line) in lines.enumerated() {
            if line.isHeading {
                text += "  ; \(line.text)\n"
                continue
            }
            let end = lines[(i + 1)...].first { !$0.isHeading }?.offset ?? trace.end
            let bytes = (line.offset..<max(end, line.offset)).map {
                Self.twoDigits(t.memory.executable.load(fromByteOffset: $0, as: UInt8.self))
            }
            let offset = Self.column("+" + String(line.offset - trace.indirectEntry, radix: 16), 6)
            let words = target(of: line, end: end, trace, t) ?? line.text
            text += "  \(offset)\(Self.column(bytes.joined(separator: " "), 36))  \(words)\n"
        }
        return text
    }

    /// A jump or call with its target in words, which was not known yet when it was noted down.
    private func target(of line: ListedLine, end: Int, _ trace: Trace, _ t: Translator) -> String? {
        guard line.text.hasSuffix(" …") || line.text == "call", end - line.offset >= 5 else { return nil }
        let name = line.text.split(separator: " ").first.map(String.init) ?? line.text
        let target = end + Int(t.memory.executable.loadUnaligned(fromByteOffset: end - 4, as: Int32.self))
        if (trace.indirectEntry..<trace.end).contains(target) {
            return "\(name) +\(String(target - trace.indirectEntry, radix: 16))"
        }
        switch target {
        case t.stubs.slowAccess: return "\(name) slowAccess"
        case t.stubs.executeOp: return "\(name) executeOp"
        case t.stubs.loadX87: return "\(name) loadX87"
        default:
            let reason = t.stubs.exits.firstIndex(of: target).flatMap { TranslatedExit(rawValue: UInt32($0)) }
            return "\(name) \(reason.map { "Swift: \($0)" } ?? "another trace")"
        }
    }

    private static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
    private static func twoDigits(_ value: UInt8) -> String {
        (value < 16 ? "0" : "") + String(value, radix: 16)
    }
}
