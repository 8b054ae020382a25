// Linux as a test bench: one program of ours (Guest/) is the whole user space of a kernel, the same kernel and the same bytes in
// lgtui and in QEMU. What it does is bracketed by lines on the console, and the clock that counts is the host's.

import ArgumentParser
import Glibc
import GuestHost

struct LinuxOptions: ParsableArguments {
    @Option(help: "The lgtui program.") var lgtui = "../.build/release/lgtui"
    @Option(help: "Kernel for lgtui: vmlinux or bzImage, Linux 2.6.23.") var kernel: String
    @Option(help: "The same kernel as bzImage, for QEMU.") var bzimage: String
    @Option(help: "Where the guest program's sources are.") var sources = "Guest"
    @Option(
        help: ArgumentHelp(
            "How to make a static i386 program that an old kernel can run; a musl compiler does, glibc does not.",
            valueName: "command"))
    var cc = "i386-linux-musl-gcc"
    @Option(help: ArgumentHelp("The guest program, already built.", valueName: "file")) var program: String?

    /// The calibration of the delay loop takes time by the clock, not by the processor; nothing here is about it.
    static let common = ["quiet", "lpj=5000000"]

    /// Builds the program and an initial RAM disk that has nothing else. - Returns: the disk's name.
    func makeInitrd(in folder: Folder) throws -> String {
        var archive = Archive()
        archive.add(folder: "dev")
        archive.add(characterDevice: "dev/console", major: 5, minor: 1)
        archive.add(file: "init", try readFile(try program ?? compile(in: folder)))
        archive.finish()
        let path = folder.name("initrd")
        try writeFile(path, archive.bytes)
        return path
    }

    private func compile(in folder: Folder) throws -> String {
        let output = folder.name("program")
        let files = ["init.c", "micro.c", "devices.c"].map { "\(sources)/\($0)" }
        let command = ([cc, "-static", "-O2", "-march=i686", "-mno-sse", "-o", output] + files).joined(separator: " ")
        let compiler = try Child(["sh", "-c", command + " && echo compiled"])
        defer { compiler.end() }
        guard compiler.wait(for: "compiled") != nil else {
            throw BenchError.message(
                "the guest program does not compile; try it:\n\(command)\nor give a built one with --program")
        }
        return output
    }

    func lgtuiCommand(_ initrd: String, _ arguments: [String], disk: String? = nil) -> [String] {
        [lgtui, "run", "64m", kernel, "--initrd=\(initrd)"] + (disk.map { ["--block=\($0)"] } ?? []) + ["console=hvc0"]
            + Self.common + arguments
    }

    func qemuCommand(_ initrd: String, _ arguments: [String], drive: String? = nil) -> [String] {
        [
            "qemu-system-i386", "-accel", "tcg", "-m", "64", "-kernel", bzimage, "-initrd", initrd, "-append",
            (["console=ttyS0"] + Self.common + arguments).joined(separator: " "), "-nographic", "-no-reboot",
            "-monitor", "none",
        ] + (drive.map { ["-drive", $0] } ?? [])
    }

    /// The same in this process, where its counters can be read.
    func configuration(
        _ name: String, _ initrd: String, _ arguments: [String], disk: String? = nil
    ) throws -> GuestConfiguration {
        GuestConfiguration(
            name: name, memory: try MemorySize("64m"), kernel: .file(path: kernel), initrd: initrd,
            disks: disk.map { [.init(path: $0)] } ?? [], arguments: ["console=hvc0"] + Self.common + arguments)
    }
}

/// What the guest program said it did, and what that took.
struct Span {
    var name: String
    var count: Double
    var seconds: Double
    /// Guest instructions and exits in between, where they can be counted.
    var instructions: UInt64 = 0
    var exits: UInt64 = 0
}

extension Station {
    /// Reads spans until the program is done.
    func spans() throws -> [Span] {
        var result: [Span] = []
        while true {
            // The console's driver may add carriage returns.
            let line = try wait(for: "\n").text.filter { $0 != "\r" && $0 != "\r\n" }
            if line == "DONE" { return result }
            if line == "FAILED" { throw BenchError.message("the guest program failed: \(said)") }
            guard line.hasPrefix("BEGIN "), let last = line.split(separator: " ").last, let count = Double(last) else {
                continue
            }
            let name = String(line.dropFirst(6).dropLast(last.count + 1))
            let (begun, before) = (time, counters)
            _ = try wait(for: "END \(name)", patience: 300)
            var span = Span(name: name, count: count, seconds: time - begun)
            if let before, let after = counters {
                span.instructions = after.hypervisor.instructions &- before.hypervisor.instructions
                span.exits = after.hypervisor.totalExits &- before.hypervisor.totalExits
            }
            result.append(span)
        }
    }
}
