// The embedded twin of /dev/lguest: a guest without a processor. A test plays the guest's part by hand (it writes memory, binds
// buffers, sends DMA, dies), so that every device can be tried in memory, and every odd moment can be had at will.

import GuestHost
import Hypervisor
import I386
import SystemPackage

final class FakeLguest: LguestDevice {
    struct Initialisation: Equatable {
        var frameLimit: PageFrame
        var pageDirectory: GuestPhysical
        var start: GuestVirtual
        var pageOffset: UInt32
    }

    private struct Binding {
        var key: DMAKey
        var dma: GuestPhysical
        var irq: IRQ
    }

    private struct State {
        var initialisation: Initialisation?
        var bindings: [Binding] = []
        var sent: [SentDMA] = []
        var raised: [IRQ] = []
        var isBroken = false
        var reason: String?
        var breakOuts = 0
        var runs = 0
        var isHalted = false
        var refusal: Errno?
        /// Interrupts that the test has seen.
        var handled = 0
    }

    let memory: GuestMemory
    private let state = Monitor(State())

    init(memory: GuestMemory) { self.memory = memory }

    // MARK: The device

    func initialize(
        frameLimit: PageFrame, pageDirectory: GuestPhysical, start: GuestVirtual, pageOffset: UInt32
    ) throws(Errno) {
        try state.withLock { (state) throws(Errno) in
            if let refusal = state.refusal { throw refusal }
            state.initialisation = .init(
                frameLimit: frameLimit, pageDirectory: pageDirectory, start: start, pageOffset: pageOffset)
        }
    }

    func getDMA(key: DMAKey) throws(Errno) -> BoundDMA {
        try state.withLock { (state) throws(Errno) in
            for binding in state.bindings where binding.key == key && memory.load32(at: binding.dma) == 0 {
                _ = memory.store32(binding.irq.rawValue, at: binding.dma)
                return BoundDMA(dma: binding.dma, irq: binding.irq)
            }
            throw .noSuchFileOrDirectory
        }
    }

    func raise(_ irq: IRQ) throws(Errno) {
        guard irq.isValid else { throw .invalidArgument }
        state.withLock { $0.raised.append(irq) }
    }

    func breakOut(_ on: Bool) throws(Errno) {
        state.withLock { state in
            state.isBroken = on
            if on { state.breakOuts += 1 }
        }
        if on { _ = state.wait(within: .seconds(60)) { !$0.isBroken || $0.reason != nil } }
        if state.withLock({ $0.reason != nil }) { throw .noSuchFileOrDirectory }
    }

    func run() throws(Errno) -> SentDMA {
        state.withLock { $0.runs += 1 }
        _ = state.wait(within: .seconds(60)) { $0.isBroken || !$0.sent.isEmpty || $0.reason != nil }
        return try state.withLock { (state) throws(Errno) in
            if state.reason != nil { throw .noSuchFileOrDirectory }
            if !state.sent.isEmpty { return state.sent.removeFirst() }
            throw .resourceTemporarilyUnavailable
        }
    }

    func deathReason() -> String? { state.withLock { $0.reason } }

    var counters: LguestCounters {
        var counters = LguestCounters()
        state.withLock {
            counters.isHalted = $0.isHalted
            counters.instructions = UInt64($0.runs)
        }
        return counters
    }

    // MARK: The guest's part

    func bind(_ key: UInt32, dma: UInt32, irq: UInt32) {
        state.withLock { $0.bindings.append(.init(key: DMAKey(key), dma: GuestPhysical(dma), irq: IRQ(irq))) }
    }

    func send(_ dma: UInt32, to key: UInt32) {
        state.withLock { $0.sent.append(SentDMA(dma: GuestPhysical(dma), key: DMAKey(key))) }
    }

    func die(_ reason: String) { state.withLock { $0.reason = reason } }
    func halt(_ on: Bool) { state.withLock { $0.isHalted = on } }
    func refuseInitialisation(_ errno: Errno) { state.withLock { $0.refusal = errno } }

    var initialisation: Initialisation? { state.withLock { $0.initialisation } }
    var raised: [UInt32] { state.withLock { $0.raised.map(\.rawValue) } }
    var breakOuts: Int { state.withLock { $0.breakOuts } }
    /// Whether one more comes than these.
    func waitForBreakOut(after count: Int, within limit: Duration) -> Bool {
        state.wait(within: limit) { $0.breakOuts > count }
    }

    /// Waits until the launcher has raised so many interrupts.
    func waitForInterrupts(_ count: Int) -> Bool { state.wait(within: .seconds(30)) { $0.raised.count >= count } }

    /// Waits for one that `waitForNextInterrupt` has not returned for yet.
    func waitForNextInterrupt() -> Bool {
        guard state.wait(within: .seconds(30), until: { $0.raised.count > $0.handled }) else { return false }
        state.withLock { $0.handled += 1 }
        return true
    }

    func isBound(_ key: UInt32) -> Bool { state.withLock { $0.bindings.contains { $0.key == DMAKey(key) } } }

    /// Writes an `lguest_dma` with these pieces.
    func writeDMA(_ address: UInt32, _ pieces: [(address: UInt32, count: UInt16)], used: UInt32 = 0) {
        _ = memory.store32(used, at: GuestPhysical(address))
        for index in 0..<UInt32(16) {
            let piece = Int(index) < pieces.count ? pieces[Int(index)] : (address: 0, count: 0)
            _ = memory.store32(piece.address, at: GuestPhysical(address + 4 + index * 4))
            _ = memory.store16(piece.count, at: GuestPhysical(address + 68 + index * 2))
        }
    }

    func used(_ dma: UInt32) -> UInt32 { memory.load32(at: GuestPhysical(dma)) ?? .max }

    func bytes(_ address: UInt32, _ count: Int) -> [UInt8] {
        memory.bytes(at: GuestPhysical(address), count: count).map { Array($0) } ?? []
    }

    func write(_ bytes: [UInt8], at address: UInt32) {
        memory.bytes(at: GuestPhysical(address), count: bytes.count)?.copyBytes(from: bytes)
    }
}

/// Collects console output.
final class CollectingSink: ConsoleSink {
    private let collected = Monitor<[UInt8]>([])
    func write(_ bytes: UnsafeRawBufferPointer) { collected.withLock { $0.append(contentsOf: bytes) } }
    var text: String { String(decoding: collected.withLock { $0 }, as: UTF8.self) }

    /// Waits for these very bytes; as characters, `\r\n` would be one and hide the other.
    func wait(for text: String) -> Bool {
        let wanted = Array(text.utf8)
        var searched = 0
        return collected.wait(within: .seconds(30)) { bytes in
            while searched + wanted.count <= bytes.count {
                if bytes[searched..<searched + wanted.count].elementsEqual(wanted) { return true }
                searched += 1
            }
            return false
        }
    }
}

/// Collects lines.
final class CollectingLog: Sendable {
    private let collected = Monitor<[String]>([])
    var lines: [String] { collected.withLock { $0 } }
    func add(_ line: String) { collected.withLock { $0.append(line) } }
    func wait(for text: String) -> Bool {
        collected.wait(within: .seconds(30)) { $0.contains { $0.contains(text) } }
    }
}
