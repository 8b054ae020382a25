// Boots one kernel here and in QEMU, to the same printed line. Process start counts for both: that is what users wait for.

import ArgumentParser
import GuestHost

struct Boot: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Boots a Linux 2.6.23 kernel in lgtui and in qemu-system-i386, to the same printed line.")

    @Option(help: "The lgtui program.") var lgtui = "../.build/release/lgtui"
    @Option(help: "Kernel for lgtui: vmlinux or bzImage.") var kernel: String
    @Option(help: "The same kernel as bzImage, for QEMU.") var bzimage: String
    @Option(help: "Initial RAM disk for both.") var initrd: String
    @Option(help: "Text that ends a run.") var marker = "READY"
    @Option(help: "Guest memory in MiB.") var memory = 64
    @Option(help: "More kernel arguments for both.") var append = ""
    @Option(help: "Rounds.") var rounds = 5

    @Option(help: "What to call this boot in tables.") var name = "as users boot it"
    @OptionGroup var report: ReportOptions

    func run() throws {
        let rounds = report.quick ? 1 : rounds
        let extra = append.split(separator: " ").map(String.init)
        let ours = [lgtui, "run", "\(memory)", kernel, "--initrd=\(initrd)", "console=hvc0"] + extra
        let peer = [
            "qemu-system-i386", "-accel", "tcg", "-m", "\(memory)", "-kernel", bzimage, "-initrd", initrd, "-append",
            (["console=ttyS0"] + extra).joined(separator: " "), "-nographic", "-no-reboot", "-monitor", "none",
        ]
        var lgtuiSeries = Series(name: "lgtui")
        var qemuSeries = Series(name: "QEMU TCG")
        for _ in 0..<rounds {
            lgtuiSeries.seconds.append(try time(ours))
            qemuSeries.seconds.append(try time(peer))
        }
        let counted = try count(extra)
        let ratio = lgtuiSeries.median / qemuSeries.median
        let cell = { (series: Series) in "\(fixed(series.median, 2)) s (\(series.spread))" }
        try report.show(
            Table(
                title: "Booting Linux, \(name)",
                note: "To \"\(marker)\", \(rounds) rounds, medians, \(machine()); QEMU with TCG.",
                columns: ["lgtui", "QEMU", "lgtui / QEMU", "instructions", "exits"],
                rows: [
                    [
                        cell(lgtuiSeries), cell(qemuSeries), fixed(ratio, 2), "\(counted.instructions)",
                        "\(counted.exits)",
                    ]
                ]),
            figures: [
                ("boot/\(name)/ratio", ratio), ("boot/\(name)/instructions", Double(counted.instructions)),
                ("boot/\(name)/exits", Double(counted.exits)),
            ])
    }

    /// Once more in this process, for what the guest did.
    private func count(_ extra: [String]) throws -> (instructions: UInt64, exits: UInt64) {
        let station = try Station(
            guest: GuestConfiguration(
                name: "counted", memory: try MemorySize("\(memory)"), kernel: .file(path: kernel), initrd: initrd,
                arguments: ["console=hvc0"] + extra))
        defer { station.end() }
        _ = try station.wait(for: marker)
        guard let counters = station.counters?.hypervisor else { throw BenchError.message("no counters") }
        return (counters.instructions, counters.totalExits)
    }

    private func time(_ command: [String]) throws -> Double {
        let child = try Child(command)
        defer { child.end() }
        guard let seen = child.wait(for: marker) else {
            throw BenchError.missing(marker: marker, command: command[0])
        }
        return seen.time - child.started
    }
}
