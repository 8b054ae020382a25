// Boots one kernel here and in QEMU, to the same printed line. Process start counts for both: that is what users wait for.

import ArgumentParser

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

    func run() throws {
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
        print("# boot to \"\(marker)\", \(rounds) rounds, \(machine())")
        for s in [lgtuiSeries, qemuSeries] {
            print(column(s.name, -10), column(fixed(s.median), 8) + " s", " (\(s.spread))")
        }
        print("lgtui takes \(fixed(lgtuiSeries.median / qemuSeries.median, 2)) of QEMU's time")
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
