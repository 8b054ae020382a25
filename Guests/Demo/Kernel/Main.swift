// The order in which a guest wakes up: greet the host, find out how much memory there is, say hello (output
// needs nothing else), then build everything that the rest of life needs, and hand over to the shell.

nonisolated(unsafe) private var theConsole: Console?

/// The console. There is always one: kernelMain creates it before anything could want to print.
var console: Console { theConsole.unsafelyUnwrapped }

// G:110 Waking up. The order matters: no hypercall before the introduction, no memory before the boot data is read, no
// interrupts before there are handlers.
@c(kernel_main)
public func kernelMain(_ dialect: UInt32, _ bootData: UInt32) {
    LguestData.introduce()

    let boot = BootData(Dialect(rawValue: dialect) ?? .linux2623, at: Physical(bootData))
    Frames.start(memory: boot.memory, reserved: (boot.firstTables.start, boot.initrd.end))
    let arguments = KernelArguments(boot.commandLine)
    theConsole = Console(outputKey: boot.dialect.consoleOutputKey)
    if !arguments.quiet { Banner.show(boot, arguments) }
    console.flush()

    Paging.start()
    Frames.release(from: boot.firstTables.start, to: boot.firstTables.end)
    Interrupts.start()
    Descriptors.load()
    // Traps from ring 3 get a stack of their own; two pages of it, which the host keeps at hand.
    Hypercall.call(.setStack, Descriptors.kernelData, address_of_user_trap_stack_top(), 2)
    Clock.start()
    Interrupts.on()
    Ping.start()
    UDP.start()
    Chat.start()
    Hello.start()
    Bus.scan(devicePage: boot.memory / pageSize)
    if let card = NetDevice.all.first, let subnet = Subnet(arguments.address) { card.subnet = subnet }
    if arguments.saysHello { Hello.begin() }

    Shell(boot: boot, arguments: arguments).run()
}
