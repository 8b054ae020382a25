// The demo guest on our own hypervisor: both dialects, every part of it that a user can reach. Whatever fails here failed
// in the guest, the launcher, the hypervisor or the processor; the same session passes under the original lguest.

import CDemoGuest
import Glibc
import GuestHost
import Hypervisor
import Testing

@Suite struct DemoImageTests {
    private var image: [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: lgtui_demo_guest_image(), count: lgtui_demo_guest_size()))
    }

    @Test func `the image is an ELF file of at most 300 KB`() {
        #expect(image.starts(with: [0x7F] + Array("ELF".utf8)))
        #expect(image.count <= 300_000)
    }

    @Test func `the magic words occur exactly once`() {
        #expect(String(decoding: image, as: Unicode.ASCII.self).ranges(of: "GenuineLguest").count == 1)
    }
}

@Suite struct DemoBootTests {
    @Test(arguments: [Dialect.linux2623, .mm2007])
    func `both dialects boot to a prompt and power off`(dialect: Dialect) throws {
        let console = try DemoConsole.boot(dialect)
        console.waitFor("lgtui demo guest")
        #expect(console.run("echo hello, world") == "hello, world")
        console.type("poweroff\r")
        #expect(console.end() == .poweredOff)
        #expect(console.transcript.contains("dialect \(dialect == .linux2623 ? "2.6.23" : "mm-2007")"))
    }

    @Test(arguments: ["2m", "4m", "64m", "1g", "3g"])
    func `memory of any size is found and put to use`(memory: String) throws {
        let console = try DemoConsole.boot(memory: memory)
        defer { console.dispose() }
        let kibibytes = try MemorySize(memory).bytes / 1024
        #expect(console.run("mem").hasPrefix("\(kibibytes) KiB of memory"))
        #expect(console.run("user sieve") == "17984 primes up to 200000")
    }

    @Test func `kernel arguments name the guest and run commands`() throws {
        let console = try DemoConsole.boot(arguments: ["name=rex", "quiet", "run=echo one; echo two"])
        console.waitFor("rex> echo two\ntwo\nrex> ")
        #expect(!console.transcript.contains("lgtui demo guest"))
        console.dispose()
    }
}

@Suite struct DemoShellTests {
    @Test func `a line can be edited completed and recalled`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        #expect(console.run("cho works\u{1}e") == "works")
        #expect(console.run("ech\tagain") == "again")
        #expect(console.run("\u{1B}[A\u{1B}[A") == "works")
        #expect(console.run("echo one two\u{17}three\u{1B}[D\u{7F}") == "one thre")
        #expect(console.run("gibberish") == "gibberish: no such command. `help` lists them all.")
    }

    @Test func `control C stops a command in the kernel and in ring 3 and the rest of the line`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        for (command, sign) in [
            ("spin", "spinning\n"), ("yes woof", "woof\nwoof\n"), ("user spin", "spinning in ring 3"),
            ("user ask", "your name?"), ("clock", "\u{1B}[?1049h"),
        ] {
            console.waitFor("demo> ")
            console.type("\(command); echo not reached\r")
            console.waitFor(sign)
            console.type("\u{3}")
            #expect(!console.run("").contains("not reached"))
        }
    }

    @Test func `control C that is typed ahead stops the command it follows`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        console.waitFor("demo> ")
        console.type("spin\r\u{3}echo after\r")
        console.waitFor("^C\ndemo> echo after\nafter\n")
    }

    @Test func `time passes and sleeping takes as long as it should`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        let before = ContinuousClock.now
        console.run("sleep 1")
        #expect(ContinuousClock.now - before >= .seconds(1))
        #expect(console.run("uptime").hasPrefix("up 00:00:"))
        var now = time(nil)
        var today = tm()
        gmtime_r(&now, &today)
        #expect(console.run("date").contains(" \(1900 + today.tm_year)-"))
    }

    @Test func `the clock fills the screen and leaves it as it was`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        console.run("echo before")
        console.type("clock\r")
        console.waitForScreen("the clock never showed the uptime") { $0.contains("up 00:00:") }
        #expect(!console.screen.contains("before"))
        console.type("x")
        console.waitForScreen("the old screen never came back") { $0.contains("before") }
        #expect(!console.screen.contains("up 00:00:"))
    }

    @Test func `wide and combining characters line up`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        console.run("clear; unicode")
        let rows = console.screen.split(separator: "\n")
        #expect(rows.contains { $0.contains("║ wide ║ 犬🐶 ║") })
        #expect(rows.contains { $0.contains("ancient    ┌───┬───┐ │   │") })
    }
}

@Suite struct DemoDiskTests {
    /// A disk image that goes when the test does.
    private final class Image {
        let path: String

        init(bytes: [UInt8]) throws {
            var template = Array("/tmp/demo-disk-XXXXXX".utf8CString)
            let descriptor = mkstemp(&template)
            try #require(descriptor >= 0)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
        }

        deinit { unlink(path) }

        func bytes(at offset: Int, count: Int) -> [UInt8] {
            let descriptor = open(path, O_RDONLY)
            defer { close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: count)
            return pread(descriptor, &buffer, count, offset) == count ? buffer : []
        }
    }

