// `flood` and `listen`: the two ends of a measurement. Numbered packets to the discard port, as fast as they go.

enum FloodCommands {
    static var flood: Command {
        Command(name: "flood", usage: "A.B.C.D [N [SIZE]]", summary: "send UDP packets as fast as possible") {
            words, _ in
            let numbers = words.dropFirst().map { $0.number }
            guard let word = words.first, let count = numbers.count > 0 ? numbers[0] : 10_000,
                let size = numbers.count > 1 ? numbers[1] : UInt32(UDP.most), (4...UInt32(UDP.most)).contains(size)
            else {
                console.print("usage: flood A.B.C.D [N [SIZE]], with a size of 4 to \(UDP.most) bytes\n")
                return
            }
            guard let (target, mac, card) = NetCommands.target(word) else { return }
            var sent: UInt32 = 0
            var refused: UInt32 = 0
            let start = Clock.now()
            Clock.ticking(every: 10_000_000) {
                while sent < count, !console.interrupted {
                    card.output.set(word: sent, at: UDP.payload)
                    if !UDP.send(count: Int(size), to: target, port: UDP.discardPort, at: mac, on: card) {
                        refused += 1
                    }
                    sent += 1
                }
            }
            console.print(
                "\(rate(packets: sent, bytes: UInt64(sent) * UInt64(size), since: start)), \(refused) refused\n")
        }
    }

    static var listen: Command {
        Command(name: "listen", usage: "", summary: "count UDP packets until ^C") { _, _ in
            if NetDevice.all.isEmpty {
                console.print("This guest has no network.\n")
                return
            }
            console.print("listening\n")
            console.flush()
            let gaps = UDP.gaps.load()
            var before = (packets: UDP.packets.load(), bytes: UDP.bytes.load())
            var total: (packets: UInt32, bytes: UInt64) = (0, 0)
            while !console.interrupted {
                let start = Clock.now()
                Clock.sleep(until: start + Clock.second) { console.interrupted }
                let now = (packets: UDP.packets.load(), bytes: UDP.bytes.load())
                let packets = now.packets &- before.packets
                let bytes = UInt64(now.bytes &- before.bytes)
                before = now
                total = (total.packets &+ packets, total.bytes + bytes)
                guard packets > 0 else { continue }
                let sender = IPv4(UDP.lastSender.load()).text
                console.print("\(rate(packets: packets, bytes: bytes, since: start)), from \(sender)\n")
                console.flush()
            }
            console.print(
                "\(total.packets) packets, \(total.bytes) bytes, \(UDP.gaps.load() &- gaps) gaps between numbered ones\n"
            )
        }
    }

    private static func rate(packets: UInt32, bytes: UInt64, since start: UInt64) -> Text {
        let microseconds = max((Clock.now() - start) / 1000, 1)
        return """
            \(packets) packets in \(thousandths: microseconds / 1000) s: \
            \(UInt64(packets) * 1_000_000 / microseconds) packets/s, \
            \(thousandths: bytes * 1000 / microseconds, places: 1) MB/s
            """
    }
}
