// One command for all that can be measured with what is there: a table after the other, into one file.

import ArgumentParser

struct All: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs cpu, boot, micro, devices, scale and net, as far as there is what they need.",
        discussion: """
            Without a kernel only the processor is measured. With one (--kernel for lgtui, --bzimage for QEMU) the guest program \
            is compiled and run; with an initial RAM disk that prints READY, Linux is booted from it as well, and one that has \
            busybox moves data through networks. Takes about ten minutes; --quick takes three.
            """)

    @OptionGroup var report: ReportOptions
    @Option(help: "The lgtui program.") var lgtui = "../.build/release/lgtui"
    @Option(help: "Kernel for lgtui: vmlinux or bzImage, Linux 2.6.23.") var kernel: String?
    @Option(help: "The same kernel as bzImage, for QEMU.") var bzimage: String?
    @Option(help: "An initial RAM disk, compressed as users have it.") var initrd: String?
    @Option(help: "The same, not compressed.") var plainInitrd: String?
    @Option(help: ArgumentHelp("How to compile for an old kernel: see micro.", valueName: "command")) var cc: String?
    @Option(help: ArgumentHelp("Only these, separated by commas.", valueName: "names")) var only: String?

    func run() throws {
        let chosen = only.map { Set($0.split(separator: ",").map(String.init)) }
        func run(_ name: String, _ command: any ParsableCommand.Type, _ arguments: [String]) throws {
            guard chosen?.contains(name) ?? true else { return }
            let common =
                (report.write.map { ["--write", $0] } ?? []) + (report.record.map { ["--record", $0] } ?? [])
                + (report.quick ? ["--quick"] : [])
            var parsed = try command.parseAsRoot(arguments + common)
            try parsed.run()
        }
        try run("cpu", Workloads.self, [])
        guard let kernel, let bzimage else {
            print("Without --kernel and --bzimage that was all.")
            return
        }
        let machines = ["--lgtui", lgtui, "--kernel", kernel, "--bzimage", bzimage]
        if let initrd { try run("boot", Boot.self, machines + ["--initrd", initrd]) }
        if let plainInitrd {
            let plain = ["--initrd", plainInitrd, "--append", "lpj=5000000", "--name", "lpj=, plain initrd"]
            try run("boot", Boot.self, machines + plain)
        }
        let program = machines + (cc.map { ["--cc", $0] } ?? [])
        try run("micro", Micro.self, program)
        try run("devices", Devices.self, program)
        try run("scale", Scale.self, program)
        if let initrd = initrd ?? plainInitrd { try run("net", Net.self, machines + ["--initrd", initrd]) }
    }
}
