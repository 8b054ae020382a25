// Many guests: how long until all are up, what each costs in memory, what they cost when they do nothing, and whether they share
// two cores fairly when they all want them.

import ArgumentParser
import Glibc
import GuestHost

struct Scale: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Boots 1 to 64 guests at once, lets them rest and lets them spin.",
        discussion: """
            Boots, memory and idleness are those of one lgtui process; memory is the proportional set size (shared pages count \
            by parts) divided by the number of guests. Speed and fairness come from guests in this process, whose counters can \
            be read while they run.
            """)

    @OptionGroup var linux: LinuxOptions
    @OptionGroup var report: ReportOptions
    @Option(help: "QEMU processes to compare with.") var peers = 16
    @Option(help: "The most guests at once.") var most = 64
    @Option(help: "Seconds of each look at idle and at spinning guests.") var seconds = 5

    private var counts: [Int] { [1, 2, 4, 16, 64].filter { $0 <= (report.quick ? min(most, 16) : most) } }

    func run() throws {
        guard peers > 0, most > 0, seconds > 0 else { throw ValidationError("all numbers are above zero") }
        let folder = try Folder()
        let initrd = try linux.makeInitrd(in: folder)
        try storms(folder, initrd)
        try spins(initrd)
    }

    // MARK: Boots, memory and idleness

    private struct Crowd {
        var boot: Double
        /// MiB of each.
        var memory: Double
        /// Per cent of a core, of all together.
        var idle: Double
    }

    private func storms(_ folder: Folder, _ initrd: String) throws {
        var table = Table(
            title: "Many guests",
            note: "Until all are up, memory of each, and what all together cost when idle (% of a core); \(machine()).",
            columns: ["guests", "boot", "each", "idle"])
        var figures: [(name: String, value: Double)] = []
        func add(_ name: String, _ count: Int, _ crowd: Crowd) {
            table.rows.append([
                "\(count) × \(name)", "\(fixed(crowd.boot, 2)) s", "\(fixed(crowd.memory, 1)) MiB",
                "\(fixed(crowd.idle, 2)) %",
            ])
            let key = "scale/\(count)-\(name)"
            figures += [
                ("\(key)/boot", crowd.boot), ("\(key)/memory", crowd.memory), ("\(key)/idle", crowd.idle),
            ]
        }
        let guests: [(name: String, lines: String, marker: String)] = [
            ("demo guest", "kernel = \"demo\"\nmemory = \"16m\"\nargs = [\"quiet\", \"run=echo =up=\"]\n", "| =up="),
            (
                "Linux",
                """
                kernel = "\(absolute(linux.kernel))"
                initrd = "\(initrd)"
                memory = "64m"
                args = [\((["console=hvc0"] + LinuxOptions.common + ["job=idle"]).map { "\"\($0)\"" }.joined(separator: ", "))]

                """, "| UP"
            ),
        ]
        var ours = Double.nan
        for guest in guests {
            for count in counts {
                let crowd = try storm(guest.lines, count, until: guest.marker, folder)
                add(guest.name, count, crowd)
                if count == 16, guest.name == "Linux" { ours = crowd.memory }
            }
        }
        let peers = report.quick ? min(peers, 4) : peers
        let crowd = try qemus(peers, initrd)
        add("QEMU, Linux", peers, crowd)
        try report.show(table, figures: figures + [("scale/memory-ratio", ours / crowd.memory)])
    }

    private func storm(_ lines: String, _ count: Int, until marker: String, _ folder: Folder) throws -> Crowd {
        let lab = folder.name("lab")
        try writeFile(lab, Array((0..<count).map { "[[guest]]\nname = \"g\($0)\"\n\(lines)\n" }.joined().utf8))
        let start = now()
        let station = try Station(program: [linux.lgtui, "--plain", lab])
        defer { station.end() }
        for _ in 0..<count { _ = try station.wait(for: marker) }
        return try look(at: station.pid.map { [$0] } ?? [], boot: station.time - start, count: count)
    }

    private func qemus(_ count: Int, _ initrd: String) throws -> Crowd {
        var stations: [Station] = []
        defer { for station in stations { station.end() } }
        let start = now()
        for _ in 0..<count { stations.append(try Station(program: linux.qemuCommand(initrd, ["job=idle"]))) }
        for station in stations { _ = try station.wait(for: "\nUP", patience: 600) }
        let boot = (stations.map(\.time).max() ?? start) - start
        return try look(at: stations.compactMap(\.pid), boot: boot, count: count)
    }

    private func look(at processes: [pid_t], boot: Double, count: Int) throws -> Crowd {
        // What a boot leaves to do is done by then.
        sleep(2)
        let memory = try processes.reduce(0) { try $0 + proportionalMemory(of: $1) }
        let before = processes.reduce(0) { $0 + processorTime(of: $1) }
        sleep(UInt32(seconds))
        let used = processes.reduce(0) { $0 + processorTime(of: $1) } - before
        return Crowd(boot: boot, memory: memory / Double(count), idle: used / Double(seconds) * 100)
    }

    // MARK: Speed and fairness

    private func spins(_ initrd: String) throws {
        var table = Table(
            title: "Guests that spin",
            note:
                "Linux, one busy process each, \(seconds) s; all together, and the slowest beside the fastest; \(machine()).",
            columns: ["guests", "million instructions/s", "slowest / fastest, instructions", "processor time"])
        var figures: [(name: String, value: Double)] = []
        for count in counts.filter({ $0 <= 16 }) {
            var stations: [Station] = []
            defer { for station in stations { station.end() } }
            for number in 0..<count {
                stations.append(try Station(guest: linux.configuration("spin\(number)", initrd, ["job=spin"])))
            }
            for station in stations { _ = try station.wait(for: "\nUP") }
            sleep(1)
            let before = stations.compactMap(\.counters)
            let start = now()
            sleep(UInt32(seconds))
            let time = now() - start
            let after = stations.compactMap(\.counters)
            let instructions = zip(before, after).map {
                Double($1.hypervisor.instructions &- $0.hypervisor.instructions)
            }
            let processor = zip(before, after).map { Double($1.processorNanoseconds &- $0.processorNanoseconds) }
            func fairness(_ values: [Double]) -> Double { (values.min() ?? 0) / (values.max() ?? .nan) }
            let speed = instructions.reduce(0, +) / time / 1e6
            table.rows.append([
                "\(count)", fixed(speed, 0), fixed(fairness(instructions), 2), fixed(fairness(processor), 2),
            ])
            figures += [("scale/spin-\(count)/mips", speed), ("scale/spin-\(count)/fairness", fairness(processor))]
        }
        try report.show(table, figures: figures)
    }
}

private func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// MiB, where a page that several processes share counts by parts.
private func proportionalMemory(of pid: pid_t) throws -> Double {
    let text = String(decoding: try readFile("/proc/\(pid)/smaps_rollup"), as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix("Pss:") {
        if let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) {
            return kibibytes / 1024
        }
    }
    throw BenchError.message("process \(pid) tells no memory")
}

/// Seconds of processor time so far.
func processorTime(of pid: pid_t) -> Double {
    guard let bytes = try? readFile("/proc/\(pid)/stat") else { return .nan }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}
