// The first thing anybody sees. The puppy is not optional: this is lguest.

enum Banner {
    static func show(_ boot: BootData, _ arguments: KernelArguments) {
        console.print(
            """
            \u{1B}[33m
                 ____________
                /  /      \\  \\      \u{1B}[1mlgtui demo guest\u{1B}[0;33m
               |  |  o  o  |  |     \(arguments.name): \(boot.memory >> 20) MiB, dialect \(boot.dialect.name)
                \\_|   __   |_/
                   \\  \\/  /        Embedded Swift in ring 1, and
                    '-..-'         nobody above it but lguest.
                      U            `help` lists what it does.
            \u{1B}[0m

            """)
    }
}
