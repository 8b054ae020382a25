// `ping`: is anybody there, and how far away?

enum PingCommand {
    static var command: Command {
        Command(
            name: "ping", usage: "A.B.C.D [COUNT]", summary: "ask for an echo; more than 20 times without a pause"
        ) { words, _ in
            guard let word = words.first, let count = words.count > 1 ? words[1].number : 4, count > 0 else {
                console.print("usage: ping A.B.C.D [COUNT]\n")
                return
            }
            guard let (target, mac, card) = NetCommands.target(word) else { return }
            let isPatient = count <= 20
            var sent: UInt32 = 0
            var times: (least: UInt64, most: UInt64, sum: UInt64, count: UInt32) = (.max, 0, 0, 0)
            Clock.ticking(every: 10_000_000) {
                while sent < count, !console.interrupted {
                    if sent > 0, isPatient {
                        Clock.sleep(until: Clock.now() + Clock.second / 5) { console.interrupted }
                    }
                    sent += 1
                    let number = UInt16(truncatingIfNeeded: sent)
                    guard let time = Ping.ask(target, at: mac, on: card, number: number) else {
                        if isPatient, !console.interrupted { console.print("no answer to number \(sent)\n") }
                        continue
                    }
                    times = (min(times.least, time), max(times.most, time), times.sum + time, times.count + 1)
                    guard isPatient else { continue }
                    console.print(
                        "\(Ping.bytes) bytes from \(target.text): number \(sent), \(thousandths: time / 1000) ms\n")
                    console.flush()
                }
            }
            console.print("\(sent) sent, \(times.count) answered")
            if times.count > 0 {
                console.print(
                    """
                    ; least \(thousandths: times.least / 1000), mean \(thousandths: times.sum / UInt64(times.count) / 1000), \
                    most \(thousandths: times.most / 1000) ms
                    """)
            }
            console.print("\n")
        }
    }
}
