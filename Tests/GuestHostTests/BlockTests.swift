// The disk, with real files, with forged failures, and with a second process that holds the image.

import Glibc
import GuestHost
import Hypervisor
import I386
import Synchronization
import Testing

/// A disk that does what it is told to.
private final class FailingIO: VectorIO {
    enum Answer {
        case failure(Int32)
        case short(Int)
        case real
    }
    private let answers: Mutex<[Answer]>
    init(_ answers: [Answer]) { self.answers = Mutex(answers) }

    private func next() -> Answer { answers.withLock { $0.isEmpty ? .real : $0.removeFirst() } }

    func read(_ descriptor: Int32, _ vectors: [iovec], at offset: Int64) -> Int {
        switch next() {
        case .failure(let code):
            errno = code
            return -1
        case .short(let count): return count
        case .real: return HostVectorIO().read(descriptor, vectors, at: offset)
        }
    }

    func write(_ descriptor: Int32, _ vectors: [iovec], at offset: Int64) -> Int {
        switch next() {
        case .failure(let code):
            errno = code
            return -1
        case .short(let count): return count
        case .real: return HostVectorIO().write(descriptor, vectors, at: offset)
        }
    }
}

/// A block device on a bench: its page at 0x8000, the guest's request at 0x1000, its reply buffer at 0x1100.
private struct BlockBench {
    static let page: UInt32 = 0x8000
    let bench: Bench
    let block: Block
    let log = CollectingLog()
    var lguest: FakeLguest { bench.lguest }

    init(_ image: DiskImage, verbose: Bool = false) throws {
        bench = try Bench()
        let log = log
        block = Block(
            index: 0, page: GuestPhysical(Self.page), irq: IRQ(1), image: image, verbose: verbose, log: { log.add($0) })
        #expect(block.announce(in: bench.memory))
        lguest.bind(Self.page, dma: 0x1100, irq: 1)
    }

    struct Answer: Equatable {
        var result: UInt32
        var used: UInt32
    }

    /// Plays the driver: fills the form, sends the DMA, frees the reply.
    func request(
        write: Bool, sector: UInt32, pieces: [(address: UInt32, count: UInt16)], bytes: UInt32? = nil
    ) throws -> Answer {
        let total = pieces.reduce(0) { $0 + UInt32($1.count) }
        for (index, word) in [write ? 1 : 0, sector, bytes ?? total, 0].enumerated() {
            _ = bench.memory.store32(word, at: GuestPhysical(Self.page + UInt32(index) * 4))
        }
        lguest.writeDMA(0x1000, write ? pieces : [])
        lguest.writeDMA(0x1100, write ? [] : pieces)
        let before = lguest.raised.count
        #expect(try block.handleOutput(bench.buffer(0x1000), port: bench.port) == 0)
        #expect(lguest.raised.count == before + 1 && lguest.raised.last == 1)
        let result = bench.memory.load32(at: GuestPhysical(Self.page + 12)) ?? 0
        return Answer(result: result, used: lguest.used(0x1100))
    }

    var counters: BlockCounters {
        if case .block(let figures) = block.counters.figures { return figures }
        return BlockCounters()
    }
}

private func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SplitMix(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}

@Suite struct BlockTests {
    let folder: TemporaryFolder
    let path: String
    let original = pattern(64 * 512 + 100)

    init() throws {
        folder = try TemporaryFolder()
        path = try folder.file("disk", original)
    }

    private func open(
        readOnly: Bool = false, direct: Bool = true, io: any VectorIO = HostVectorIO()
    ) throws(LaunchError) -> DiskImage {
        try DiskImage(.init(path: path, readOnly: readOnly), owner: "test", direct: direct, io: io)
    }

