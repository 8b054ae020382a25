// The first thing anybody sees. The puppy is not optional: this is lguest.

enum Banner {
    static func show(_ boot: BootData, _ arguments: KernelArguments) {
        console.print(
            """
            \u{1B}[33m
                 __        __
                /  \\.-""-./  \\       \u{1B}[1mlgtui demo guest\u{1B}[0;33m
                \\    -  -    /       \(arguments.name): \(boot.memory >> 20) MiB, dialect \(boot.dialect.name)
                 |   o  o   |
                 \\   .--.   /        A whole kernel in Embedded Swift, in ring 1,
                  '--\\__/--'         with nobody above it but lguest.
                     |/ \\|_          `help` lists what it can do.
                    _||_||_)
            \u{1B}[0m

            """)
    }
}
