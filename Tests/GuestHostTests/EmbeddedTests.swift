// The launcher on the real hypervisor with real instructions: a guest of forty bytes, assembled by hand, and the demo guest,
// which has a shell to talk to. No pretended parts here.

import CDemoGuest
import GuestHost
import Hypervisor
import Testing

/// A kernel in a page of machine code: LGUEST_INIT, a line on the console, and then whatever `ending` says.
private func tinyKernel(says text: String, ending: Ending) -> KernelSource {
    let base: UInt32 = 0x10_0000
    let (data, dma, textAt, lastWords) = (base + 0x1000, base + 0x2000, base + 0x2100, base + 0x2200)
    func call(_ number: UInt32, edx: UInt32, ebx: UInt32 = 0) -> [UInt8] {
        // mov $number,%eax; mov $edx,%edx; mov $ebx,%ebx; int $0x1f
        [0xb8] + littleEndian(number) + [0xba] + littleEndian(edx) + [0xbb] + littleEndian(ebx) + [0xcd, 0x1f]
    }
    var code = Array("GenuineLguest".utf8) + call(1, edx: data) + call(13, edx: 0, ebx: dma)
    switch ending {
    case .crash: code += call(2, edx: lastWords)
    case .spin: code += [0xeb, 0xfe]  // jmp .
    case .halt: code += call(10, edx: 0) + [0xeb, 0xee]  // hlt, for ever
    case .trap: code += [0x0f, 0x0b]  // ud2
    }
    var image = [UInt8](repeating: 0, count: 0x3000)
    func put(_ bytes: [UInt8], _ address: UInt32) {
        let start = Int(address - base)
        image.replaceSubrange(start..<start + bytes.count, with: bytes)
    }
    put(code, base)
    put([UInt8](repeating: 0xff, count: 64), data + 20)  // the ring of asynchronous calls is empty
    put(littleEndian(textAt), dma + 4)
    put(littleEndian(UInt16(text.utf8.count)), dma + 68)
    put(Array(text.utf8), textAt)
    if case .crash(let words) = ending { put(Array(words.utf8), lastWords) }
    return .bytes(name: "tiny", ELFBuilder(segments: [.init(physical: base, contents: image)]).build())
}

private enum Ending {
    case crash(String)
    case spin, halt, trap
}

/// A guest on the real hypervisor, and what it says.
struct Real {
    let guest: Guest
    let sink = CollectingSink()
    let log = CollectingLog()

    init(
        _ kernel: KernelSource, dialect: Dialect = .linux2623, disks: [GuestConfiguration.Disk] = [],
        devices: [GuestConfiguration.Device] = [], arguments: [String] = [], name: String = "demo"
    ) {
        let log = log
        guest = Guest(
            GuestConfiguration(
                name: name, memory: .test, kernel: kernel, dialect: dialect, disks: disks, devices: devices,
                arguments: arguments),
            console: sink, hooks: .init(log: { log.add($0) }))
    }

    func waitForEnd() -> Bool { guest.waitUntilStopped(within: .seconds(30)) }

    /// Types a line at the prompt and waits for something that its output contains.
    func ask(_ line: String, until answer: String) -> Bool {
        guest.type(Array((line + "\r").utf8))
        return sink.wait(for: answer)
    }
}

let demo: KernelSource = {
    // SAFETY: the image is part of the program and as long as it says.
    let image = UnsafeRawBufferPointer(start: lgtui_demo_guest_image(), count: lgtui_demo_guest_size())
    return .bytes(name: "demo", Array(image))
}()

@Suite struct TinyGuestTests {
    @Test func `a hand-made guest speaks and powers off`() throws {
        let real = Real(tinyKernel(says: "hello from ring 1", ending: .crash("Power down")))
        try real.guest.start()
        #expect(real.waitForEnd())
        #expect(real.guest.state == .poweredOff)
        #expect(real.sink.text == "hello from ring 1")
        #expect(real.guest.counters.hypervisor.totalHypercalls == 3)
        #expect(real.guest.counters.hypervisor.instructions >= 11)
    }

    @Test func `a guest that crashes leaves its last words`() throws {
        let real = Real(tinyKernel(says: "oh", ending: .crash("no more biscuits")))
        try real.guest.start()
        #expect(real.waitForEnd())
        #expect(real.guest.state == .dead(reason: "no more biscuits"))
    }

