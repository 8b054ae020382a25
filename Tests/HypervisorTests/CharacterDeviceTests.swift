import Glibc
import Hypervisor
import I386
import Synchronization
import SystemPackage
import Testing

/// A device whose answers are written down in advance, and that writes down what it was asked.
final class ScriptedDevice: SystemCalls {
    enum Answer: Sendable {
        case value(Int)
        case bytes([UInt8])
        case error(Errno)
    }
    private struct Record {
        var answers: [Answer] = []
        var writes: [[UInt8]] = []
        var reads = 0
        var opened: [String] = []
        var closed: [Int32] = []
    }
    private let record = Mutex(Record())

    /// Makes `open` fail.
    private let refusal: Errno?

    init(_ answers: Answer..., refusing refusal: Errno? = nil) {
        self.refusal = refusal
        record.withLock { $0.answers = answers }
    }

    var writes: [[UInt8]] { record.withLock { $0.writes } }
    var reads: Int { record.withLock { $0.reads } }
    var opened: [String] { record.withLock { $0.opened } }
    var closed: [Int32] { record.withLock { $0.closed } }
    var isExhausted: Bool { record.withLock { $0.answers.isEmpty } }

    private func next() -> Answer {
        record.withLock { $0.answers.isEmpty ? .error(.ioError) : $0.answers.removeFirst() }
    }

    func open(_ path: FilePath) throws(Errno) -> FileDescriptor {
        record.withLock { $0.opened.append(path.string) }
        if let refusal { throw refusal }
        return FileDescriptor(rawValue: 77)
    }
    func read(_ descriptor: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        record.withLock { $0.reads += 1 }
        switch next() {
        case .value(let value): return value
        case .error(let error): throw error
        case .bytes(let bytes):
            buffer.copyBytes(from: bytes.prefix(buffer.count))
            return min(bytes.count, buffer.count)
        }
    }
    func write(_ descriptor: FileDescriptor, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        record.withLock { $0.writes.append(Array(bytes)) }
        switch next() {
        case .value(let value): return value
        case .bytes(let bytes): return bytes.count
        case .error(let error): throw error
        }
    }
    func close(_ descriptor: FileDescriptor) { record.withLock { $0.closed.append(descriptor.rawValue) } }
}

@Suite(.timeLimit(.minutes(1)))
struct CharacterDeviceTests {
    private let memory: GuestMemory

    init() throws { memory = try GuestMemory(size: 1 << 20) }

    private func device(
        _ script: ScriptedDevice, _ form: InitializeForm = .withBase
    ) throws -> CharacterDeviceLguest {
        try CharacterDeviceLguest(path: "/dev/lguest", memory: memory, form: form, system: script)
    }

    private func initialize(_ device: CharacterDeviceLguest) throws(Errno) {
        try device.initialize(
            frameLimit: PageFrame(0x1234), pageDirectory: GuestPhysical(0x00ab_c000),
            start: GuestVirtual(0xc010_0001), pageOffset: 0xc000_0000)
    }

