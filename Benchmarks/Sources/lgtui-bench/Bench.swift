// Benchmarks are races: ours and the peer's runs alternate in one process, and what counts is the ratio of medians, not
// a number of seconds that another machine would never see.

import ArgumentParser
import Glibc

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lgtui-bench",
        abstract: "Measures lgtui beside its peers on this machine.",
        subcommands: [
            All.self, Workloads.self, Boot.self, Micro.self, Devices.self, Scale.self, Net.self, Check.self,
            TerminalRace.self, Panes.self, Pour.self, Inside.self, Hunt.self,
        ])
}

/// What one contender did over all rounds.
struct Series {
    var name: String
    var seconds: [Double] = []

    var median: Double {
        let sorted = seconds.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
    var spread: String {
        guard let low = seconds.min(), let high = seconds.max() else { return "–" }
        return "\(fixed(low))–\(fixed(high))"
    }
}

/// A decimal with `digits` places; there is no Foundation here.
func fixed(_ value: Double, _ digits: Int = 3) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * scale).rounded())
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled % Int(scale))
    return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Pads to `width` columns; negative widths align left.
func column(_ text: String, _ width: Int) -> String {
    let padding = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? text + padding : padding + text
}

/// The lines that say where figures come from.
func machine() -> String {
    guard let file = fopen("/proc/cpuinfo", "r") else { return "unknown processor" }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") {
            return text[text.index(after: colon)...].filter { $0 != "\n" }.drop { $0 == " " }
                + ", \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores"
        }
    }
    return "unknown processor"
}
