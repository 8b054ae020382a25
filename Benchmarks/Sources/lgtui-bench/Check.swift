// What must not get worse. Ratios are taken in one run beside QEMU, and counts do not depend on the machine at all; both say more
// about a change than seconds do.

import ArgumentParser

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares recorded figures with a list of bounds; fails when one is broken.",
        discussion: "Figures are what the other commands wrote with --record. What was not measured breaks no bound.")

    @Option(help: ArgumentHelp("The bounds.", valueName: "file")) var thresholds = "thresholds.txt"
    @Option(help: ArgumentHelp("The figures.", valueName: "file")) var record: String

    func run() throws {
        let figures = try Figures(file: record)
        let bounds = try Bound.read(thresholds)
        var table = Table(
            title: "Bounds", note: "\(thresholds), and what \(record) says.",
            columns: ["figure", "bound", "measured", ""])
        var broken = 0
        var measured = 0
        for bound in bounds {
            let value = figures.values[bound.name]
            if value != nil { measured += 1 }
            let verdict = value.map { bound.holds(for: $0) ? "" : "broken" } ?? "not measured"
            if verdict == "broken" { broken += 1 }
            table.rows.append([
                bound.name, "\(bound.isMinimum ? "≥" : "≤") \(short(bound.value))", value.map(short) ?? "–", verdict,
            ])
        }
        print(table.text)
        guard measured > 0 else { throw BenchError.message("\(record) has none of these figures") }
        print("\(measured) of \(bounds.count) measured, \(broken) broken")
        if broken > 0 { throw ExitCode.failure }
    }

    private func short(_ value: Double) -> String { fixed(value, value < 1000 ? 2 : 0) }
}

/// `cpu/mix/ratio >= 1.5`
private struct Bound {
    var name: String
    var isMinimum: Bool
    var value: Double

    func holds(for figure: Double) -> Bool { isMinimum ? figure >= value : figure <= value }

    static func read(_ path: String) throws -> [Bound] {
        var bounds: [Bound] = []
        for line in String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            if words.isEmpty { continue }
            guard words.count == 3, words[1] == ">=" || words[1] == "<=", let value = Double(words[2]) else {
                throw BenchError.message("\(path): not \"name >= figure\" or \"name <= figure\": \(line)")
            }
            bounds.append(Bound(name: String(words[0]), isMinimum: words[1] == ">=", value: value))
        }
        return bounds
    }
}
