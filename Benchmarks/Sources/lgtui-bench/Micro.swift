// What a kernel does for its programs: system calls, processes, pipes, page faults, signals. The same kernel and the same program
// in lgtui and in QEMU, one after the other, and once more in this process, where exits can be counted.

import ArgumentParser
import Glibc

struct Micro: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times what Linux 2.6.23 does for its programs, in lgtui and in QEMU.",
        discussion: """
            Null system call, stat, fork, exec, pipes, context switches, faults, mappings and signals, in the manner of lmbench, \
            by a program of our own (Guest/micro.c). Time is the host's.
            """)

    @OptionGroup var linux: LinuxOptions
    @OptionGroup var report: ReportOptions
    @Option(help: "Rounds.") var rounds = 3

    func run() throws {
        let folder = try Folder()
        let initrd = try linux.makeInitrd(in: folder)
        let rounds = report.quick ? 1 : rounds
        var ours: [[Span]] = []
        var theirs: [[Span]] = []
        for _ in 0..<rounds {
            ours.append(try spans(Station(program: linux.lgtuiCommand(initrd, ["job=micro"]))))
            theirs.append(try spans(Station(program: linux.qemuCommand(initrd, ["job=micro"]))))
        }
        let counted = try spans(Station(guest: linux.configuration("counted", initrd, ["job=micro"])))
        var table = Table(
            title: "Linux, operation by operation", note: "\(rounds) rounds, medians, \(machine()); QEMU with TCG.",
            columns: ["operation", "lgtui", "QEMU", "QEMU / lgtui", "instructions", "exits"])
        var figures: [(name: String, value: Double)] = []
        var ratios: [Double] = []
        for (index, span) in counted.enumerated() {
            let mine = median(ours.map { $0[index].seconds })
            let peer = median(theirs.map { $0[index].seconds })
            ratios.append(peer / mine)
            let isStream = span.count >= 16e6
            let unit = { (seconds: Double) in
                isStream
                    ? "\(fixed(span.count / seconds / 1e6, 0)) MB/s" : "\(fixed(seconds / span.count * 1e6, 2)) µs"
            }
            // Of a stream, those of a kibibyte.
            let operations = isStream ? span.count / 1024 : span.count
            table.rows.append([
                span.name, unit(mine), unit(peer), fixed(peer / mine, 2),
                fixed(Double(span.instructions) / operations, 0), fixed(Double(span.exits) / operations, 2),
            ])
            figures.append(("micro/\(span.name)/ratio", peer / mine))
            figures.append(("micro/\(span.name)/instructions", Double(span.instructions) / operations))
            figures.append(("micro/\(span.name)/exits", Double(span.exits) / operations))
        }
        table.rows.append(["median", "", "", fixed(median(ratios), 2), "", ""])
        figures.append(("micro/median/ratio", median(ratios)))
        try report.show(table, figures: figures)
    }

    private func spans(_ station: Station) throws -> [Span] {
        defer { station.end() }
        return try station.spans()
    }
}
