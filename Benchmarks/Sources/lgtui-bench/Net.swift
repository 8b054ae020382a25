// Two guests and a cable. The same Linux on both ends of the same transfer, in one process, in two, and next to two QEMU
// machines; and our own demo guest, which has hardly any stack, for what the cable itself can do.

import ArgumentParser
import Glibc

struct Net: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Moves data between two guests, and between a guest and the host.",
        discussion: """
            Without a kernel only demo guests are measured. With one, Linux 2.6.23 sends itself a stream over TCP, here and \
            in QEMU; the initial RAM disk needs sh, ifconfig, ping, dd and nc (busybox). Taps need rights: run the whole \
            program under `sudo unshare -n`.
            """)

    @Option(help: "The lgtui program.") var lgtui = "../.build/release/lgtui"
    @Option(help: "The demo guest.") var demo = "../Sources/CDemoGuest/demo.elf"
    @Option(help: "Kernel for lgtui: vmlinux or bzImage.") var kernel: String?
    @Option(help: "The same kernel as bzImage, for QEMU; it needs a driver for the card.") var bzimage: String?
    @Option(help: "Initial RAM disk for both.") var initrd: String?
    @Option(help: "QEMU's network card.") var card = "e1000"
    @Option(help: "Mebibytes to send over TCP.") var megabytes = 64
    @Option(help: "Rounds.") var rounds = 5
    @Flag(help: "Measure taps as well.") var tap = false
    @OptionGroup var report: ReportOptions

    func run() throws {
        let folder = try Folder()
        try floodTable(folder)
        guard let kernel, let bzimage, let initrd else { return }
        let image = try NetImage.make(from: initrd, in: folder)
        try streamTable(folder, kernel, bzimage, image)
    }

    // MARK: Demo guests

    private var turns: Int { report.quick ? 1 : rounds }

    private func floodTable(_ folder: Folder) throws {
        var table = Table(
            title: "Networks, demo guests",
            note: "Round trips, and frames that were taken in a flood; \(turns) rounds, medians, \(machine()).",
            columns: ["", "ping", "60 bytes", "1514 bytes", "MB/s"])
        var figures: [(name: String, value: Double)] = []
        for (name, makePair) in [("one process", Pair.inProcess), ("two processes", Pair.processes)] {
            var pings = Series(name: name)
            var small = Series(name: name)
            var large = Series(name: name)
            for _ in 0..<turns {
                let pair = try makePair(self, folder)
                defer { pair.end() }
                let texts = try pair.demo([
                    "ping \(Pair.sinkAddress) 5000", "flood \(Pair.sinkAddress) 200000 18",
                    "flood \(Pair.sinkAddress) 200000 1472",
                ])
                pings.seconds.append(try mean(texts[0]))
                small.seconds.append(try delivered(texts[1]))
                large.seconds.append(try delivered(texts[2]))
            }
            table.rows.append([
                name, "\(fixed(pings.median * 1000, 0)) µs", "\(fixed(small.median, 0))/s",
                "\(fixed(large.median, 0))/s", fixed(large.median * 1514 / 1e6, 0),
            ])
            figures += [("net/\(name)/ping", pings.median * 1000), ("net/\(name)/frames", large.median)]
        }
        try report.show(table, figures: figures)
    }

    /// The milliseconds behind "mean" in what `ping` prints.
    private func mean(_ text: String) throws -> Double {
        guard let word = text.split(separator: "mean ").last?.split(separator: ",").first, let value = Double(word)
        else { throw BenchError.message("no times in: \(text)") }
        return value
    }

    /// Packets a second that somebody took, from "N packets in X s: …, R refused".
    private func delivered(_ text: String) throws -> Double {
        let words = text.split { $0 == " " || $0.isNewline }
        guard let unit = words.firstIndex(of: "packets"), unit > 0, let sent = Double(words[unit - 1]),
            unit + 2 < words.count, let seconds = Double(words[unit + 2]), let last = words.lastIndex(of: "refused"),
            last > 0, let refused = Double(words[last - 1])
        else { throw BenchError.message("no rate in: \(text)") }
        return (sent - refused) / seconds
    }

    // MARK: Linux

    private func streamTable(_ folder: Folder, _ kernel: String, _ bzimage: String, _ image: String) throws {
        var contenders: [(String, (Int) throws -> Transfer)] = [
            ("lgtui, one process", { _ in try stream(try Pair.inProcess(self, folder), kernel, image) }),
            ("lgtui, two processes", { _ in try stream(try Pair.processes(self, folder), kernel, image) }),
            (
                "QEMU, socket netdev",
                { round in try stream(Pair.qemuSocket(self, port: 20_000 + round), bzimage, image) }
            ),
            ("QEMU, dgram netdev", { round in try stream(Pair.qemuDgram(self, folder), bzimage, image) }),
        ]
        if tap {
            contenders.append(("lgtui, tap to the host", { _ in try Tap.lgtui(self, kernel, image) }))
            contenders.append(("QEMU, tap to the host", { _ in try Tap.qemu(self, bzimage, image) }))
        }
        var results = contenders.map { _ in [Transfer]() }
        for round in 0..<turns {
            for (index, contender) in contenders.enumerated() { results[index].append(try contender.1(round)) }
        }
        var table = Table(
            title: "Networks, Linux over TCP",
            note: "\(megabytes) MiB, \(turns) rounds, medians, \(machine()); QEMU with its \(card).",
            columns: ["", "MB/s", "lowest–highest", "frames/s"])
        var rates: [Double] = []
        for (contender, transfers) in zip(contenders, results) {
            var rate = Series(name: contender.0)
            var frames = Series(name: contender.0)
            for transfer in transfers {
                rate.seconds.append(Double(megabytes) * 1.048576 / transfer.seconds)
                if transfer.frames > 0 { frames.seconds.append(transfer.frames / transfer.seconds) }
            }
            rates.append(rate.median)
            let (low, high) = (rate.seconds.min() ?? .nan, rate.seconds.max() ?? .nan)
            table.rows.append([
                contender.0, fixed(rate.median, 1), "\(fixed(low, 1))–\(fixed(high, 1))", fixed(frames.median, 0),
            ])
        }
        // The first two are ours, the next two QEMU's.
        let peer = max(rates[2], rates[3])
        try report.show(
            table, figures: [("net/one process/ratio", rates[0] / peer), ("net/two processes/ratio", rates[1] / peer)])
    }

    private func stream(_ pair: Pair, _ kernel: String, _ image: String) throws -> Transfer {
        defer { pair.end() }
        return try pair.linux(kernel, image, megabytes: megabytes)
    }
}

/// One stream from end to end.
struct Transfer {
    var seconds: Double
    /// Those that the receiver's card sent and received; 0 when nobody counted.
    var frames: Double
}
