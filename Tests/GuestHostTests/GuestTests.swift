// The life of a guest from outside: started, typed at, killed, started again. The hypervisor is pretended, the threads are real.

import Glibc
import GuestHost
import Hypervisor
import I386
import Synchronization
import SystemPackage
import Testing

/// A guest on a pretended device, with everything that it says collected.
private final class Stage: Sendable {
    let guest: Guest
    let sink = CollectingSink()
    let log = CollectingLog()
    let states = Monitor<[GuestState]>([])
    let interruptCounts = Monitor<[Int]>([])
    private let fakes: Monitor<[FakeLguest]>

    /// The device of the present life.
    var lguest: FakeLguest {
        get throws { try #require(fakes.withLock { $0.last }) }
    }

    init(
        disks: [GuestConfiguration.Disk] = [], dialect: Dialect = .linux2623, input: Int32? = nil,
        verbose: Bool = false,
        kernel: KernelSource? = nil, refusal: Errno? = nil
    ) {
        let elf = ELFBuilder(segments: [.init(physical: 0x10_0000, contents: kernelCode(), memoryCount: 0x8000)])
            .build()
        let configuration = GuestConfiguration(
            name: "puppy", memory: .test, kernel: kernel ?? .bytes(name: "kernel", elf), dialect: dialect, disks: disks,
            arguments: ["quiet"], verbose: verbose)
        let fakes = Monitor<[FakeLguest]>([])
        self.fakes = fakes
        let (states, counts, log) = (states, interruptCounts, log)
        guest = Guest(
            configuration, console: sink, input: input,
            hooks: .init(
                log: { log.add($0) }, onStateChange: { state in states.withLock { $0.append(state) } },
                onInterruptCount: { count in counts.withLock { $0.append(count) } }),
            library: ImageLibrary(),
            device: { (_, memory) in
                let fake = FakeLguest(memory: memory)
                if let refusal { fake.refuseInitialisation(refusal) }
                fakes.withLock { $0.append(fake) }
                return fake
            })
    }

    func waitForState(_ wanted: GuestState) -> Bool {
        states.wait(within: .seconds(30)) { $0.last == wanted }
    }

    /// Plays a driver that reads its console: binds a buffer once, then takes `count` bytes out of it.
    func readConsole(_ count: Int) throws -> [UInt8] {
        let fake = try lguest
        if !fake.isBound(0) {
            fake.writeDMA(0x3000, [(0x4000, 16)])
            fake.bind(0, dma: 0x3000, irq: 1)
        }
        var received: [UInt8] = []
        while received.count < count {
            try #require(fake.waitForNextInterrupt())
            received += fake.bytes(0x4000, Int(fake.used(0x3000)))
            _ = fake.memory.store32(0, at: GuestPhysical(0x3000))
        }
        return received
    }
}

@Suite struct GuestTests {
    @Test func `a guest is configured, boots, runs, speaks and powers off`() throws {
        let stage = Stage()
        #expect(stage.guest.state == .configured)
        try stage.guest.start()
        #expect(stage.guest.state == .running)
        let fake = try stage.lguest
        #expect(
            fake.initialisation
                == .init(
                    frameLimit: PageFrame(0x1001), pageDirectory: GuestPhysical(0xff_f000),
                    start: GuestVirtual(0xc010_0000 + 5013), pageOffset: 0xc000_0000))
        // The bus has one device: the console, whose interrupt is 1.
        #expect(fake.bytes(0x100_0000, 14) == [1, 0] + Array(repeating: 0, count: 12))
        fake.write(Array("hello".utf8), at: 0x2000)
        fake.writeDMA(0x1000, [(0x2000, 5)])
        fake.send(0x1000, to: 0)
        #expect(stage.sink.wait(for: "hello"))
        fake.halt(true)
        #expect(stage.guest.state == .halted)
        fake.die("CRASH: Power down")
        #expect(stage.waitForState(.poweredOff))
        #expect(stage.guest.waitUntilStopped(within: .seconds(1)))
        #expect(stage.states.withLock { $0 } == [.booting, .running, .poweredOff])
        #expect(stage.guest.counters.console?.bytesOut == 5)
        #expect(fake.used(0x1000) == 5)
    }

    @Test func `a death has a reason, and the guest's own words are not decorated`() throws {
        let stage = Stage()
        try stage.guest.start()
        try stage.lguest.die("CRASH: Attempted to kill init!")
        #expect(stage.waitForState(.dead(reason: "Attempted to kill init!")))
        try stage.guest.restart()
        try stage.lguest.die("unhandled trap 13 at 0xc0100000 (0)")
        #expect(stage.waitForState(.dead(reason: "unhandled trap 13 at 0xc0100000 (0)")))
        #expect(stage.guest.counters.starts == 2)
    }

    @Test func `a guest can be killed at any moment and started again, and again`() throws {
        let stage = Stage()
        for life in 1...20 {
            try stage.guest.start()
            if life % 2 == 0 { stage.guest.type(Array("nobody reads this".utf8)) }
            stage.guest.kill()
            #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
            #expect(stage.guest.state == .dead(reason: "killed"))
        }
        #expect(stage.guest.counters.starts == 20)
        // Killing the dead changes nothing.
        stage.guest.kill()
        #expect(stage.guest.state == .dead(reason: "killed"))
    }

