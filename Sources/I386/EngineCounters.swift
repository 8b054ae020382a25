// What the engines have done, in numbers. The CPU's thread counts in plain memory and shows its figures at the end of each
// run, so that counting costs additions only where something rare happens, and reading costs the guest nothing.

import Synchronization

/// A reading of one CPU's engines.
public struct EngineCounters: Sendable, Hashable {
    /// Blocks decoded, and those that died because a store hit them.
    public var decoded: UInt64 = 0
    public var overwritten: UInt64 = 0
    /// Traces translated, and those that died by stores into their code.
    public var translated: UInt64 = 0
    public var invalidated: UInt64 = 0
    /// Jumps linked from trace to trace.
    public var linked: UInt64 = 0
    /// Times that generated code was entered, and left for the sake of one instruction.
    public var entries: UInt64 = 0
    public var interpreted: UInt64 = 0
    /// Accesses that generated code could not do by itself.
    public var slowAccesses: UInt64 = 0
    /// Traces that were given up: a gap in the translator.
    public var failed: UInt64 = 0
    /// Times that everything was thrown away because the code memory was full.
    public var flushes: UInt64 = 0
    /// Instructions that ran as host code. The rest of `CPU.instructions` was interpreted.
    public var translatedInstructions: UInt64 = 0
    /// Bytes of host code made, dead ones included.
    public var hostBytes: UInt64 = 0
    /// Walks through the guest's page tables.
    public var tlbMisses: UInt64 = 0
    /// Translations forgotten on request: of a page or of four megabytes, and wholesale.
    public var tlbDrops: UInt64 = 0
    public var tlbFlushes: UInt64 = 0
    /// Times that a change of the map made the interpreter's chains of an address space and privilege void.
    public var chainsDropped: UInt64 = 0
    /// Switches to another page directory, and those of them to one that was not remembered.
    public var spaceSwitches: UInt64 = 0
    public var spacesForgotten: UInt64 = 0

    public init() {}

    static var words: Int { MemoryLayout<EngineCounters>.size / 8 }
}

/// The last reading, where other threads see it. One thread writes; nobody waits for anybody.
final class CounterRow: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        cells = .allocate(capacity: EngineCounters.words)
        for i in 0..<EngineCounters.words { (cells + i).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: EngineCounters.words)
        cells.deallocate()
    }

    func publish(_ counters: EngineCounters) {
        withUnsafeBytes(of: counters) { bytes in
            // SAFETY: the struct is nothing but 64-bit words, and there is a cell for each.
            for i in 0..<EngineCounters.words {
                cells[i].store(bytes.loadUnaligned(fromByteOffset: i * 8, as: UInt64.self), ordering: .relaxed)
            }
        }
    }

    var reading: EngineCounters {
        var result = EngineCounters()
        withUnsafeMutableBytes(of: &result) { bytes in
            for i in 0..<EngineCounters.words {
                bytes.storeBytes(of: cells[i].load(ordering: .relaxed), toByteOffset: i * 8, as: UInt64.self)
            }
        }
        return result
    }
}
