// `chat`: a line of text for another guest, which shows it above its prompt.

enum ChatCommand {
    static var command: Command {
        Command(name: "chat", usage: "[A.B.C.D TEXT...]", summary: "say something, or see what others said") {
            words, _ in
            guard let word = words.first else {
                let lines = Chat.all
                console.print(lines.count > 0 ? lines : "Nobody has said anything.\n")
                return
            }
            let text = Array(words.dropFirst().joined(separator: [UInt8(ascii: " ")]).prefix(Chat.most))
            guard !text.isEmpty else {
                console.print("usage: chat A.B.C.D TEXT...\n")
                return
            }
            guard let (target, mac, card) = NetCommands.target(word) else { return }
            UnsafeMutableRawBufferPointer(start: card.output.base + UDP.payload, count: text.count).copyBytes(
                from: text)
            if !UDP.send(count: text.count, to: target, port: UDP.chatPort, at: mac, on: card) {
                console.print("\(target.text) has no room for it.\n")
            }
        }
    }
}