    @Test func `a trap that nobody handles is told with its address`() throws {
        let real = Real(tinyKernel(says: "oh", ending: .trap))
        try real.guest.start()
        #expect(real.waitForEnd())
        guard case .dead(let reason) = real.guest.state else {
            Issue.record("not dead")
            return
        }
        #expect(reason.contains("unhandled trap 6 at 0xc010002f"))
    }

    @Test func `a guest that spins can be killed, and aborted from its keyboard`() throws {
        let real = Real(tinyKernel(says: "spinning", ending: .spin))
        try real.guest.start()
        #expect(real.sink.wait(for: "spinning"))
        #expect(real.guest.state == .running)
        real.guest.kill()
        #expect(real.waitForEnd())
        #expect(real.guest.state == .dead(reason: "killed"))
        try real.guest.start()
        for _ in 0..<3 { real.guest.type([3]) }
        #expect(real.waitForEnd())
        #expect(real.guest.state == .aborted)
    }

    @Test func `a guest that halts is seen to sleep, costs nothing, and can be killed`() throws {
        let real = Real(tinyKernel(says: "zzz", ending: .halt))
        try real.guest.start()
        let deadline = ContinuousClock.now + .seconds(30)
        while real.guest.state != .halted, ContinuousClock.now < deadline {}
        #expect(real.guest.state == .halted)
        let before = real.guest.counters
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .milliseconds(300) {}
        let after = real.guest.counters
        #expect(after.hypervisor.instructions == before.hypervisor.instructions)
        #expect(after.processorNanoseconds - before.processorNanoseconds < 50_000_000)
        real.guest.kill()
        #expect(real.waitForEnd())
    }
}

@Suite struct DemoGuestTests {
    @Test(arguments: Dialect.allCases) func `the demo guest boots, answers and powers off`(dialect: Dialect) throws {
        let real = Real(demo, dialect: dialect)
        try real.guest.start()
        #expect(real.sink.wait(for: "demo> "))
        #expect(real.ask("echo wuff", until: "\nwuff"))
        real.guest.type(Array("poweroff\r".utf8))
        #expect(real.waitForEnd())
        #expect(real.guest.state == .poweredOff)
    }

    @Test func `a paste of a thousand lines arrives whole`() throws {
        let real = Real(demo)
        try real.guest.start()
        #expect(real.sink.wait(for: "demo> "))
        var text = ""
        for line in 0..<1000 { text += "echo <\(line)>\r" }
        #expect(real.guest.type(Array(text.utf8)) == text.utf8.count)
        #expect(real.sink.wait(for: "\n<999>"))
        let answers = real.sink.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("<") }
        #expect(answers.count == 1000)
        #expect(answers.enumerated().first { $0.element != "<\($0.offset)>" } == nil)
        real.guest.kill()
        #expect(real.waitForEnd())
    }

    @Test func `four guests live side by side, and one's death is its own`() throws {
        let guests = (0..<4).map { Real(demo, dialect: $0 % 2 == 0 ? .linux2623 : .mm2007, name: "demo\($0)") }
        for real in guests { try real.guest.start() }
        for real in guests { #expect(real.sink.wait(for: "demo> ")) }
        guests[1].guest.type(Array("crash that was me\r".utf8))
        #expect(guests[1].waitForEnd())
        #expect(guests[1].guest.state == .dead(reason: "that was me"))
        for index in [0, 2, 3] {
            #expect(guests[index].ask("echo alive\(index)", until: "\nalive\(index)"))
            #expect(guests[index].guest.state.isAlive)
        }
        try guests[1].guest.restart()
        #expect(guests[1].ask("echo again", until: "\nagain"))
        for real in guests { real.guest.kill() }
        for real in guests { #expect(real.waitForEnd()) }
    }

    @Test func `a disk that the demo guest writes holds what it wrote`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("disk", size: 1 << 20)
        let real = Real(demo, disks: [.init(path: path)])
        try real.guest.start()
        #expect(real.sink.wait(for: "demo> "))
        #expect(real.ask("devices", until: "lgba"))
        #expect(real.ask("disk write 3 kilroy was here; echo done", until: "\ndone"))
        #expect(contents(path)[1536..<1551].elementsEqual("kilroy was here".utf8))
        let counters = real.guest.counters
        #expect(counters.blockTotal.writes > 0 && counters.blockTotal.errors == 0)
        real.guest.kill()
        #expect(real.waitForEnd())
    }
}
