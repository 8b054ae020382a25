// What the samples say, in two forms: folded stacks, which flamegraph.pl, inferno and speedscope draw, and a table.

import GuestHost

package struct ProfileReport {
    package let guest: String
    package let reading: GuestConfiguration.Profile.Reading
    package let symbols: SymbolTable

    package init(guest: String, reading: GuestConfiguration.Profile.Reading, symbols: SymbolTable) {
        (self.guest, self.reading, self.symbols) = (guest, reading, symbols)
    }

    /// One line a stack, outermost first: `web1;kernel;sys_read;vfs_read 17`.
    package var folded: String {
        var counts: [String: UInt64] = [:]
        let root = Self.frame(guest)
        for (stack, count) in reading.stacks {
            let frames = frames(of: stack.addresses, isUser: stack.isUser).reversed().map(Self.frame)
            let line = ([root, stack.isUser ? "user" : "kernel"] + frames).joined(separator: ";")
            counts[line, default: 0] &+= count
        }
        return counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    private struct Row {
        var own: UInt64 = 0
        var all: UInt64 = 0
        /// Samples by exact address, to name the hottest.
        var addresses: [UInt32: UInt64] = [:]
        var hottest: UInt32 {
            addresses.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
        }
    }

    /// A table with the busiest function first.
    package var flat: String {
        struct Key: Hashable {
            var isUser: Bool
            var name: String
        }
        var rows: [Key: Row] = [:]
        var (kernel, user) = (UInt64(0), UInt64(0))
        var hasCallers = false
        for (stack, count) in reading.stacks {
            if stack.isUser { user &+= count } else { kernel &+= count }
            let names = frames(of: stack.addresses, isUser: stack.isUser)
            guard let first = names.first, let address = stack.addresses.first else { continue }
            let key = Key(isUser: stack.isUser, name: first)
            rows[key, default: Row()].own &+= count
            rows[key, default: Row()].addresses[address, default: 0] &+= count
            if names.count > 1 { hasCallers = true }
            for name in Set(names) { rows[Key(isUser: stack.isUser, name: name), default: Row()].all &+= count }
        }
        let total = kernel &+ user
        var lines = [
            "# \(guest): \(total) samples of processor time, one a millisecond; \(reading.halted) more times it was asleep"
                .onOneLine,
            "# kernel \(percent(kernel, total)), user \(percent(user, total)); " + source.onOneLine,
        ]
        if reading.shortened > 0 || reading.lost > 0 {
            lines.append(
                "# too many different stacks: \(reading.shortened) samples kept without callers, \(reading.lost) not kept"
            )
        }
        let callees = hasCallers ? "  with callees" : ""
        lines.append(" samples    share\(callees)  ring    hottest     function")
        let sorted = rows.sorted {
            ($0.value.own, $0.value.all, $1.key.name) > ($1.value.own, $1.value.all, $0.key.name)
        }
        for (key, row) in sorted {
            let inclusive = hasCallers ? padded(percent(row.all, total), to: 14) : ""
            let hottest = row.own > 0 ? Self.hex(row.hottest) : "          "
            lines.append(
                padded(String(row.own), to: 8) + padded(percent(row.own, total), to: 9) + inclusive
                    + "  \(key.isUser ? "user  " : "kernel")  \(hottest)  \(key.name)".onOneLine)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var source: String {
        symbols.isEmpty
            ? "no symbols in \(symbols.origin): addresses by page (name a System.map with --symbols)"
            : "symbols from \(symbols.origin)"
    }

    /// Names, innermost first.
    private func frames(of addresses: [UInt32], isUser: Bool) -> [String] {
        guard let first = addresses.first else { return [] }
        guard !isUser else { return [Self.page(first)] }
        // A kernel without frame pointers keeps something else in ebp, and now and then that looks like one.
        let isChain = symbols.keepsFramePointers ?? true
        let callers = isChain ? addresses.dropFirst().map { name($0 &- 1) } : []
        return [name(first)] + callers
    }
    private func name(_ address: UInt32) -> String {
        symbols.function(at: address)?.name ?? Self.page(address)
    }

    private static func page(_ address: UInt32) -> String { String(hex(address).dropLast(3)) + "xxx" }
    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
    /// A frame's name may hold neither of the two characters that the format needs.
    private static func frame(_ name: String) -> String {
        String(name.onOneLine.map { $0 == ";" ? ":" : $0 })
    }
    private func percent(_ part: UInt64, _ whole: UInt64) -> String {
        let tenths = whole == 0 ? 0 : (part &* 1000 &+ whole / 2) / whole
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
