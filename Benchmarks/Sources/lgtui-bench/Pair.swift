// Two ends of a cable, in whatever they run, and what happens on it.

import GuestHost

/// How to start the two guests of one measurement.
struct Pair {
    static let sinkAddress = "10.0.0.2"
    static let sourceAddress = "10.0.0.1"

    enum Role: String {
        case sink, source
        var address: String { self == .sink ? Pair.sinkAddress : Pair.sourceAddress }
        var peer: String { self == .sink ? Pair.sourceAddress : Pair.sinkAddress }
    }

    private let start: (Role, _ kernel: String, _ initrd: String?, _ arguments: [String]) throws -> Station
    private let demoKernel: String
    private final class Running { var stations: [Station] = [] }
    private let running = Running()

    func end() {
        for station in running.stations { station.end() }
        running.stations = []
    }

    private func begin(_ role: Role, _ kernel: String, _ initrd: String?, _ arguments: [String]) throws -> Station {
        let station = try start(role, kernel, initrd, arguments)
        running.stations.append(station)
        return station
    }

    // MARK: What runs

    static func inProcess(_ net: Net, _ folder: Folder) throws -> Pair {
        let cable = folder.name("cable")
        let memory = try MemorySize("64m")
        return Pair(
            start: { role, kernel, initrd, arguments in
                try Station(
                    guest: GuestConfiguration(
                        name: role.rawValue, memory: memory, kernel: .file(path: kernel), initrd: initrd,
                        devices: [.network(.shared(cable))], arguments: arguments + hvc(initrd)))
            }, demoKernel: net.demo)
    }

    static func processes(_ net: Net, _ folder: Folder) throws -> Pair {
        let cable = folder.name("cable")
        return Pair(
            start: { _, kernel, initrd, arguments in
                try Station(
                    program: [net.lgtui, "run", "64m", kernel, "--sharenet=\(cable)"]
                        + (initrd.map { ["--initrd=\($0)"] } ?? []) + arguments + hvc(initrd))
            }, demoKernel: net.demo)
    }

    private static func hvc(_ initrd: String?) -> [String] { initrd == nil ? [] : ["console=hvc0"] }

    static func qemuSocket(_ net: Net, port: Int) -> Pair {
        qemu(net) { "socket,\($0 == .sink ? "listen" : "connect")=127.0.0.1:\(port)" }
    }

    static func qemuDgram(_ net: Net, _ folder: Folder) -> Pair {
        let ends = [Role.sink: folder.name("end"), .source: folder.name("end")]
        return qemu(net) { role in
            let (ours, theirs) = (ends[role] ?? "", ends[role == .sink ? .source : .sink] ?? "")
            return "dgram,local.type=unix,local.path=\(ours),remote.type=unix,remote.path=\(theirs)"
        }
    }

    private static func qemu(_ net: Net, _ netdev: @escaping (Role) -> String) -> Pair {
        Pair(
            start: { role, kernel, initrd, arguments in
                try Station(
                    program: qemuCommand(
                        net, kernel, initrd, arguments, netdev: netdev(role), mac: role == .sink ? "02" : "01"))
            }, demoKernel: net.demo)
    }

    static func qemuCommand(
        _ net: Net, _ kernel: String, _ initrd: String?, _ arguments: [String], netdev: String, mac: String
    ) -> [String] {
        [
            "qemu-system-i386", "-accel", "tcg", "-m", "64", "-kernel", kernel, "-initrd", initrd ?? "", "-append",
            (["console=ttyS0"] + arguments).joined(separator: " "), "-nographic", "-no-reboot", "-monitor", "none",
            "-netdev", netdev + ",id=cable", "-device", "\(net.card),netdev=cable,mac=52:54:00:00:00:\(mac)",
        ]
    }

    // MARK: What happens

    /// Runs commands on one demo guest while another answers. - Returns: what each printed.
    func demo(_ commands: [String]) throws -> [String] {
        let sink = try begin(.sink, demoKernel, nil, ["quiet", "ip=\(Pair.sinkAddress)"])
        _ = try sink.wait(for: "demo> ")
        let marked = commands.map { "\($0); echo =end=" }.joined(separator: "; ")
        let source = try begin(
            .source, demoKernel, nil, ["quiet", "ip=\(Pair.sourceAddress)", "run=\(marked)"])
        return try commands.map { _ in try source.wait(for: "\n=end=").text }
    }

    /// Sends a stream from one Linux to another.
    func linux(_ kernel: String, _ initrd: String, megabytes: Int) throws -> Transfer {
        func arguments(_ role: Role) -> [String] {
            ["rdinit=/net-bench", "role=\(role)", "me=\(role.address)", "peer=\(role.peer)", "megabytes=\(megabytes)"]
        }
        let sink = try begin(.sink, kernel, initrd, arguments(.sink))
        _ = try sink.wait(for: "SINK-UP")
        _ = try begin(.source, kernel, initrd, arguments(.source))
        let first = try sink.wait(for: "FIRST-BYTE").time
        let last = try sink.wait(for: "LAST-BYTE").time
        _ = try sink.wait(for: "FRAMES ")
        let counts = try sink.wait(for: "\n").text.split { $0 == " " || $0.isNewline }.compactMap { Double($0) }
        return Transfer(seconds: last - first, frames: counts.reduce(0, +))
    }
}