    @Test func classicInitializeIsFiveWords() throws {
        let script = ScriptedDevice(.value(16))
        try initialize(device(script, .classic))
        #expect(
            script.writes == [
                [0, 0, 0, 0] + [0x34, 0x12, 0, 0] + [0, 0xc0, 0xab, 0] + [0x01, 0, 0x10, 0xc0] + [0, 0, 0, 0xc0]
            ])
    }

    @Test func ourInitializeHasTheBaseOfMemoryFirst() throws {
        let script = ScriptedDevice(.value(24))
        try initialize(device(script))
        let base = UInt64(UInt(bitPattern: memory.base))
        let words = (0..<8).map { UInt8(base >> (8 * UInt64($0)) & 0xff) }
        #expect(
            script.writes == [
                [0, 0, 0, 0] + words + [0x34, 0x12, 0, 0] + [0, 0xc0, 0xab, 0] + [0x01, 0, 0x10, 0xc0]
                    + [0, 0, 0, 0xc0]
            ])
    }

    @Test(arguments: [.resourceBusy, .noSpace, .invalidArgument, .noMemory, .ioError] as [Errno])
    func refusedInitializeSaysWhy(error: Errno) throws {
        let device = try device(ScriptedDevice(.value(0), .error(error)))
        try initialize(device)
        #expect(throws: error) { try initialize(device) }
    }

    @Test func deviceThatCannotBeOpenedSaysWhy() {
        let script = ScriptedDevice(refusing: .operationNotSupportedByDevice)
        #expect(throws: Errno.operationNotSupportedByDevice) { try device(script) }
        #expect(script.opened == ["/dev/lguest"])
    }

    @Test func realSystemCallsSayWhyToo() {
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try CharacterDeviceLguest(path: "/dev/no-such-lguest", memory: memory)
        }
    }

    @Test func deviceIsClosedWithItsObject() throws {
        let script = ScriptedDevice()
        do { _ = try device(script) }
        #expect(script.closed == [77])
    }

    @Test func interruptedWritesAreRepeated() throws {
        let script = ScriptedDevice(.error(.interrupted), .error(.interrupted), .value(0))
        try device(script).raise(IRQ(5))
        #expect(script.writes == Array(repeating: [2, 0, 0, 0, 5, 0, 0, 0], count: 3))
    }

    @Test func lineThatDoesNotExistIsEINVAL() throws {
        let device = try device(ScriptedDevice(.value(0), .error(.invalidArgument)))
        try device.raise(IRQ(31))
        #expect(throws: Errno.invalidArgument) { try device.raise(IRQ(32)) }
    }

    @Test func breakIsOneOrZero() throws {
        let script = ScriptedDevice(.value(0), .value(0), .error(.noSuchFileOrDirectory))
        let device = try device(script)
        try device.breakOut(true)
        try device.breakOut(false)
        #expect(script.writes == [[3, 0, 0, 0, 1, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0]])
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.breakOut(false) }
    }

    @Test func bufferComesWithTheLineThatLiesInIt() throws {
        let script = ScriptedDevice(.value(0x8000))
        _ = memory.store32(9, at: GuestPhysical(0x8000))
        let bound = try device(script).getDMA(key: DMAKey(0x1004))
        #expect(bound == BoundDMA(dma: GuestPhysical(0x8000), irq: IRQ(9)))
        #expect(script.writes == [[1, 0, 0, 0, 4, 0x10, 0, 0]])
    }

    @Test func noBufferIsENOENTAndNoDeath() throws {
        let script = ScriptedDevice(.error(.noSuchFileOrDirectory), .bytes([0, 0x10, 0, 0, 4, 0, 0, 0]))
        let device = try device(script)
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.getDMA(key: DMAKey(0)) }
        #expect(try device.run() == SentDMA(dma: GuestPhysical(0x1000), key: DMAKey(4)))
    }

    @Test(arguments: [1 << 20, Int(UInt32.max), 1 << 40, -1])
    func bufferOutsideOfMemoryIsAnIOError(address: Int) throws {
        let device = try device(ScriptedDevice(.value(address)))
        #expect(throws: Errno.ioError) { try device.getDMA(key: DMAKey(0)) }
    }

    @Test func runReturnsListAndKey() throws {
        let script = ScriptedDevice(.bytes([0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a]))
        let device = try device(script)
        #expect(try device.run() == SentDMA(dma: GuestPhysical(0x1234_5678), key: DMAKey(0x9abc_def0)))
        #expect(device.counters.dmaSends == 1)
    }

    @Test(arguments: [.resourceTemporarilyUnavailable, .interrupted, .ioError] as [Errno])
    func brokenOutRunSaysSoAndGoesOn(error: Errno) throws {
        let script = ScriptedDevice(.error(error), .bytes([0, 0, 0, 0, 0, 0, 0, 0]))
        let device = try device(script)
        #expect(throws: error) { try device.run() }
        #expect(device.deathReason() == nil)
        #expect(script.reads == 1)
        #expect(try device.run().key == DMAKey(0))
    }

    @Test func deathIsENOENTOnceAndThenAReason() throws {
        let script = ScriptedDevice(
            .error(.noSuchFileOrDirectory), .error(.interrupted), .bytes(Array("CRASH: Power down\0".utf8)))
        let device = try device(script)
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(device.deathReason() == "CRASH: Power down")
        #expect(device.deathReason() == "CRASH: Power down")
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(script.reads == 3)
        #expect(script.isExhausted)
    }

    @Test func reasonOfEightBytesIsStillAReason() throws {
        let script = ScriptedDevice(.error(.noSuchFileOrDirectory), .bytes(Array("kaputt!\0".utf8)))
        let device = try device(script)
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(device.deathReason() == "kaputt!")
    }

    @Test func guestThatDiedBetweenTwoReadsSaysSoAtOnce() throws {
        let script = ScriptedDevice(.bytes(Array("bad registered DMA buffer\0".utf8)))
        let device = try device(script)
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(device.deathReason() == "bad registered DMA buffer")
    }

    @Test(arguments: [[], [1], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9]] as [[UInt8]])
    func shortReadIsAnIOError(bytes: [UInt8]) throws {
        let device = try device(ScriptedDevice(.bytes(bytes)))
        #expect(throws: Errno.ioError) { try device.run() }
        #expect(device.deathReason() == nil)
    }

    @Test func reasonThatCannotBeReadIsNone() throws {
        let device = try device(ScriptedDevice(.error(.noSuchFileOrDirectory), .error(.ioError)))
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(device.deathReason() == nil)
    }
}

