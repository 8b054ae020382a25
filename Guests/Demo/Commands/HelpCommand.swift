// `help`, and `help COMMAND`.

enum HelpCommand {
    static var command: Command {
        Command(name: "help", usage: "[COMMAND]", summary: "this list, or how to use one command") { words, _ in
            let commands = CommandTable.all
            if let wanted = words.first {
                for command in commands where wanted.spells(command.name) {
                    console.print("\(command.name) \(command.usage)\n    \(command.summary)\n")
                    if !command.words.isEmpty {
                        console.print("   ")
                        for word in command.words { console.print(" \(word)") }
                        console.print("\n")
                    }
                    return
                }
                console.print("\(wanted): no such command\n")
                return
            }
            for command in commands {
                let left: Text = "\(command.name) \(command.usage)"
                console.print("  \(left.padded(to: 34)) \(command.summary)\n")
            }
            console.print(
                "Commands can be joined with ; and stopped with ^C. The line editor knows arrows, Tab, ^A ^E ^K ^U ^W ^Y.\n"
            )
        }
    }
}

enum AboutCommand {
    static var command: Command {
        Command(name: "about", usage: "", summary: "what this guest is") { _, shell in
            let door: Text =
                shell.boot.dialect == .linux2623
                ? "behind the magic words, as 2.6.23 does it" : "at its ELF entry, as mm-2007 did it"
            console.print(
                """
                A guest of lguest, written to be read. It is entered \
                \(door),
                tells the host where its shared page is, and from then on asks for everything privileged by
                hypercall. The kernel lives in ring 1, `user` programs in ring 3, and ring 0 is somebody else.
                Its sources are in Guests/Demo; `make tour` lists the way through both halves of the conversation.

                """)
        }
    }
}
