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
                        .object([("name", .string(name))] + figures(counters).map { ($0.key, .unsigned($0.value)) })
                    })
            )
        ])
    }

    package static func text(_ guests: [(name: String, counters: GuestCounters)]) -> String {
        var lines: [String] = []
        for (name, counters) in guests {
            lines.append("\(name):".onOneLine)
            for figure in figures(counters) {
                let value = figure.key.hasSuffix("_ns") ? duration(figure.value) : grouped(figure.value)
                let label = figure.label + String(repeating: " ", count: max(1, 26 - figure.label.count))
                lines.append("  \(label)\(padded(value, to: 18))")
            }
        }
        return lines.joined(separator: "\n")
    }

    private struct Figure {
        let key: String
        let label: String
        let value: UInt64
    }

    /// The one list of what is reported; both forms follow it.
    private static func figures(_ counters: GuestCounters) -> [Figure] {
        let hypervisor = counters.hypervisor
        let block = counters.blockTotal
        let console = counters.console
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
            Figure(key: "console_bytes_out", label: "console bytes out", value: console?.bytesOut ?? 0),
            Figure(key: "console_bytes_in", label: "console bytes in", value: console?.bytesIn ?? 0),
            Figure(key: "block_reads", label: "block reads", value: block.reads),
            Figure(key: "block_writes", label: "block writes", value: block.writes),
            Figure(key: "block_bytes_read", label: "block bytes read", value: block.bytesRead),
            Figure(key: "block_bytes_written", label: "block bytes written", value: block.bytesWritten),
            Figure(key: "block_errors", label: "block errors", value: block.errors),
            Figure(key: "block_latency_mean_ns", label: "block latency, mean", value: block.latency.meanNanoseconds),
            Figure(key: "block_latency_max_ns", label: "block latency, worst", value: block.latency.maximumNanoseconds),
            Figure(key: "memory_bytes", label: "memory, bytes", value: counters.memorySize),
            Figure(key: "memory_touched_bytes", label: "memory touched, bytes", value: counters.memoryTouched),
            Figure(key: "cpu_ns", label: "processor time", value: counters.processorNanoseconds),
            Figure(key: "halted_ns", label: "time asleep", value: hypervisor.haltedNanoseconds),
            Figure(key: "life_ns", label: "time since start", value: counters.lifeNanoseconds),
            Figure(key: "starts", label: "starts", value: counters.starts),
        ]
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
