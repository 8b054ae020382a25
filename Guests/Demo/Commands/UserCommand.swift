// `user`: programs in ring 3. The kernel only passes the words on; the programs know their names themselves.

enum UserCommand {
    static var command: Command {
        Command(
            name: "user", usage: "[PROGRAM [ARGUMENT...]]", summary: "run a program in ring 3",
            words: ["hello", "primes", "mandelbrot", "sieve", "stack", "ask", "spin", "peek", "fault"]
        ) { words, _ in
            console.flush()
            Process.run(words.isEmpty ? [Text.bytes(of: "help")] : words)
        }
    }
}