    @Test func `starting what runs is refused`() throws {
        let stage = Stage()
        try stage.guest.start()
        #expect { try stage.guest.start() } throws: { "\($0)".contains("already running") }
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `a restart begins a new life with new memory and an empty keyboard`() throws {
        let stage = Stage()
        try stage.guest.start()
        let old = try stage.lguest
        stage.guest.type(Array("old".utf8))
        _ = old.memory.store32(0xdead, at: GuestPhysical(0x20_0000))
        try stage.guest.restart()
        let new = try stage.lguest
        #expect(new !== old)
        #expect(new.memory.load32(at: GuestPhysical(0x20_0000)) == 0)
        #expect(stage.guest.type(Array("new".utf8)) == 3)
        #expect(try stage.readConsole(3) == Array("new".utf8))
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `one guest's death touches no other`() throws {
        let (first, second) = (Stage(), Stage())
        try first.guest.start()
        try second.guest.start()
        try first.lguest.die("hypercall 99")
        #expect(first.guest.waitUntilStopped(within: .seconds(30)))
        #expect(second.guest.state == .running)
        second.guest.type([0x61])
        #expect(try second.readConsole(1) == [0x61])
        second.guest.kill()
        #expect(second.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `keys typed before the guest listens arrive when it does, in order and complete`() throws {
        let stage = Stage()
        try stage.guest.start()
        let text = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for start in stride(from: 0, to: 3000, by: 100) {
            #expect(stage.guest.type(Array(text[start..<start + 100])) == 100)
        }
        #expect(stage.guest.counters.console?.inputWaiting == 3000)
        #expect(try stage.readConsole(3000) == text)
        #expect(stage.guest.counters.console?.inputWaiting == 0)
        #expect(stage.guest.counters.console?.bytesIn == 3000)
        stage.guest.type(Array("more".utf8))
        #expect(try stage.readConsole(4) == Array("more".utf8))
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
        #expect(stage.guest.type([1]) == 0)
    }

    @Test func `many threads may type at once`() throws {
        let stage = Stage()
        try stage.guest.start()
        let done = Monitor(0)
        for thread in 0..<4 {
            startTestThread {
                for _ in 0..<100 { stage.guest.type(Array(repeating: UInt8(0x61 + thread), count: 5)) }
                done.withLock { $0 += 1 }
            }
        }
        let received = try stage.readConsole(2000)
        #expect(done.wait(within: .seconds(30)) { $0 == 4 })
        for thread in 0..<4 { #expect(received.count { $0 == UInt8(0x61 + thread) } == 500) }
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `three lonely interrupts abort the guest and are counted on the way`() throws {
        let stage = Stage()
        try stage.guest.start()
        stage.guest.type([3])
        stage.guest.type([0x61])
        stage.guest.type([3, 3, 3])
        #expect(stage.guest.state == .running)
        // Fingers do not stop at three.
        for _ in 0..<5 { stage.guest.type([3]) }
        #expect(stage.waitForState(.aborted))
        #expect(stage.interruptCounts.withLock { $0 } == [1, 0, 1, 2, 3])
    }

    @Test func `an input descriptor at its end is dropped and the guest lives on`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let stage = Stage(input: ends[0])
        try stage.guest.start()
        #expect(write(ends[1], "from a pipe, longer than a buffer", 33) == 33)
        #expect(try stage.readConsole(33) == Array("from a pipe, longer than a buffer".utf8))
        close(ends[1])
        #expect(stage.log.wait(for: "input ended"))
        #expect(stage.guest.state == .running)
        stage.guest.type([0x62])
        #expect(try stage.readConsole(1) == [0x62])
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
        close(ends[0])
    }

    @Test func `a regular file is typed to its end`() throws {
        let folder = try TemporaryFolder()
        let text = (0..<500).map { UInt8(truncatingIfNeeded: $0) }
        let descriptor = open(try folder.file("input", text), O_RDONLY)
        defer { close(descriptor) }
        let stage = Stage(input: descriptor)
        try stage.guest.start()
        #expect(try stage.readConsole(500) == text)
        #expect(stage.log.wait(for: "input ended"))
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `a guest that waits for nothing is left alone`() throws {
        let stage = Stage()
        try stage.guest.start()
        stage.guest.type([0x61])
        _ = try stage.readConsole(1)
        let fake = try stage.lguest
        // The last retry may still be under way. After it nobody breaks the guest out any more, for far longer than
        // the longest retry takes.
        let deadline = ContinuousClock.now + .seconds(30)
        var isQuiet = false
        while !isQuiet, ContinuousClock.now < deadline {
            isQuiet = !fake.waitForBreakOut(after: fake.breakOuts, within: .milliseconds(500))
        }
        #expect(isQuiet)
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `a disk is served, and free for others once its guest is over`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("disk", Array(repeating: 0x5a, count: 8192))
        let stage = Stage(disks: [.init(path: path)])
        try stage.guest.start()
        let fake = try stage.lguest
        let page: UInt32 = 0x100_1000
        // lgba has irq 1 and the console 2, as on the original.
        #expect(fake.bytes(0x100_0000, 12) == [3, 0, 0, 0x80, 0, 0, 1, 0] + littleEndian(page / 4096))
        #expect(fake.bytes(0x100_000c, 2) == [1, 0])
        #expect(fake.bytes(page + 16, 4) == littleEndian(UInt32(16)))
        fake.writeDMA(0x1100, [(0x2000, 512)])
        fake.bind(page, dma: 0x1100, irq: 1)
        fake.write(littleEndian(UInt32(0)) + littleEndian(UInt32(1)) + littleEndian(UInt32(512)), at: page)
        fake.writeDMA(0x1000, [])
        fake.send(0x1000, to: page)
        #expect(fake.waitForInterrupts(1))
        #expect(fake.bytes(0x2000, 512) == Array(repeating: 0x5a, count: 512))
        #expect(fake.used(0x1100) == 512)
        #expect(fake.bytes(page + 12, 4) == [1, 0, 0, 0])
        #expect(stage.guest.counters.blockTotal.reads == 1)

        let other = Stage(disks: [.init(path: path)])
        #expect { try other.guest.start() } throws: { "\($0)".contains("in use for writing by guest 'puppy'") }
        #expect(other.guest.state == .configured)
        for _ in 0..<10 { try stage.guest.restart() }
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
        try other.guest.start()
        other.guest.kill()
        #expect(other.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `a hostile DMA ends its guest and nothing else`() throws {
        let stage = Stage()
        for (dma, reason) in [(0xffff_fff0, "DMA structure"), (0x1000, "DMA piece")] as [(UInt32, String)] {
            try stage.guest.start()
            let fake = try stage.lguest
            fake.writeDMA(0x1000, [(0xffff_0000, 100)])
            fake.send(dma, to: 0)
            #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
            guard case .dead(let said) = stage.guest.state else {
                Issue.record("not dead")
                return
            }
            #expect(said.contains(reason))
        }
    }

    @Test func `DMA to nowhere is remarked upon and survived`() throws {
        let stage = Stage()
        try stage.guest.start()
        try stage.lguest.writeDMA(0x1000, [(0x2000, 4)])
        try stage.lguest.send(0x1000, to: 0x5000)
        #expect(stage.log.wait(for: "key 0x5000"))
        #expect(stage.guest.state == .running)
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `what the hypervisor refuses is thrown by start`() throws {
        let stage = Stage(refusal: .noSpace)
        #expect { try stage.guest.start() } throws: { "\($0)".contains("the hypervisor does not take guest 'puppy'") }
        #expect(stage.guest.state == .configured)
    }

    @Test func `a missing kernel is thrown by start, and start may be tried again`() throws {
        let folder = try TemporaryFolder()
        let stage = Stage(kernel: .file(path: folder.path + "/vmlinux"))
        #expect { try stage.guest.start() } throws: { "\($0)".contains("vmlinux: cannot be opened: No such file") }
        let elf = ELFBuilder(segments: [.init(physical: 0x10_0000, contents: kernelCode())]).build()
        _ = try folder.file("vmlinux", elf)
        try stage.guest.start()
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
    }

    @Test func `verbose tells the launcher's story`() throws {
        let stage = Stage(verbose: true)
        try stage.guest.start()
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
        #expect(
            stage.log.lines == [
                "Section 0: size 32768 addr 0x100000",
                "Linear mapping of 4096 pages in 4 pte pages at 0xffb000",
                "device 0x1000000: console",
                "Initialising: limit 4097 pages, pgdir 0xfff000, start 0xc0101395, page_offset 0xc0000000",
            ])
    }

    @Test func `mm-2007 guests speak to key 4`() throws {
        let stage = Stage(dialect: .mm2007)
        try stage.guest.start()
        let fake = try stage.lguest
        fake.write(Array("woof".utf8), at: 0x2000)
        fake.writeDMA(0x1000, [(0x2000, 4)])
        fake.send(0x1000, to: 4)
        #expect(stage.sink.wait(for: "woof"))
        fake.die("CRASH: Power down")
        #expect(stage.waitForState(.poweredOff))
    }

    @Test func `counters can be read in every state`() throws {
        let stage = Stage()
        #expect(stage.guest.counters.memorySize == 0)
        try stage.guest.start()
        let counters = stage.guest.counters
        #expect(counters.memorySize == (16 << 20) + 4096)
        #expect(counters.memoryTouched > 0 && counters.memoryTouched < 1 << 20)
        #expect(counters.devices.map(\.name) == ["console"])
        stage.guest.kill()
        #expect(stage.guest.waitUntilStopped(within: .seconds(30)))
        #expect(stage.guest.counters.lifeNanoseconds > 0)
        #expect(stage.guest.counters.memorySize == (16 << 20) + 4096)
    }
}

/// A thread without ceremony.
func startTestThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            // SAFETY: the box was retained for this thread alone.
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
}
