// One translation put on paper: what the guest's bytes are and what became of them.

extension CPU {
    /// The translation of the block at `eip` in the current address space, made for the purpose: guest instructions as bytes,
    /// host instructions as bytes and text. nil when nothing can be translated there.
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
                block.pointee.mode == Self.modeFlat | Self.modeCode32 | Self.modeStack32
            else { return nil }
            translator.a.listing = []
            defer { translator.a.listing = nil }
            var (items, blocks, end) = collect(block)
            guard
                let trace = translator.translate(&items, blocks: blocks, end: end, memoryBase: memory.base)
            else { return nil }
            return guestListing(items) + hostListing(trace)
        } catch {
            return nil
        }
    }

    /// The same for a trace that exists, without the names that nobody noted down.
    func listing(trace: Int) -> String? {
        guard let translator, trace >= 0, trace < translator.traces.count else { return nil }
        let block = translator.traces[trace].block
        return guestListing(collect(block).items) + hostListing(trace)
    }

    private func guestListing(_ items: [TraceItem]) -> String {
        var text = "guest:\n"
        for item in items {
            let count = item.next &- item.start
            guard count <= 15 else { continue }
            var bytes: [String] = []
            for i in 0..<count {
                let byte = try? load(item.start &+ i, user: false) as UInt8
                bytes.append(byte.map { Self.twoDigits($0) } ?? "??")
            }
            let out = item.operation == .jumpIf ? " out to \(GuestVirtual(item.exit))" : ""
            text += "  \(GuestVirtual(item.start))  \(bytes.joined(separator: " "))  \(item.operation)\(out)\n"
        }
        return text
    }

    private func hostListing(_ number: Int) -> String {
        guard let t = translator else { return "" }
        let trace = t.traces[number]
        var starts: [(offset: Int, text: String)] = t.a.listing ?? []
        if starts.isEmpty { starts = [(trace.indirectEntry, "")] }
        var text = "host, \(trace.end - trace.indirectEntry) bytes, entry at +\(trace.entry - trace.indirectEntry):\n"
        for (i, line) in starts.enumerated() where line.offset >= trace.indirectEntry {
            let end = i + 1 < starts.count ? starts[i + 1].offset : trace.end
            let bytes = (line.offset..<max(end, line.offset)).map {
                Self.twoDigits(t.memory.executable.load(fromByteOffset: $0, as: UInt8.self))
            }
            let offset = String(line.offset - trace.indirectEntry, radix: 16)
            let shown = bytes.joined(separator: " ")
            let gap = String(repeating: " ", count: max(2, 34 - shown.count))
            text += "  +\(offset)\(String(repeating: " ", count: max(1, 5 - offset.count)))\(shown)\(gap)\(line.text)\n"
        }
        return text
    }

    private static func twoDigits(_ value: UInt8) -> String {
        (value < 16 ? "0" : "") + String(value, radix: 16)
    }
}
