// `--stats`: what the guests did, on standard error, when all is over. Two forms of the same figures: a table for eyes
// and JSON for scripts.

import GuestHost

package enum Statistics {
    package enum Format: String, CaseIterable, Sendable {
        case text, json

        /// Prints the figures of all guests.
        package func report(_ guests: [(name: String, counters: GuestCounters)]) {
            switch self {
            case .text: StandardError.say(Statistics.text(guests))
            case .json: StandardError.say(Statistics.json(guests).text)
            }
        }
    }

    package static func json(_ guests: [(name: String, counters: GuestCounters)]) -> Json {
        .object([
            (
                "guests",
                .array(
                    guests.map { name, counters in
                        .object(
                            [("name", .string(name))] + figures(counters).map { ($0.key, .unsigned($0.value)) }
                                + [
                                    ("engine", .object(engine(counters).map { ($0.key, .unsigned($0.value)) })),
                                    ("exits_by_kind", .object(exits(counters).map { ($0.key, .unsigned($0.value)) })),
                                    ("devices", .array(counters.devices.map(json))),
                                ])
                    })
            )
        ])
    }

    private static func json(_ device: DeviceCounters) -> Json {
        .object([("name", .string(device.name))] + figures(device).map { ($0.key, .unsigned($0.value)) })
    }

    package static func text(_ guests: [(name: String, counters: GuestCounters)]) -> String {
        var lines: [String] = []
        for (name, counters) in guests {
            lines.append("\(name):".onOneLine)
            lines += figures(counters).map { line($0, indent: 2) }
            lines.append("  exits, by kind:")
            lines += exits(counters).map { line($0, indent: 4) }
            lines.append("  engine:")
            lines += engine(counters).map { line($0, indent: 4) }
            for device in counters.devices {
                lines.append("  \(device.name):")
                lines += figures(device).map { line($0, indent: 4) }
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ figure: Figure, indent: Int) -> String {
        let value = figure.key.hasSuffix("_ns") ? duration(figure.value) : grouped(figure.value)
        let label = String(repeating: " ", count: indent) + figure.label
        return label + padded(value, to: max(1 + value.count, 46 - label.count))
    }

    private struct Figure {
        let key: String
        let label: String
        let value: UInt64
    }

    /// The one list of what is reported; both forms follow it.
    private static func figures(_ counters: GuestCounters) -> [Figure] {
        let hypervisor = counters.hypervisor
        return [
            Figure(key: "instructions", label: "instructions", value: hypervisor.instructions),
            Figure(key: "exits", label: "exits", value: hypervisor.totalExits),
            Figure(key: "hypercalls", label: "hypercalls", value: hypervisor.totalHypercalls),
            Figure(key: "hypercalls_async", label: "  of these by the ring", value: hypervisor.asynchronousHypercalls),
            Figure(key: "interrupts", label: "interrupts delivered", value: hypervisor.interruptsDelivered),
            Figure(key: "traps", label: "traps reflected", value: hypervisor.trapsDelivered),
            Figure(key: "page_faults", label: "  of these page faults", value: hypervisor.pageFaults),
            Figure(key: "dma_binds", label: "DMA binds", value: hypervisor.dmaBinds),
            Figure(key: "dma_sends", label: "DMA sends", value: hypervisor.dmaSends),
            Figure(key: "dma_bytes_sent", label: "DMA bytes to guests", value: hypervisor.dmaBytesSent),
            Figure(key: "dma_bytes_received", label: "DMA bytes from guests", value: hypervisor.dmaBytesReceived),
            Figure(key: "memory_bytes", label: "memory, bytes", value: counters.memorySize),
            Figure(key: "memory_touched_bytes", label: "memory touched, bytes", value: counters.memoryTouched),
            Figure(key: "cpu_ns", label: "processor time", value: counters.processorNanoseconds),
            Figure(key: "halted_ns", label: "time asleep", value: hypervisor.haltedNanoseconds),
            Figure(key: "life_ns", label: "time since start", value: counters.lifeNanoseconds),
            Figure(key: "starts", label: "starts", value: counters.starts),
        ]
    }

    /// Why the guest left its processor.
    private static func exits(_ counters: GuestCounters) -> [Figure] {
        let hypervisor = counters.hypervisor
        return [
            Figure(key: "hypercall", label: "hypercall", value: hypervisor.exits(.hypercall)),
            Figure(key: "page_fault", label: "page fault", value: hypervisor.exits(.pageFault)),
            Figure(key: "protection_fault", label: "protection fault", value: hypervisor.exits(.protectionFault)),
            Figure(
                key: "device_not_available", label: "FPU switched off", value: hypervisor.exits(.deviceNotAvailable)),
            Figure(key: "other_trap", label: "other trap", value: hypervisor.exits(.otherTrap)),
            Figure(key: "budget_spent", label: "time to look at the clock", value: hypervisor.exits(.budgetSpent)),
            Figure(key: "interrupted", label: "asked to by another thread", value: hypervisor.exits(.interrupted)),
            Figure(key: "fatal", label: "death", value: hypervisor.exits(.fatal)),
        ]
    }

    /// What the engines did.
    private static func engine(_ counters: GuestCounters) -> [Figure] {
        let engine = counters.hypervisor.engine
        let all = counters.hypervisor.instructions
        let translated = min(engine.translatedInstructions, all)
        return [
            Figure(key: "instructions_translated", label: "instructions as host code", value: translated),
            Figure(key: "instructions_interpreted", label: "instructions interpreted", value: all - translated),
            Figure(key: "blocks_decoded", label: "blocks decoded", value: engine.decoded),
            Figure(key: "blocks_overwritten", label: "  of these overwritten", value: engine.overwritten),
            Figure(key: "traces_translated", label: "traces translated", value: engine.translated),
            Figure(key: "traces_overwritten", label: "  of these overwritten", value: engine.invalidated),
            Figure(key: "traces_failed", label: "traces given up", value: engine.failed),
            Figure(key: "traces_linked", label: "jumps linked", value: engine.linked),
            Figure(key: "host_bytes", label: "host code, bytes", value: engine.hostBytes),
            Figure(key: "code_flushes", label: "code memory full", value: engine.flushes),
            Figure(key: "code_entries", label: "host code entered", value: engine.entries),
            Figure(key: "code_exits_for_one", label: "  left for one instruction", value: engine.interpreted),
            Figure(key: "slow_accesses", label: "accesses by way of Swift", value: engine.slowAccesses),
            Figure(key: "tlb_misses", label: "TLB misses", value: engine.tlbMisses),
            Figure(key: "tlb_drops", label: "translations dropped", value: engine.tlbDrops),
            Figure(key: "tlb_flushes", label: "TLB flushes", value: engine.tlbFlushes),
            Figure(key: "chains_dropped", label: "chains void by a new map", value: engine.chainsDropped),
            Figure(key: "space_switches", label: "address spaces entered", value: engine.spaceSwitches),
            Figure(key: "space_switches_cold", label: "  of these cold", value: engine.spacesForgotten),
        ]
    }

    /// The same for one device.
    private static func figures(_ device: DeviceCounters) -> [Figure] {
        switch device.figures {
        case .console(let console):
            return [
                Figure(key: "bytes_out", label: "bytes out", value: console.bytesOut),
                Figure(key: "bytes_in", label: "bytes in", value: console.bytesIn),
            ]
        case .block(let block):
            return [
                Figure(key: "reads", label: "reads", value: block.reads),
                Figure(key: "writes", label: "writes", value: block.writes),
                Figure(key: "bytes_read", label: "bytes read", value: block.bytesRead),
                Figure(key: "bytes_written", label: "bytes written", value: block.bytesWritten),
                Figure(key: "errors", label: "errors", value: block.errors),
                Figure(key: "latency_mean_ns", label: "latency, mean", value: block.latency.meanNanoseconds),
                Figure(key: "latency_max_ns", label: "latency, worst", value: block.latency.maximumNanoseconds),
            ]
        case .network(let network):
            let received = network.received
            let sent = network.sent
            return [
                Figure(key: "packets_received", label: "packets received", value: received.packets),
                Figure(key: "bytes_received", label: "bytes received", value: received.bytes),
                Figure(key: "drops_received", label: "dropped on the way in", value: received.drops),
                Figure(key: "packets_sent", label: "packets sent", value: sent.packets),
                Figure(key: "bytes_sent", label: "bytes sent", value: sent.bytes),
                Figure(key: "drops_sent", label: "dropped on the way out", value: sent.drops),
                Figure(key: "packets_queued", label: "of those sent, had to wait", value: network.queued),
            ]
        }
    }

    /// `1,234,567`
    static func grouped(_ value: UInt64) -> String {
        let digits = Array(String(value))
        var result = ""
        for (i, digit) in digits.enumerated() {
            if i > 0 && (digits.count - i) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// `1.234 s`, `56.7 ms`, `890 µs`.
    static func duration(_ nanoseconds: UInt64) -> String {
        func fixed(_ unit: UInt64, _ name: String) -> String {
            let thousandths = nanoseconds / (unit / 1000) % 1000
            let text = String(thousandths)
            return "\(nanoseconds / unit).\(String(repeating: "0", count: 3 - text.count))\(text) \(name)"
        }
        if nanoseconds >= 1_000_000_000 { return fixed(1_000_000_000, "s ") }
        if nanoseconds >= 1_000_000 { return fixed(1_000_000, "ms") }
        return fixed(1000, "µs")
    }
}
