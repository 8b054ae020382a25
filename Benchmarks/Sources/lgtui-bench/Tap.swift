// A guest that sends to the host's own kernel. The receiving end is this program.

import Glibc

enum Tap {
    static func lgtui(_ net: Net, _ kernel: String, _ initrd: String) throws -> Transfer {
        try receive(net) { arguments in
            [net.lgtui, "run", "64m", kernel, "--tunnet=\(Pair.sinkAddress)/24", "--initrd=\(initrd)", "console=hvc0"]
                + arguments
        }
    }

    static func qemu(_ net: Net, _ kernel: String, _ initrd: String) throws -> Transfer {
        let commands = """
            ip tuntap add dev benchtap mode tap && ip addr add \(Pair.sinkAddress)/24 dev benchtap && ip link set benchtap up
            """
        guard shell(commands) else { throw BenchError.message("no tap for QEMU: are we root, under unshare -n?") }
        defer { _ = shell("ip link del benchtap") }
        return try receive(net) {
            Pair.qemuCommand(
                net, kernel, initrd, $0, netdev: "tap,ifname=benchtap,script=no,downscript=no", mac: "01")
        }
    }

    private static func shell(_ command: String) -> Bool {
        guard let child = try? Child(["sh", "-c", command + " && echo done"]) else { return false }
        defer { child.end() }
        return child.wait(for: "done", patience: 10) != nil
    }

    private static func receive(_ net: Net, _ command: ([String]) -> [String]) throws -> Transfer {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(5001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(listener, 1) == 0 else { throw BenchError.message("port 5001 is not free") }

        let source = try Station(
            program: command([
                "rdinit=/net-bench", "role=source", "me=\(Pair.sourceAddress)", "peer=\(Pair.sinkAddress)",
                "megabytes=\(net.megabytes)",
            ]))
        defer { source.end() }
        var waiter = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&waiter, 1, 120_000) > 0 else { throw BenchError.message("no guest called over the tap") }
        let stream = accept(listener, nil, nil)
        defer { close(stream) }
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var (first, total) = (0.0, 0)
        while total < net.megabytes << 20 {
            let count = read(stream, &chunk, chunk.count)
            guard count > 0 else { break }
            if total == 0 { first = now() }
            total += count
        }
        guard total == net.megabytes << 20 else { throw BenchError.message("\(total) bytes came over the tap") }
        return Transfer(seconds: now() - first, frames: frames())
    }

    /// Packets on all interfaces but the loopback: in a network namespace of our own, that is the tap.
    private static func frames() -> Double {
        let table = (try? readFile("/proc/self/net/dev")) ?? []
        return String(decoding: table, as: UTF8.self).split(separator: "\n").reduce(0) { sum, line in
            let halves = line.split(separator: ":")
            guard halves.count == 2, !halves[0].hasSuffix(" lo") else { return sum }
            let figures = halves[1].split(separator: " ").compactMap { Double($0) }
            return figures.count > 9 ? sum + figures[1] + figures[9] : sum
        }
    }
}
