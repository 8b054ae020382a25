// The bus, DMA lists and the console, each on a bench without a processor.

import Glibc
import GuestHost
import Hypervisor
import I386
import Testing

/// Sixteen pages of memory, a pretended device, and the port between them.
struct Bench {
    let memory: GuestMemory
    let lguest: FakeLguest
    let port: DevicePort

    init() throws {
        memory = try GuestMemory(size: 1 << 20)
        lguest = FakeLguest(memory: memory)
        port = DevicePort(memory: memory, lguest: lguest)
    }

    func buffer(_ address: UInt32) throws(DeviceFault) -> DMABuffer {
        try DMABuffer(at: GuestPhysical(address), in: memory)
    }
}

@Suite struct DeviceBusTests {
    @Test func `descriptors lie in the order of the bus and the interrupt is one more than the number`() throws {
        var bus = DeviceBus(memory: .test)
        let disk = try bus.add(.block, features: DeviceBus.randomIRQ, pages: 1)
        let net = try bus.add(.net, features: 0x4003, pages: 1)
        let console = try bus.add(.console)
        let top: UInt32 = 16 << 20
        #expect(bus.pageCount == 3)
        #expect(disk.irq == IRQ(1) && disk.page == GuestPhysical(top + 4096))
        #expect(net.irq == IRQ(2) && net.page == GuestPhysical(top + 8192))
        #expect(console.irq == IRQ(3) && console.page == nil)
        let memory = try GuestMemory(size: UInt64(top) + 3 * 4096)
        #expect(bus.write(into: memory))
        let fake = FakeLguest(memory: memory)
        let frame = top / 4096
        #expect(
            fake.bytes(top, 48) == [3, 0, 0, 0x80, 0, 0, 1, 0] + littleEndian(frame + 1) + [2, 0, 3, 0x40, 0, 0, 1, 0]
                + littleEndian(frame + 2) + [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0, count: 12))
    }

    @Test func `sixteen devices are the most`() throws {
        var bus = DeviceBus(memory: .test)
        for _ in 0..<16 { _ = try bus.add(.block, pages: 1) }
        #expect { try bus.add(.console) } throws: { "\($0)".contains("at most 16 devices") }
    }
}

@Suite struct DMABufferTests {
    @Test func `the first zero length ends the list`() throws {
        let bench = try Bench()
        bench.lguest.writeDMA(0x1000, [(0x2000, 5), (0x3000, 65535)])
        let buffer = try bench.buffer(0x1000)
        #expect(buffer.pieces.map(\.address.rawValue) == [0x2000, 0x3000])
        #expect(buffer.count == 65540)
        bench.lguest.writeDMA(0x1000, [])
        #expect(try bench.buffer(0x1000).count == 0)
        bench.lguest.writeDMA(0x1000, Array(repeating: (0x2000, 100), count: 16))
        #expect(try bench.buffer(0x1000).pieces.count == 16)
    }

    @Test(arguments: [(0xffff_0000, 16), (0xf_fff0, 17), (0x10_0000, 1), (0xffff_ffff, 65535)] as [(UInt32, UInt16)])
    func `a piece outside of memory is the guest's fault`(address: UInt32, count: UInt16) throws {
        let bench = try Bench()
        bench.lguest.writeDMA(0x1000, [(0x2000, 5), (address, count)])
        #expect { try bench.buffer(0x1000) } throws: { "\($0)".contains("outside of guest memory") }
    }

    @Test(arguments: [0x10_0000, 0xf_ffa0, 0xffff_fff0, 0xffff_ffff] as [UInt32])
    func `so is a structure outside of memory`(address: UInt32) throws {
        let bench = try Bench()
        #expect { try bench.buffer(address) } throws: { "\($0)".contains("outside of guest memory") }
    }

    @Test func `bytes are scattered over the pieces in order`() throws {
        let bench = try Bench()
        bench.lguest.writeDMA(0x1000, [(0x2000, 3), (0x3000, 2), (0x4000, 9)])
        let buffer = try bench.buffer(0x1000)
        let count = Array("abcdefg".utf8).withUnsafeBytes { buffer.fill(from: $0, in: bench.memory) }
        #expect(count == 7)
        #expect(bench.lguest.bytes(0x2000, 4) == Array("abc\0".utf8))
        #expect(bench.lguest.bytes(0x3000, 3) == Array("de\0".utf8))
        #expect(bench.lguest.bytes(0x4000, 3) == Array("fg\0".utf8))
        let long = [UInt8](repeating: 1, count: 100).withUnsafeBytes { buffer.fill(from: $0, in: bench.memory) }
        #expect(long == 14)
    }
}

@Suite struct TripleInterruptTests {
    private let start = ContinuousClock.now
    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func `three within a second count up to three`() {
        var counter = TripleInterrupt()
        #expect([0, 400, 1000].map { counter.observe([3], at: at($0)) } == [1, 2, 3])
        // And then it begins anew.
        #expect(counter.observe([3], at: at(1001)) == 1)
    }

    @Test func `only the last second counts`() {
        var counter = TripleInterrupt()
        #expect([0, 900, 1100, 1850].map { counter.observe([3], at: at($0)) } == [1, 2, 2, 3])
    }

    @Test func `any other key starts anew`() {
        var counter = TripleInterrupt()
        _ = counter.observe([3], at: at(0))
        _ = counter.observe([3], at: at(1))
        #expect(counter.observe([0x61], at: at(2)) == 0)
        #expect(counter.observe([3], at: at(3)) == 1)
    }

