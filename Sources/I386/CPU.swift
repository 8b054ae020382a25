// One virtual CPU: who owns what. The work is done elsewhere (Memory, Decode, Execute, Segments, Interrupts); this file
// allocates the tables that the work needs and is the front door that a hypervisor sees.

import Synchronization

/// A virtual Pentium-Pro-class processor in 32-bit protected mode, for code in rings 1 and 3.
///
/// It belongs to one thread. Only `requestExit`, `instructions` and `GuestMemory.noteExternalWrite` may be used from
/// others. What no guest of ours can have (I/O ports, control registers, MSRs, an own IDT) raises #GP(0) as it would
/// for any code outside of ring 0.
public final class CPU: @unchecked Sendable {
    public let memory: GuestMemory
    /// The registers. Canonical between calls of `run`; free to be changed there.
    public let state: UnsafeMutablePointer<CPUState>
    /// Which page-table entries are not to be believed.
    public var mmu: MMUPolicy {
        get { core.pointee.policy }
        set { core.pointee.policy = newValue }
    }
    /// The stack for traps from ring 3 (`ss1:esp1` of a TSS).
    public var innerStack: (ss: UInt16, esp: UInt32) {
        get { (core.pointee.innerSS, core.pointee.innerESP) }
        set { (core.pointee.innerSS, core.pointee.innerESP) = newValue }
    }
    /// RDTSC counts at this rate from the creation of the CPU.
    public var tscKHz: UInt32 {
        get { core.pointee.tscKHz }
        set { core.pointee.tscKHz = newValue }
    }

    // Everything below is internal to the module and plain old data behind pointers that never change: the loop may
    // keep them in registers, and no access needs an exclusivity check.
    let core: UnsafeMutablePointer<CoreState>
    let spaces: UnsafeMutablePointer<AddressSpace>
    let gdt: UnsafeMutablePointer<UInt64>
    let gates: UnsafeMutablePointer<StoredGate>
    let code: CodeCache
    let table = OpcodeTable()
    private let retired = Atomic<UInt64>(0)

    static let spaceCount = 8
    static let maximumDescriptors = 8192

    public init(memory: GuestMemory) throws(HostMemoryError) {
        self.memory = memory
        code = try CodeCache(frames: Int(memory.size / 4096))
        state = .allocate(capacity: 1)
        state.initialize(to: CPUState())
        core = .allocate(capacity: 1)
        core.initialize(to: CoreState())
        core.pointee.epoch = monotonicNanoseconds()
        spaces = .allocate(capacity: Self.spaceCount)
        for i in 0..<Self.spaceCount { (spaces + i).initialize(to: AddressSpace()) }
        gdt = .allocate(capacity: Self.maximumDescriptors)
        gdt.initialize(repeating: 0, count: Self.maximumDescriptors)
        gates = .allocate(capacity: 256)
        gates.initialize(repeating: StoredGate(), count: 256)
        resynchronise()
    }

    deinit {
        for i in 0..<Self.spaceCount { spaces[i].deallocate() }
        spaces.deallocate()
        state.deallocate()
        core.deallocate()
        gdt.deallocate()
        gates.deallocate()
        table.deallocate()
    }

    /// Makes `run` return `.interrupted` within a millisecond, now or at its next call. Any thread.
    public nonisolated func requestExit() {
        _ = memory.attention.pointee.bitwiseOr(GuestMemory.exitRequested, ordering: .releasing)
    }

    /// Instructions retired up to the last return of `run`. Any thread.
    public nonisolated var instructions: UInt64 { retired.load(ordering: .relaxed) }

    /// Blocks decoded so far: what self-modifying code costs.
    package var blocksBuilt: UInt64 { code.built }

    func publishRetired(_ count: Int) {
        retired.store(retired.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: count), ordering: .relaxed)
    }
}

/// What a hypervisor refuses to see in the guest's page tables.
@frozen public struct MMUPolicy: Sendable, Equatable {
    /// Frames at or above this one do not exist for the guest (nor do those above the end of memory, whatever this says).
    public var frameLimit = PageFrame(1 << 20)
    /// Bits that a present directory entry must not have (for instance 0x80, a 4 MiB page).
    public var illegalDirectoryBits: UInt32 = 0
    /// Bits that a present page-table entry must not have.
    public var illegalTableBits: UInt32 = 0
    /// Nothing is mapped from here up: any access is a page fault with P = 0. nil: the guest owns all 4 GiB.
    public var reservedFrom: GuestVirtual?

    public init() {}
}

/// The words of a CPU that the guest cannot see.
struct CoreState {
    var policy = MMUPolicy()
    var innerSS: UInt16 = 0
    var innerESP: UInt32 = 0
    /// Limit of the GDT in bytes, as SGDT shows it.
    var gdtLimit: UInt16 = 0xff
    var tscKHz: UInt32 = 1_000_000
    var epoch: UInt64 = 0

    /// The TLB of the current address space and privilege.
    var tlb: UnsafeMutablePointer<TLBEntry>
    /// The address space in `cr3`.
    var space: Int = 0
    /// Names everything that a chained jump relies on: mapping, mode, privilege. See CodeCache.
    var tag: UInt64 = 0
    var nextGeneration: UInt64 = 1
    var clock: UInt64 = 0
    /// Decoder-relevant mode bits of the current segments.
    var mode: UInt8 = 0
    /// The code segment is flat, so that decoded blocks may be kept.
    var isCacheable = false
    /// Single-step trap is inhibited for one instruction (a load of ss).
    var inhibitTrap = false
    /// An instruction asks for an exit: the vector, and whether it is that of an `int n`.
    var exitPending = false
    var exitVector: UInt8 = 0
    var exitIsSoftware = false

    init() {
        // Replaced by `resynchronise` before anything is translated.
        tlb = UnsafeMutablePointer(bitPattern: 16).unsafelyUnwrapped
    }
}