    @Test(arguments: [Dialect.linux2623, .mm2007])
    func `disks are read summed and written`(dialect: Dialect) throws {
        let first = try Image(bytes: [UInt8](repeating: 0, count: 1 << 20))
        let second = try Image(bytes: [UInt8](repeating: UInt8(ascii: "w"), count: 512 * 3))
        let console = try DemoConsole.boot(
            dialect,
            disks: [
                GuestConfiguration.Disk(path: first.path), GuestConfiguration.Disk(path: second.path, readOnly: true),
            ])
        defer { console.dispose() }
        #expect(console.run("disk sum").hasPrefix("b6d81b360a5672d80c27430f39153e2c  lgba  2048 sectors"))
        #expect(console.run("disk b read 2").contains("77 77 77  wwwwwwwwwwwwwwww"))
        #expect(console.run("disk write 7 bow wow") == "lgba: wrote sector 7")
        #expect(first.bytes(at: 7 * 512, count: 8) == Array("bow wow\0".utf8))
        #expect(console.run("disk read 7").contains("bow wow"))
        #expect(console.run("disk b write 0 no") == "lgbb: the host reports an error")
        #expect(console.run("disk read 2048") == "lgba: that is past the end of the disk")
        #expect(console.run("disk bench 1").contains("MB/s"))
        #expect(console.run("devices").contains("2   3 console"))
    }
}

@Suite struct DemoProgramTests {
    @Test func `programs run in ring 3 with memory stack and floating point of their own`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        #expect(console.run("user hello").hasPrefix("Hello from ring 3!"))
        #expect(console.run("user primes 1000") == "168 primes up to 1000")
        #expect(console.run("user stack 500") == "501 calls deep and back")
        let picture = console.run("user mandelbrot 6").split(separator: "\n")
        #expect(picture.count == 6)
        #expect(picture[1] == picture[5])  // the set is symmetric, if the arithmetic is right
        #expect(picture[3].hasPrefix("::            **+=^".dropLast()))
        #expect(console.run("user nonsense").contains("exit status 127"))
        #expect(console.run("mem").contains("programs                0 KiB"))
    }

    @Test func `a program can ask a question and sleep`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        console.waitFor("demo> ")
        console.type("user ask\r")
        console.waitFor("What is your name? ")
        console.type("Rusty\r")
        console.waitFor("Thinking...\nHello, Rusty!")
    }

    @Test(arguments: [
        ("user peek 0xC0100000", "page fault: read of c0100000, which is off limits"),
        ("user peek 0x10000000", "page fault: read of 10000000, which is not mapped"),
        ("user stack 100000", "which is not mapped"),
    ])
    func `what is not a program's own is out of its reach`(command: String, reason: String) throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        #expect(console.run(command).contains(reason))
        #expect(console.run("echo alive") == "alive")
    }
}

@Suite struct DemoFaultTests {
    private static let kinds: [(kind: String, words: String)] = [
        ("divide", "divide error (trap 0"), ("debug", "debug trap (trap 1"), ("breakpoint", "breakpoint (trap 3"),
        ("overflow", "overflow (trap 4"), ("bound", "bound range exceeded (trap 5"), ("ud", "invalid opcode (trap 6"),
        ("segment", "segment not present (trap 11, error code 00"), ("stack", "stack fault (trap 12, error code 00"),
        ("gp", "general protection fault (trap 13, error code 0000"), ("page", "page fault: write to 5eadbee0"),
        ("fpu", "floating point error (trap 16"), ("readonly", "which is off limits"),
    ]

    @Test func `the kernel survives its own faults and names them`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        for (kind, words) in Self.kinds {
            let output = console.run("fault \(kind)")
            #expect(output.contains(words), "fault \(kind)")
            #expect(output.contains("lets go of this command"))
        }
        #expect(console.run("fault swift").contains("invalid opcode"))
        #expect(console.run("fault port") == "Nobody minded.")
    }

    @Test func `programs that fault are put to sleep with the reason`() throws {
        let console = try DemoConsole.boot()
        defer { console.dispose() }
        for (kind, words) in Self.kinds {
            let output = console.run("fault \(kind) user")
            #expect(output.contains(words), "fault \(kind) user")
            #expect(output.contains("put to sleep"))
        }
        #expect(console.run("fault port user").contains("general protection fault"))
    }

    @Test(arguments: ["double", "unhandled", "hypercall", "init", "table"])
    func `deadly faults end the guest with a reason`(kind: String) throws {
        let console = try DemoConsole.boot()
        console.waitFor("demo> ")
        console.type("fault \(kind)\r")
        guard case .dead(let reason) = console.end() else {
            Issue.record("it did not die")
            return
        }
        let words = [
            "double": "trap", "unhandled": "unhandled trap 6", "hypercall": "99", "init": "INIT", "table": "page table",
        ]
        #expect(reason.contains(words[kind] ?? "-"), "\(reason)")
    }

    @Test func `crash dies with the words it was given`() throws {
        let console = try DemoConsole.boot()
        console.waitFor("demo> ")
        console.type("crash the cat did it\r")
        guard case .dead(let reason) = console.end() else {
            Issue.record("it did not die")
            return
        }
        #expect(reason.contains("the cat did it"))
    }
}
