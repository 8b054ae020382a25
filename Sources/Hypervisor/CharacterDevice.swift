// Drives a guest through a real character device, in the bytes of the original interface. Honesty first: no kernel of
// today has such a device. lguest left Linux in 2017, and the shape spoken here is older still. But a kernel module that
// speaks it can be written, and then this is its launcher.

import I386
import Synchronization
import SystemPackage

// H:800
/// A guest behind a device file.
public final class CharacterDeviceLguest: LguestDevice {
    public let memory: GuestMemory
    private let system: any SystemCalls
    private let device: FileDescriptor
    private let form: InitializeForm

    private struct Life {
        /// A read has said ENOENT: the next read is the reason.
        var isDead = false
        var reason: String?
    }
    private let life = Mutex(Life())
    private let dmaRuns = Atomic<UInt64>(0)

    /// The longest reason that is read.
    private static let reasonCapacity = 4096

    /// Opens the device.
    /// - Parameters:
    ///   - memory: what the device will run the guest in; it must outlive the guest.
    ///   - form: whether the device knows the base word; see `InitializeForm`.
    /// - Throws: what `open(2)` says.
    public init(
        path: FilePath, memory: GuestMemory, form: InitializeForm = .withBase,
        system: any SystemCalls = HostSystemCalls()
    ) throws(Errno) {
        self.memory = memory
        self.system = system
        self.form = form
        device = try system.open(path)
    }

    deinit { system.close(device) }

    public func initialize(
        frameLimit: PageFrame, pageDirectory: GuestPhysical, start: GuestVirtual, pageOffset: UInt32
    ) throws(Errno) {
        let words = InitializeWords(
            frameLimit: frameLimit, pageDirectory: pageDirectory, start: start, pageOffset: pageOffset)
        let base = form == .withBase ? UInt64(UInt(bitPattern: memory.base)) : nil
        _ = try write(words.bytes(base: base))
    }

    public func getDMA(key: DMAKey) throws(Errno) -> BoundDMA {
        let answer = try request(RequestNumber.getDMA, key.rawValue)
        // The kernel left the line in `used_len`; an address that we cannot read there is the device's mistake.
        guard let address = UInt32(exactly: answer), let irq = memory.load32(at: GuestPhysical(address)) else {
            throw .ioError
        }
        return BoundDMA(dma: GuestPhysical(address), irq: IRQ(irq))
    }

    public func raise(_ irq: IRQ) throws(Errno) { _ = try request(RequestNumber.irq, irq.rawValue) }

    public func breakOut(_ on: Bool) throws(Errno) { _ = try request(RequestNumber.breakOut, on ? 1 : 0) }

    // H:805
    public func run() throws(Errno) -> SentDMA {
        if life.withLock({ $0.isDead }) { throw .noSuchFileOrDirectory }
        // Room for a reason as well: a guest that was killed between two reads says so at once.
        var answer = Answer.nothing
        do throws(Errno) {
            answer = try read()
        } catch {
            if error == .noSuchFileOrDirectory { life.withLock { $0.isDead = true } }
            throw error
        }
        switch answer {
        case .sent(let dma):
            dmaRuns.wrappingAdd(1, ordering: .relaxed)
            return dma
        case .text(let reason):
            life.withLock { $0 = Life(isDead: true, reason: reason) }
            throw .noSuchFileOrDirectory
        case .nothing:
            throw .ioError
        }
    }

    public func deathReason() -> String? {
        let (isDead, known) = life.withLock { ($0.isDead, $0.reason) }
        guard isDead, known == nil else { return known }
        while true {
            do throws(Errno) {
                guard case .text(let reason) = try read(expectingText: true) else { return nil }
                life.withLock { $0.reason = reason }
                return reason
            } catch {
                guard error == .interrupted else { return nil }
            }
        }
    }

    /// What a kernel does is its own business: only what passed through this object is counted.
    public var counters: LguestCounters {
        var counters = LguestCounters()
        counters.dmaSends = dmaRuns.load(ordering: .relaxed)
        return counters
    }

    // MARK: Bytes

    private enum Answer {
        case sent(SentDMA)
        case text(String)
        case nothing
    }

    /// One `read(2)`. Two words are a DMA; anything else that ends in NUL is a reason; the rest is a short read.
    private func read(expectingText: Bool = false) throws(Errno) -> Answer {
        var bytes = [UInt8](repeating: 0, count: Self.reasonCapacity)
        var room = bytes.mutableSpan
        let count = try room.withUnsafeMutableBytes { (buffer) throws(Errno) in
            try system.read(device, into: buffer)
        }
        guard count > 0, count <= bytes.count else { return .nothing }
        bytes.removeLast(bytes.count - count)
        if count == 8, !expectingText {
            return bytes.withUnsafeBytes { bytes in
                let dma = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
                let key = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                return .sent(SentDMA(dma: GuestPhysical(dma), key: DMAKey(key)))
            }
        }
        guard bytes.last == 0 || count == Self.reasonCapacity else { return .nothing }
        return .text(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    }

    private func request(_ number: UInt32, _ argument: UInt32) throws(Errno) -> Int {
        let words: [2 of UInt32] = [number.littleEndian, argument.littleEndian]
        return try words.span.withUnsafeBytes { (bytes) throws(Errno) in try write(bytes) }
    }

    private func write(_ bytes: [UInt8]) throws(Errno) -> Int {
        try bytes.span.withUnsafeBytes { (bytes) throws(Errno) in try write(bytes) }
    }

    /// One `write(2)`, again when a signal came first: every request may be repeated.
    private func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        while true {
            do throws(Errno) {
                return try system.write(device, bytes)
            } catch {
                guard error == .interrupted else { throw error }
            }
        }
    }
}
