// The CPU against QEMU's and against the real one: the same freestanding program on all three, timed between its own
// two markers, so that firmware and process start do not count.

import ArgumentParser
import Glibc
import I386

struct Workloads: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cpu", abstract: "Runs the workloads on our CPU, on qemu-system-i386 and natively.")

    static let all = ["mix", "memory", "hash", "bytecode", "chase", "float", "cold"]

    @Option(help: "Where `make -C Workloads` put them.") var directory = "Workloads/.build-workloads"
    @Option(help: "Rounds.") var rounds = 5
    @Argument(help: "Which workloads (default: all).") var names: [String] = []

    func run() throws {
        print("# \(rounds) rounds, medians in seconds, \(machine())")
        print(
            column("workload", -10), column("lgtui", 8), column("QEMU", 8), column("native", 8),
            column("QEMU/lgtui", 11), column("MIPS", 7))
        for name in names.isEmpty ? Self.all : names { try race(name) }
    }

    private func race(_ name: String) throws {
        let image = try readFile("\(directory)/\(name).elf")
        var ours = Series(name: "lgtui")
        var qemu = Series(name: "QEMU")
        var native = Series(name: "native")
        var mips: [Double] = []
        for _ in 0..<rounds {
            let (expected, seconds) = try peer(["\(directory)/\(name).native"])
            native.seconds.append(seconds)
            let machine = try Machine(image)
            let result = try machine.run()
            guard result.sum == expected else { throw BenchError.wrongSum(name, got: result.sum, expected: expected) }
            ours.seconds.append(result.seconds)
            mips.append(Double(result.instructions) / result.seconds / 1e6)
            let other = try peer([
                "qemu-system-i386", "-accel", "tcg", "-display", "none", "-serial", "none", "-m", "64", "-kernel",
                "\(directory)/\(name).elf", "-debugcon", "stdio", "-device", "isa-debug-exit,iobase=0x501",
            ])
            guard other.sum == expected else { throw BenchError.wrongSum("QEMU", got: other.sum, expected: expected) }
            qemu.seconds.append(other.seconds)
        }
        print(
            column(name, -10), column(fixed(ours.median), 8), column(fixed(qemu.median), 8),
            column(fixed(native.median), 8), column(fixed(qemu.median / ours.median, 2), 11),
            column(fixed(mips.sorted()[mips.count / 2], 0), 7))
    }

    private func peer(_ command: [String]) throws -> (sum: String, seconds: Double) {
        let child = try Child(command)
        defer { child.end() }
        guard let start = child.wait(for: "S") else { throw BenchError.missing(marker: "S", command: command[0]) }
        // A fast workload may have ended before we read its first byte.
        if let sum = sum(in: start.text) { return (sum, 0.000_001) }
        guard let end = child.wait(for: "\n") else { throw BenchError.missing(marker: "E", command: command[0]) }
        guard let sum = sum(in: end.text) else { throw BenchError.missing(marker: "sum", command: command[0]) }
        return (sum, end.time - start.time)
    }

    private func sum(in text: String) -> String? {
        guard let e = text.firstIndex(of: "E"), text.contains("\n") else { return nil }
        return String(text[text.index(after: e)...].prefix(8))
    }
}
