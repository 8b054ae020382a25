// The CPU against QEMU's and against the real one: the same freestanding program on all three, timed between its own
// two markers, so that firmware and process start do not count.

import ArgumentParser
import Glibc
import I386

struct Workloads: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cpu", abstract: "Runs the workloads on our CPU, on qemu-system-i386 and natively.")

    /// On a bare processor.
    static let programs = ["mix", "memory", "hash", "bytecode", "chase", "float", "cold"]
    /// With a kernel of their own, as guests.
    static let systems = ["syscalls", "faults"]

    @Option(help: "Where `make -C Workloads` put them.") var directory = "Workloads/.build-workloads"
    @Option(help: "Rounds.") var rounds = 5
    @OptionGroup var report: ReportOptions
    @Argument(help: "Which workloads (default: all).") var names: [String] = []

    func run() throws {
        let rounds = report.quick ? 1 : rounds
        let hasPeer = access("/usr/bin/qemu-system-i386", X_OK) == 0
        var table = Table(
            title: "The processor", note: "\(rounds) rounds, medians in seconds, \(machine()); QEMU with TCG.",
            columns: ["workload", "lgtui", "QEMU", "native", "QEMU / lgtui", "million instructions/s"])
        var figures: [(name: String, value: Double)] = []
        var ratios: [Double] = []
        for name in names.isEmpty ? Self.programs + Self.systems : names {
            let race = try race(name, rounds: rounds, hasPeer: hasPeer)
            let ratio = race.qemu.median / race.ours.median
            ratios.append(ratio)
            table.rows.append([
                name, fixed(race.ours.median), fixed(race.qemu.median), fixed(race.native.median), fixed(ratio, 2),
                fixed(Double(race.instructions) / race.ours.median / 1e6, 0),
            ])
            figures += [("cpu/\(name)/ratio", ratio), ("cpu/\(name)/instructions", Double(race.instructions))]
        }
        table.rows.append(["median", "", "", "", fixed(median(ratios), 2), ""])
        try report.show(table, figures: figures + [("cpu/median/ratio", median(ratios))])
    }

    private struct Race {
        var ours = Series(name: "lgtui")
        var qemu = Series(name: "QEMU")
        var native = Series(name: "native")
        var instructions: UInt64 = 0
    }

    private func race(_ name: String, rounds: Int, hasPeer: Bool) throws -> Race {
        let path = "\(directory)/\(name).elf"
        let image = try readFile(path)
        var race = Race()
        for _ in 0..<rounds {
            let (expected, seconds) = try peer(["\(directory)/\(name).native"])
            race.native.seconds.append(seconds)
            let result = try Self.systems.contains(name) ? GuestMachine.run(path) : Machine(image).run()
            guard result.sum == expected else { throw BenchError.wrongSum(name, got: result.sum, expected: expected) }
            race.ours.seconds.append(result.seconds)
            race.instructions = result.instructions
            guard hasPeer else { continue }
            let other = try peer([
                "qemu-system-i386", "-accel", "tcg", "-display", "none", "-serial", "none", "-m", "64", "-kernel",
                path, "-debugcon", "stdio", "-device", "isa-debug-exit,iobase=0x501",
            ])
            guard other.sum == expected else { throw BenchError.wrongSum("QEMU", got: other.sum, expected: expected) }
            race.qemu.seconds.append(other.seconds)
        }
        return race
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
