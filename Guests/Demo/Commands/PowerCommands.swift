// The two ways out. Both are the CRASH hypercall; what counts is the message.

enum PowerCommands {
    static var powerOff: Command {
        Command(name: "poweroff", usage: "", summary: "end this guest") { _, _ in
            console.print("Good night.\n")
            console.flush()
            Hypercall.crash("Power down")
        }
    }

    static var crash: Command {
        Command(name: "crash", usage: "[TEXT...]", summary: "die with this message") { words, _ in
            let message = Array(words.joined(separator: [UInt8(ascii: " ")]))
            console.flush()
            Hypercall.crash(message.isEmpty ? "crashed on request" : Text(message))
        }
    }
}
