// One virtual CPU: who owns what. The work is done elsewhere (Memory, Decode, Execute, Segments, Interrupts); this file
// allocates the tables that the work needs and is the front door that a hypervisor sees.

import Synchronization

/// A virtual Pentium-Pro-class processor in 32-bit protected mode, for code in rings 1 and 3.
///
/// It belongs to one thread. Only `requestExit`, `requestSample`, `withdrawSample`, the counters and `GuestMemory.noteExternalWrite` may be used from
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
    /// Where hot code goes; nil when the interpreter does everything.
    private(set) var translator: Translator?
    private(set) var lockstep: Lockstep?
    private let retired = Atomic<UInt64>(0)
    private let published = CounterRow()
    let sample = Atomic<UInt64>(0)
    /// Is called on the CPU's thread with each sample that is taken. Set before `run`.
    public var onSample: ((StackSample) -> Void)?
    /// Code that somebody wants to see translated. Set before `run`.
    public var watch: BlockWatch? {
        didSet { if translator == nil { watch?.note(.noTranslator) } }
    }

    private let block: UnsafeMutableRawPointer

    static let spaceCount = 8
    static let maximumDescriptors = 8192

    /// - Parameter engine: see there; a translator that the host refuses memory for is done without.
    public init(memory: GuestMemory, engine: Engine = .auto) throws(HostMemoryError) {
        self.memory = memory
        code = try CodeCache(frames: Int(memory.size / 4096))
        block = .allocate(byteCount: TranslationFrame.allocation, alignment: 64)
        // SAFETY: frame, state and targets share the allocation as TranslationFrame says.
        state = (block - Int(TranslationFrame.offset)).bindMemory(to: CPUState.self, capacity: 1)
        state.frame.initialize(to: TranslationFrame())
        state.initialize(to: CPUState())
        core = .allocate(capacity: 1)
        core.initialize(to: CoreState())
        core.pointee.epoch = monotonicNanoseconds()
        spaces = .allocate(capacity: Self.spaceCount)
        for i in 0..<Self.spaceCount { (spaces + i).initialize(to: AddressSpace()) }
        gdt = .allocate(capacity: Self.maximumDescriptors)
        gdt.initialize(repeating: 0, count: Self.maximumDescriptors)
        state.loads.initialize(repeating: SegmentLoad(), count: SegmentLoad.count)
        gates = .allocate(capacity: 256)
        gates.initialize(repeating: StoredGate(), count: 256)
        core.pointee.shiftAuxiliary = Translator.shiftAuxiliary
        prepareLoads()
        resynchronise()
        if engine != .interpreter, Self.canTranslate { startTranslator(engine) }
    }

    deinit {
        for i in 0..<Self.spaceCount { spaces[i].deallocate() }
        spaces.deallocate()
        block.deallocate()
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

    private static var canTranslate: Bool {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }

    private func startTranslator(_ engine: Engine) {
        guard let t = try? Translator(state: state) else { return }
        if engine == .lockstep { lockstep = Lockstep() }
        let frame = state.frame
        frame.pointee.cpu = Unmanaged.passUnretained(self).toOpaque()
        frame.pointee.slowAccess = unsafeBitCast(slowAccessHelper, to: UnsafeRawPointer.self)
        frame.pointee.executeOp = unsafeBitCast(executeOpHelper, to: UnsafeRawPointer.self)
        frame.pointee.cross = unsafeBitCast(crossHelper, to: UnsafeRawPointer.self)
        frame.pointee.repeatString = unsafeBitCast(repeatStringHelper, to: UnsafeRawPointer.self)
        frame.pointee.loadX87 = unsafeBitCast(loadX87Helper, to: UnsafeRawPointer.self)
        frame.pointee.storeX87 = unsafeBitCast(storeX87Helper, to: UnsafeRawPointer.self)
        translator = t
    }

    /// What the engine has done up to the last return of `run`. Any thread.
    public nonisolated var engineCounters: EngineCounters { published.reading }

    /// For tests: translates whatever runs for the second time, in traces of at most `items` instructions that, if
    /// `isolated`, all end in Swift.
    public func translateEverything(items: Int, isolated: Bool) {
        translator?.threshold = 0
        translator?.maximumItems = items
        translator?.isIsolated = isolated
        dropAllCode()
    }

    /// Blocks decoded so far: what self-modifying code costs.
    package var blocksBuilt: UInt64 { code.built }

    func publishRetired(_ count: Int) {
        var counters = translator?.counters ?? EngineCounters()
        counters.decoded = code.built
        counters.overwritten = code.deaths
        counters.hostBytes &+= UInt64(translator?.bytesInUse ?? 0)
        counters.tlbMisses = core.pointee.walks
        counters.tlbDrops = core.pointee.tlbDrops
        counters.tlbFlushes = core.pointee.tlbFlushes
        counters.chainsDropped = core.pointee.chainsDropped
        counters.spaceSwitches = core.pointee.spaceSwitches
        counters.spacesForgotten = core.pointee.spacesForgotten
        published.publish(counters)
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
    /// See `CPUState.shiftAuxiliary`.
    var shiftAuxiliary: UInt32 = 0
    /// Into the kernel and back, as far as they are known.
    var inward = Crossing()
    var outward = Crossing()
    // See `EngineCounters`.
    var walks: UInt64 = 0
    var tlbDrops: UInt64 = 0
    var tlbFlushes: UInt64 = 0
    var chainsDropped: UInt64 = 0
    var spaceSwitches: UInt64 = 0
    var spacesForgotten: UInt64 = 0
    /// Every page that is written to has to be noted for a comparison of the engines.
    var isRecording = false
    /// What an instruction called from generated code has thrown.
    var fault = CPUFault(vector: 0)
    /// That was an access, and generated code is on its way out for it.
    var didFault = false
    /// An access or a window was refused after the walk had marked its page.
    var hasMarked = false
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