    @Test func `two in one piece did not arrive alone`() {
        var counter = TripleInterrupt()
        #expect(counter.observe([3, 3], at: at(0)) == 0)
        #expect(counter.observe([3], at: at(1)) == 1)
        #expect(counter.observe([3, 3, 3], at: at(2)) == 0)
    }
}

@Suite struct ConsoleTests {
    private func console(
        _ dialect: Dialect = .linux2623, sink: CollectingSink = CollectingSink(), queue: ConsoleInput = ConsoleInput(),
        input: Int32? = nil, log: CollectingLog = CollectingLog()
    ) -> Console {
        queue.reset(open: true)
        return Console(dialect: dialect, sink: sink, queue: queue, input: input, log: { log.add($0) })
    }

    @Test func `output goes to the sink piece by piece and is used up whole`() throws {
        let bench = try Bench()
        let sink = CollectingSink()
        bench.lguest.write(Array("hello".utf8), at: 0x2000)
        bench.lguest.writeDMA(0x1000, [(0x2000, 2), (0x2002, 3)])
        let console = console(sink: sink)
        #expect(try console.handleOutput(bench.buffer(0x1000), port: bench.port) == 5)
        #expect(sink.text == "hello")
    }

    @Test func `the two dialects send output to different keys`() {
        #expect(console(.linux2623).outputKey == DMAKey(0))
        #expect(console(.mm2007).outputKey == DMAKey(4))
    }

    @Test func `input waits until a buffer is bound, and again until it is free`() throws {
        let bench = try Bench()
        let queue = ConsoleInput()
        let console = console(queue: queue)
        let text = Array((0..<1000).map { UInt8(truncatingIfNeeded: $0) })
        #expect(queue.add(text) == 1000)
        #expect(try console.deliverInput(port: bench.port) == .waitingForGuest)
        #expect(bench.lguest.raised == [])

        bench.lguest.writeDMA(0x1000, [(0x2000, 200), (0x3000, 56)])
        bench.lguest.bind(0, dma: 0x1000, irq: 2)
        var received: [UInt8] = []
        for round in 1...4 {
            #expect(try console.deliverInput(port: bench.port) == (round < 4 ? .waitingForGuest : .done))
            #expect(bench.lguest.raised.count == round)
            // Nothing more comes while the guest has not freed the buffer.
            let again = try console.deliverInput(port: bench.port)
            #expect(again == (round < 4 ? .waitingForGuest : .done))
            #expect(bench.lguest.raised.count == round)
            let used = Int(bench.lguest.used(0x1000))
            received += (bench.lguest.bytes(0x2000, 200) + bench.lguest.bytes(0x3000, 56)).prefix(used)
            _ = bench.memory.store32(0, at: GuestPhysical(0x1000))
        }
        #expect(received == text)
        #expect(bench.lguest.raised == [2, 2, 2, 2])
    }

    @Test func `a buffer without room is given back and asked for again later`() throws {
        let bench = try Bench()
        let queue = ConsoleInput()
        let console = console(queue: queue)
        bench.lguest.writeDMA(0x1000, [])
        bench.lguest.bind(0, dma: 0x1000, irq: 2)
        _ = queue.add([1])
        #expect(try console.deliverInput(port: bench.port) == .waitingForGuest)
        #expect(bench.lguest.used(0x1000) == 0)
        #expect(bench.lguest.raised == [])
    }

    @Test func `a full queue refuses and forgets nothing`() throws {
        let queue = ConsoleInput()
        queue.reset(open: true)
        let piece = [UInt8](repeating: 7, count: ConsoleInput.capacity - 10)
        #expect(queue.add(piece) == piece.count)
        #expect(queue.add(Array(0..<20)) == 10)
        #expect(queue.add([1]) == 0)
        #expect(queue.count == ConsoleInput.capacity)
        var taken = 0
        while queue.take({ min($0.count, 1000) }) > 0 { taken += 1 }
        #expect(queue.count == 0)
        #expect(taken == (ConsoleInput.capacity + 999) / 1000)
    }

    @Test func `a closed queue takes nothing`() {
        let queue = ConsoleInput()
        #expect(queue.add([1]) == 0)
        queue.reset(open: true)
        #expect(queue.add([1]) == 1)
        queue.reset(open: false)
        #expect(queue.count == 0)
    }

    @Test func `a descriptor is read only as far as the guest has room, and dropped at its end`() throws {
        let bench = try Bench()
        let log = CollectingLog()
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let console = console(input: ends[0], log: log)
        close(ends[0])
        bench.lguest.writeDMA(0x1000, [(0x2000, 4)])
        bench.lguest.bind(0, dma: 0x1000, irq: 3)
        #expect(console.inputDescriptor != nil)
        #expect(try console.deliverInput(port: bench.port) == .done)
        #expect(write(ends[1], "abcdefg", 7) == 7)
        close(ends[1])
        var received: [UInt8] = []
        var progress = InputProgress.waitingForGuest
        while progress == .waitingForGuest {
            progress = try console.deliverInput(port: bench.port)
            received += bench.lguest.bytes(0x2000, Int(bench.lguest.used(0x1000)))
            _ = bench.memory.store32(0, at: GuestPhysical(0x1000))
        }
        #expect(received == Array("abcdefg".utf8))
        #expect(console.inputDescriptor == nil)
        #expect(log.lines == ["console: input ended, going on without"])
        #expect(bench.lguest.raised == [3, 3])
        #expect(!console.hasPendingInput)
    }
}
