// The disk and the console: what the same kernel gets through /dev/lgba and hvc0, and through QEMU's IDE disk and serial line
// (2.6.23 is older than virtio). The same image for both, once in memory behind the host's page cache and once on a disk past it.

import ArgumentParser
import Glibc
import GuestHost

struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Moves data through disks and consoles of Linux 2.6.23, in lgtui and in QEMU.")

    @OptionGroup var linux: LinuxOptions
    @OptionGroup var report: ReportOptions
    @Option(help: "Rounds.") var rounds = 3
    @Option(help: "A folder in memory, for the image.") var memoryFolder = "/dev/shm"
    @Option(help: "A folder on a disk, for the image.") var diskFolder = "/var/tmp"
    @Option(help: "MiB that the console is flooded with.") var flood = 2

    private static let imageBytes = 64 << 20

    func run() throws {
        let folder = try Folder()
        let initrd = try linux.makeInitrd(in: folder)
        let rounds = report.quick ? 1 : rounds
        for (title, key, place, cache) in [
            ("Disk in the host's memory", "disk-in-memory", memoryFolder, "writeback"),
            ("Disk on a disk, past the host's cache", "disk", diskFolder, "none"),
        ] {
            let image = "\(place)/lgtui-bench-\(getpid()).img"
            defer { unlink(image) }
            try writeFile(image, [UInt8](repeating: 0x5a, count: Self.imageBytes))
            sync()
            try race(
                title, key, note: "\(rounds) rounds, medians, \(machine()); QEMU: IDE, cache=\(cache).", rounds: rounds,
                ours: linux.lgtuiCommand(initrd, ["job=disk", "disk=lgba"], disk: image),
                counted: linux.configuration("counted", initrd, ["job=disk", "disk=lgba"], disk: image),
                theirs: linux.qemuCommand(
                    initrd, ["job=disk", "disk=hda"], drive: "file=\(image),format=raw,if=ide,cache=\(cache)"))
        }
        let job = ["job=flood", "megabytes=\(flood)"]
        try race(
            "Console", "console", note: "\(flood) MiB of text to a pipe; hvc0 beside QEMU's serial line.",
            rounds: rounds,
            ours: linux.lgtuiCommand(initrd, job), counted: linux.configuration("counted", initrd, job),
            theirs: linux.qemuCommand(initrd, job))
    }

    private func race(
        _ title: String, _ key: String, note: String, rounds: Int, ours: [String], counted: GuestConfiguration,
        theirs: [String]
    )
        throws
    {
        var mine: [[Span]] = []
        var peers: [[Span]] = []
        for _ in 0..<rounds {
            mine.append(try spans(Station(program: ours)))
            peers.append(try spans(Station(program: theirs)))
        }
        var table = Table(
            title: title, note: note, columns: ["", "lgtui", "QEMU", "lgtui / QEMU", "instructions", "exits"])
        var figures: [(name: String, value: Double)] = []
        for (index, span) in try spans(Station(guest: counted)).enumerated() {
            let ours = median(mine.map { $0[index].seconds })
            let theirs = median(peers.map { $0[index].seconds })
            table.rows.append([
                span.name, rate(span, ours), rate(span, theirs), fixed(theirs / ours, 2),
                fixed(Double(span.instructions) / operations(span), 0), fixed(Double(span.exits) / operations(span), 2),
            ])
            figures.append(("\(key)/\(span.name)/ratio", theirs / ours))
        }
        try report.show(table, figures: figures)
    }

    /// The program counts a walk's requests where it is random, its KiB where it is not, and a console's bytes.
    private func rate(_ span: Span, _ seconds: Double) -> String {
        if span.name.hasPrefix("random") { return "\(fixed(span.count / seconds, 0)) IOPS" }
        let bytes = span.name.hasPrefix("sequential") ? span.count * 1024 : span.count
        return "\(fixed(bytes / seconds / 1e6, bytes / seconds < 1e8 ? 1 : 0)) MB/s"
    }

    /// What instructions and exits are counted by: a request, or a kibibyte.
    private func operations(_ span: Span) -> Double { span.count >= 1e6 ? span.count / 1024 : span.count }

    private func spans(_ station: Station) throws -> [Span] {
        defer { station.end() }
        return try station.spans()
    }
}