/// The embedded hypervisor behind the very bytes that a kernel would see.
final class LoopbackDevice: SystemCalls {
    let lguest: EmbeddedLguest
    init(_ lguest: EmbeddedLguest) { self.lguest = lguest }
    func open(_ path: FilePath) throws(Errno) -> FileDescriptor { FileDescriptor(rawValue: 3) }
    func read(_ descriptor: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try lguest.read(into: buffer)
    }
    func write(_ descriptor: FileDescriptor, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try lguest.write(bytes)
    }
    func close(_ descriptor: FileDescriptor) {}
}

@Suite(.timeLimit(.minutes(1)))
struct LoopbackTests {
    private func launch(
        _ form: InitializeForm, _ program: (inout Assembler) -> Void
    ) throws -> (Machine, CharacterDeviceLguest) {
        let machine = try Machine(program)
        let device = try CharacterDeviceLguest(
            path: "/dev/lguest", memory: machine.memory, form: form, system: LoopbackDevice(machine.lguest))
        return (machine, device)
    }
    private func initialize(_ device: CharacterDeviceLguest) throws(Errno) {
        try device.initialize(
            frameLimit: PageFrame(Place.memorySize / onePage), pageDirectory: GuestPhysical(Place.directory),
            start: GuestVirtual(Place.code + pageOffset), pageOffset: pageOffset)
    }

    @Test(arguments: [InitializeForm.classic, .withBase])
    func wholeLifeThroughTheBytes(form: InitializeForm) throws {
        let (machine, device) = try launch(form) {
            $0.gate(35, to: "irq")
            $0.hypercall(12, 4, Place.buffers, 1 << 8 | 3)
            $0.store(0x200, at: Notes.irqEnabled)
            $0.report(1)
            $0.spin()
            $0.label("irq")
            $0.report(0x103)
            $0.hypercall(2, Place.scratch)
        }
        try machine.load(Array("Power down\0".utf8), at: Place.scratch)
        #expect(throws: Errno.invalidArgument) { try device.run() }
        #expect(throws: Errno.invalidArgument) { try device.raise(IRQ(3)) }
        try initialize(device)
        #expect(throws: Errno.resourceBusy) { try initialize(device) }
        #expect(try device.run() == SentDMA(dma: GuestPhysical(1), key: DMAKey(0)))
        #expect(try device.getDMA(key: DMAKey(4)) == BoundDMA(dma: GuestPhysical(Place.buffers), irq: IRQ(3)))
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.getDMA(key: DMAKey(4)) }
        #expect(throws: Errno.invalidArgument) { try device.raise(IRQ(32)) }
        try device.breakOut(false)
        try device.raise(IRQ(3))
        #expect(try device.run().dma == GuestPhysical(0x103))
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(device.deathReason() == "CRASH: Power down")
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.raise(IRQ(3)) }
        #expect(throws: Errno.noSuchFileOrDirectory) { try initialize(device) }
    }

    @Test func guestThatTheDeviceKilledGivesItsReason() throws {
        let (machine, device) = try launch(.withBase) {
            $0.hypercall(12, 4, Place.memorySize - 4, 1 << 8 | 3)
            $0.report(1)
        }
        try initialize(device)
        #expect(try device.run().dma == GuestPhysical(1))
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.getDMA(key: DMAKey(4)) }
        #expect(throws: Errno.noSuchFileOrDirectory) { try device.run() }
        #expect(device.deathReason() == machine.lguest.deathReason())
        #expect(device.deathReason() != nil)
    }

    @Test(arguments: [[], [0], [0, 0, 0, 0], [0, 0, 0, 0, 1, 2, 3, 4]] as [[UInt8]])
    func requestThatEndsTooSoonIsEFAULT(bytes: [UInt8]) throws {
        let machine = try Machine { $0.report(1) }
        #expect(throws: Errno.badAddress) { try bytes.withUnsafeBytes { try machine.lguest.write($0) } }
    }

    @Test func unknownRequestIsEINVAL() throws {
        let machine = try Machine { $0.report(1) }
        let bytes: [UInt8] = [4, 0, 0, 0, 0, 0, 0, 0]
        #expect(throws: Errno.invalidArgument) { try bytes.withUnsafeBytes { try machine.lguest.write($0) } }
        try machine.boot()
        #expect(throws: Errno.invalidArgument) { try bytes.withUnsafeBytes { try machine.lguest.write($0) } }
    }
}