    @Test(arguments: [true, false]) func `a read is scattered, a write is gathered`(direct: Bool) throws {
        let disk = try BlockBench(open(direct: direct))
        #expect(disk.bench.memory.load32(at: GuestPhysical(BlockBench.page + 16)) == 64)
        let pieces: [(UInt32, UInt16)] = [(0x2000, 512), (0x4000, 1024), (0x3000, 512)]
        #expect(try disk.request(write: false, sector: 3, pieces: pieces) == .init(result: 1, used: 2048))
        let read = disk.lguest.bytes(0x2000, 512) + disk.lguest.bytes(0x4000, 1024) + disk.lguest.bytes(0x3000, 512)
        #expect(read == Array(original[1536..<3584]))

        let new = pattern(1536, seed: 2)
        disk.lguest.write(Array(new[..<512]), at: 0x5000)
        disk.lguest.write(Array(new[512...]), at: 0x6000)
        #expect(
            try disk.request(write: true, sector: 10, pieces: [(0x5000, 512), (0x6000, 1024)])
                == .init(result: 1, used: 0))
        var expected = original
        expected.replaceSubrange(5120..<6656, with: new)
        #expect(contents(path) == expected)
        let counters = disk.counters
        #expect(
            counters.reads == 1 && counters.bytesRead == 2048 && counters.writes == 1 && counters.bytesWritten == 1536)
        #expect(counters.errors == 0 && counters.latency.count == 2 && counters.latency.buckets.reduce(0, +) == 2)
        #expect(disk.log.lines.isEmpty)
    }

    @Test func `misaligned memory goes through a bounce buffer`() throws {
        let image = try open()
        let disk = try BlockBench(image)
        let pieces: [(UInt32, UInt16)] = [(0x2001, 100), (0x3003, 1436)]
        #expect(try disk.request(write: false, sector: 1, pieces: pieces) == .init(result: 1, used: 1536))
        #expect(disk.lguest.bytes(0x2001, 100) + disk.lguest.bytes(0x3003, 1436) == Array(original[512..<2048]))
        let new = pattern(1536, seed: 3)
        disk.lguest.write(Array(new[..<100]), at: 0x2001)
        disk.lguest.write(Array(new[100...]), at: 0x3003)
        #expect(try disk.request(write: true, sector: 1, pieces: pieces) == .init(result: 1, used: 0))
        #expect(Array(contents(path)[512..<2048]) == new)
        #expect(disk.counters.bounced == (image.isDirect ? 2 : 0))
    }

    @Test func `requests past the end fail and never grow the file`() throws {
        let disk = try BlockBench(open())
        for (sector, count) in [(64, 512), (63, 1024), (0xffff_ffff, 512), (0x8000_0000, 65024)] as [(UInt32, UInt16)] {
            for write in [false, true] {
                #expect(
                    try disk.request(write: write, sector: sector, pieces: [(0x1_0000, count)])
                        == .init(result: 2, used: 0))
            }
        }
        #expect(contents(path) == original)
        #expect(disk.counters.errors == 8 && disk.counters.bytesRead == 0 && disk.counters.bytesWritten == 0)
        #expect(disk.log.lines.first?.contains("past the end of the disk") == true)
        #expect(disk.log.lines.count == 8)
        // The last sector is still within.
        #expect(try disk.request(write: false, sector: 63, pieces: [(0x2000, 512)]).result == 1)
    }

    @Test func `a read-only disk reads and does not write`() throws {
        #expect(chmod(path, 0o400) == 0)
        let disk = try BlockBench(open(readOnly: true))
        #expect(try disk.request(write: false, sector: 0, pieces: [(0x2000, 512)]) == .init(result: 1, used: 512))
        #expect(try disk.request(write: true, sector: 0, pieces: [(0x3000, 512)]) == .init(result: 2, used: 0))
        #expect(contents(path) == original)
        #expect(disk.log.lines.first?.contains("read-only") == true)
    }

    @Test(arguments: [(EIO, "Input/output error"), (ENOSPC, "No space left on device")])
    func `an error of the disk reaches guest and user`(code: Int32, text: String) throws {
        let disk = try BlockBench(open(io: FailingIO([.failure(code)])))
        #expect(try disk.request(write: true, sector: 0, pieces: [(0x2000, 512)]) == .init(result: 2, used: 0))
        #expect(disk.log.lines.count == 1)
        #expect(disk.log.lines.first?.contains("write of 512 bytes at sector 0 failed: \(text)") == true)
        #expect(disk.log.lines.first?.contains(path) == true)
        #expect(try disk.request(write: true, sector: 0, pieces: [(0x2000, 512)]).result == 1)
    }

    @Test func `a disk that fills up half way is an error with the bytes that moved`() throws {
        let disk = try BlockBench(open(io: FailingIO([.short(512), .failure(ENOSPC)])))
        #expect(try disk.request(write: true, sector: 0, pieces: [(0x2000, 1024)]).result == 2)
        #expect(disk.counters.bytesWritten == 512)
        let short = try BlockBench(open(readOnly: true, io: FailingIO([.short(512), .short(0)])))
        #expect(try short.request(write: false, sector: 0, pieces: [(0x2000, 1024)]) == .init(result: 2, used: 512))
        #expect(short.log.lines.first?.contains("only 512 bytes") == true)
    }

    @Test func `a transfer in parts continues where it stopped`() throws {
        let disk = try BlockBench(open(io: FailingIO([.failure(EINTR), .real])))
        #expect(try disk.request(write: false, sector: 2, pieces: [(0x2000, 512), (0x3000, 512)]).result == 1)
        #expect(disk.lguest.bytes(0x3000, 512) == Array(original[1536..<2048]))
    }

    @Test func `a file that became shorter is not made longer again`() throws {
        let disk = try BlockBench(open())
        #expect(truncate(path, 1024) == 0)
        #expect(try disk.request(write: true, sector: 1, pieces: [(0x2000, 1024)]).result == 2)
        #expect(contents(path).count == 1024)
        #expect(disk.log.lines.first?.contains("has become shorter") == true)
        #expect(try disk.request(write: false, sector: 1, pieces: [(0x2000, 1024)]) == .init(result: 2, used: 512))
        #expect(try disk.request(write: true, sector: 1, pieces: [(0x2000, 512)]).result == 1)
    }

    @Test func `a file system that refuses direct requests is used through the page cache`() throws {
        let image = try open(io: FailingIO([.failure(EINVAL), .failure(EINVAL)]))
        guard image.isDirect else { return }
        let disk = try BlockBench(image)
        #expect(try disk.request(write: false, sector: 0, pieces: [(0x2000, 512)]).result == 1)
        #expect(disk.lguest.bytes(0x2000, 512) == Array(original[..<512]))
        #expect(!image.isDirect && !disk.counters.isDirect)
    }

    @Test func `odd byte counts are refused, wrong ones are reported`() throws {
        let disk = try BlockBench(open())
        #expect(try disk.request(write: true, sector: 0, pieces: [(0x2000, 100)]) == .init(result: 2, used: 0))
        #expect(contents(path) == original)
        #expect(
            try disk.request(write: false, sector: 0, pieces: [(0x2000, 512)], bytes: 1024)
                == .init(result: 2, used: 512))
        #expect(try disk.request(write: false, sector: 0, pieces: [], bytes: 0) == .init(result: 1, used: 0))
    }

    @Test func `a request without a reply buffer is the end of the guest`() throws {
        let bench = try Bench()
        let block = Block(index: 1, page: GuestPhysical(0x8000), irq: IRQ(2), image: try open())
        bench.lguest.writeDMA(0x1000, [])
        #expect { try block.handleOutput(bench.buffer(0x1000), port: bench.port) } throws: {
            ($0 as? DeviceFault) == .guest("block request on lgbb without a reply buffer")
        }
    }

    @Test func `errors are told sixteen times and counted ever after`() throws {
        let disk = try BlockBench(open())
        for _ in 0..<40 { _ = try disk.request(write: false, sector: 64, pieces: [(0x2000, 512)]) }
        #expect(disk.log.lines.count == 16)
        #expect(disk.log.lines.last?.contains("further errors of this disk are only counted") == true)
        #expect(disk.counters.errors == 40)
    }

    @Test func `verbose shows each request`() throws {
        let disk = try BlockBench(open(), verbose: true)
        _ = try disk.request(write: false, sector: 5, pieces: [(0x2000, 512)])
        #expect(disk.log.lines == ["Block: READ at offset 2560, 512 bytes (lgba)"])
    }

    @Test func `an image has one writer, and the second is told of the first`() throws {
        let first = try DiskImage(.init(path: path), owner: "puppy")
        #expect { try DiskImage(.init(path: path), owner: "kitten") } throws: {
            let error = $0 as? LaunchError
            return error?.kind == .system && "\($0)".contains("guest 'puppy' of this program") && "\($0)".contains(path)
        }
        // Readers may come.
        _ = try DiskImage(.init(path: path, readOnly: true), owner: "kitten")
        first.close()
        let next = try DiskImage(.init(path: path), owner: "kitten")
        #expect { try DiskImage(.init(path: path), owner: "cow") } throws: { "\($0)".contains("guest 'kitten'") }
        next.close()
    }

    @Test func `a writer in another process is named by its number`() throws {
        // The `flock` program holds the image, as another launcher would.
        var process = pid_t()
        let child = "echo > '\(path).ready'; while kill -0 $PPID; do sleep 0.1; done 2>/dev/null"
        let script = "exec flock -n '\(path)' sh -c \"\(child.replacing("$", with: "\\$"))\""
        let arguments: [UnsafeMutablePointer<CChar>?] = (["sh", "-c", script] as [String]).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        try #require(posix_spawnp(&process, "sh", nil, nil, arguments, environ) == 0)
        defer {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            unlink(path + ".ready")
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while access(path + ".ready", F_OK) != 0, ContinuousClock.now < deadline { usleep(10_000) }
        #expect { try DiskImage(.init(path: path), owner: "kitten") } throws: {
            "\($0)".contains("in use for writing by process \(process) (flock)")
        }
    }

    @Test func `what is no disk is refused with a reason`() throws {
        func message(_ path: String, readOnly: Bool = false) -> String {
            do { _ = try DiskImage(.init(path: path, readOnly: readOnly), owner: "x") } catch { return "\(error)" }
            return "opened"
        }
        #expect(message(folder.path + "/none").contains("No such file"))
        #expect(message(folder.path, readOnly: true).contains("is a folder"))
        #expect(message(try folder.file("small", [1, 2, 3])).contains("too small for a disk"))
        #expect(message("/dev/null").contains("neither a file nor a block device"))
        let fifo = folder.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        #expect(message(fifo).contains("neither a file nor a block device"))
        unlink(fifo)
    }

    @Test func `a disk argument is a path, and perhaps ,ro`() throws {
        #expect(try GuestConfiguration.Disk(argument: "a.img") == .init(path: "a.img"))
        #expect(try GuestConfiguration.Disk(argument: "a.img,ro") == .init(path: "a.img", readOnly: true))
        #expect(throws: LaunchError.self) { try GuestConfiguration.Disk(argument: ",ro") }
        #expect(throws: LaunchError.self) { try GuestConfiguration.Disk(argument: "") }
    }
}
