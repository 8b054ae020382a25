// The commands that look at the guest and tell: time, processor, memory, devices.

enum InfoCommands {
    static var echo: Command {
        Command(name: "echo", usage: "TEXT...", summary: "print the text") { words, _ in
            console.print("\(Array(words.joined(separator: [UInt8(ascii: " ")])))\n")
        }
    }

    static var uptime: Command {
        Command(name: "uptime", usage: "", summary: "how long this guest has been awake") { _, _ in
            console.print("up \(Calendar.duration(Clock.now()))\n")
        }
    }

    static var date: Command {
        Command(name: "date", usage: "", summary: "date and time, UTC") { _, _ in
            console.print("\(Calendar(seconds: Clock.wall() / Clock.second).text) UTC\n")
        }
    }

    static var cpu: Command {
        Command(name: "cpu", usage: "", summary: "the processor as this guest sees it") { _, _ in
            var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
            func ask(_ leaf: UInt32) {
                withUnsafeMutableBytes(of: &words) {
                    if let base = $0.baseAddress { execute_cpuid(leaf, base.assumingMemoryBound(to: UInt32.self)) }
                }
            }
            ask(0)
            let highest = words.0
            var vendor: [UInt8] = []
            for part in [words.1, words.3, words.2] {
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    vendor.append(UInt8(truncatingIfNeeded: part >> shift))
                }
            }
            console.print("vendor    \(vendor)\n")
            if highest >= 1 {
                ask(1)
                let signature = words.0
                console.print(
                    "family    \(signature >> 8 & 15)  model \(signature >> 4 & 15)  stepping \(signature & 15)\nfeatures "
                )
                let names: [(UInt32, StaticString)] = [
                    (0, "fpu"), (4, "tsc"), (5, "msr"), (8, "cx8"), (15, "cmov"), (23, "mmx"), (24, "fxsr"),
                    (25, "sse"),
                    (26, "sse2"),
                ]
                for (bit, name) in names where words.3 >> bit & 1 != 0 { console.print(" \(name)") }
                console.print("\n")
            }
            let kHz = LguestData.tscKHz.load()
            if kHz != 0 {
                console.print("counter   \(thousandths: UInt64(kHz)) MHz, trusted\n")
            } else {
                console.print("counter   not trusted; the host's clock is used instead\n")
            }
            console.print(
                """
                ring      \(read_code_selector() & 3), eflags \(hex: read_eflags()), interrupts \
                \(Interrupts.areOn ? "on" : "off")
                calls     \(Hypercall.direct) hypercalls, \(Hypercall.queued) of them queued
                traps     \(Trap.counts.total), of which \(Trap.counts.pageFaults) page faults; \
                \(Trap.counts.fpu) times the FPU was fetched
                alarms    \(Clock.ticks)

                """)
        }
    }

    static var memory: Command {
        Command(name: "mem", usage: "", summary: "where this guest's memory went") { _, shell in
            let page = Int(pageSize)
            func row(_ label: StaticString, _ frames: Int) {
                console.print("  \(Text(stringLiteral: label).padded(to: 16)) \(frames * page / 1024, width: 8) KiB\n")
            }
            console.print("\(shell.boot.memory / 1024) KiB of memory, \(Frames.count * page / 1024) KiB in reach\n")
            row("kernel", Frames.tally { $0 == Frames.Use.kernel.rawValue })
            row("page tables", Frames.tally { $0 == Frames.Use.pageTable.rawValue })
            row("programs", Frames.tally { $0 == Frames.Use.program.rawValue })
            row("heap", Frames.tally { $0 >= Frames.Use.blocks.rawValue })
            row("free", Frames.tally { $0 == Frames.Use.free.rawValue })
            console.print("The heap holds \(Heap.liveBlocks) blocks, \(Heap.liveBytes) bytes.\n")
            let (start, end) = shell.boot.initrd
            if end > start {
                console.print("An initrd lies untouched at \(hex: start), \(end - start) bytes.\n")
            }
        }
    }

    static var devices: Command {
        Command(name: "devices", usage: "", summary: "what is on the bus") { _, _ in
            console.print("slot irq type      name  status  page frame  interrupts\n")
            for descriptor in Bus.descriptors {
                let device = Bus.devices.first { $0.descriptor.index == descriptor.index }
                console.print(
                    """
                    \(descriptor.index, width: 4) \(descriptor.irq, width: 3) \
                    \(Text(stringLiteral: Bus.kind(of: descriptor.type)).padded(to: 9)) \
                    \((device?.name ?? "-").padded(to: 5)) \(UInt32(descriptor.status), width: 6)    \
                    \(hex: descriptor.frame)  \(Interrupts.delivered[descriptor.irq], width: 10)

                    """)
                if let device { console.print("         \(device.summary)\n") }
            }
        }
    }

    static var history: Command {
        Command(name: "history", usage: "", summary: "what was typed before") { _, shell in
            var number = 0
            for line in shell.history.all {
                number += 1
                console.print("\(number, width: 4)  \(line)\n")
            }
        }
    }

    static var clear: Command {
        Command(name: "clear", usage: "", summary: "an empty screen") { _, _ in
            console.print("\u{1B}[H\u{1B}[2J\u{1B}[3J")
        }
    }
}
