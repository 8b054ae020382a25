// lguest itself, as an object in this process: what the original put into a kernel module and a page of assembly. The
// ideas are in the files around this one; here is what a guest consists of, and how its life begins and ends.
//
// A guest's fields belong to the thread that initialised it. What others may touch is in its `Mailbox`.

import Glibc
import I386
import Synchronization
import SystemPackage

// H:210
/// One guest on one virtual processor, run by the thread that initialises it.
public final class EmbeddedLguest: LguestDevice, @unchecked Sendable {
    public let memory: GuestMemory
    public let dialect: Dialect

    // MARK: Shared with other threads

    package let cpu: CPU
    let mailbox: Mailbox
    let bank = CounterBank()
    let sharedKeys: SharedKeys
    private let guestIDs: GuestIDs
    /// The life of this object: 0 new, 1 being initialised, 2 initialised.
    private let phase = Atomic<UInt8>(0)
    private let owner = Atomic<UInt>(0)
    /// The processor-time clock of the owning thread, and its last reading.
    private let ownerClock = Atomic<Int32>(0)
    private let ownerUsed = Atomic<UInt64>(0)
    let traps: TrapLog?
    private let profile: GuestProfile?

    // MARK: Of the owning thread

    private(set) var frameLimit = PageFrame(0)
    private(set) var pageOffset: UInt32 = 0
    /// The guest's page of notes; nil until LGUEST_INIT.
    var data: LguestData?
    /// A direct hypercall waits in the registers.
    var hypercallWaiting = false
    var nextRingSlot = 0
    /// DMA that the launcher has not been given yet, or has not finished with.
    var sentDMA: SentDMA?
    var isHalted = false
    var taskSwitched = false
    var gates = [GuestGate](repeating: GuestGate(), count: EmbeddedLguest.gateCount)
    var stackPages: UInt32 = 0
    var clock = GuestClock()
    var pace = Pace()
    var bindings: [DMABinding] = []
    var sharedFrames: [PageFrame: SharedPage] = [:]
    var links: [SharedPage: any SharedPageLink] = [:]
    private var claimID: (@Sendable (UInt16) -> Bool)?
    private var hasGuestID = false
    /// The launcher has been told that the guest is dead.
    var wasMourned = false

    var limit: UInt64 { mailbox.limit }
    var guestID: UInt16 { mailbox.guestID }
    /// RDTSC is a scaled monotonic clock, so it is as stable as a guest could wish.
    var tscKHz: UInt32 { cpu.tscKHz }

    /// A guest that has not begun to live.
    ///
    /// - Parameters:
    ///   - memory: all that the guest will ever have; the launcher has loaded it, or will have before `run`.
    ///   - engine: how instructions are executed.
    ///   - recordsTraps: keeps the last traps for `trapLog`.
    ///   - profile: where samples of the guest go. - watch: code whose translation somebody waits for.
    /// - Throws: ENOMEM and the like, when the host has no room for a processor.
    public convenience init(
        memory: GuestMemory, dialect: Dialect, engine: Engine = .auto, recordsTraps: Bool = false,
        profile: GuestProfile? = nil, watch: BlockWatch? = nil
    ) throws(Errno) {
        try self.init(
            memory: memory, dialect: dialect, engine: engine, recordsTraps: recordsTraps, profile: profile,
            watch: watch,
            sharedKeys: .process, guestIDs: .process)
    }

    package init(
        memory: GuestMemory, dialect: Dialect, engine: Engine = .auto, recordsTraps: Bool,
        profile: GuestProfile? = nil, watch: BlockWatch? = nil, sharedKeys: SharedKeys, guestIDs: GuestIDs
    ) throws(Errno) {
        self.memory = memory
        self.dialect = dialect
        self.sharedKeys = sharedKeys
        self.guestIDs = guestIDs
        traps = recordsTraps ? TrapLog() : nil
        self.profile = profile
        do throws(HostMemoryError) {
            cpu = try CPU(memory: memory, engine: engine)
        } catch {
            throw Errno(rawValue: error.errno)
        }
        mailbox = Mailbox(memory: memory, cpu: cpu, bank: bank)
        cpu.watch = watch
        if let profile { cpu.onSample = { profile.add($0) } }
        bindings.reserveCapacity(Self.maximumBindings)
    }

    deinit { retire() }

    /// Says that a frame of this guest is a page that other guests may share, so that DMA to keys in it goes to them, and
    /// to the link behind it. For the owning thread, or before there is one.
    public func declareShared(_ frame: PageFrame, as page: SharedPage, link: (any SharedPageLink)? = nil) {
        sharedFrames[frame] = page
        links[page] = link
    }

    /// Lets somebody have a say in this guest's id: one that `claim` refuses will not be used. Before `initialize`.
    public func chooseID(_ claim: @escaping @Sendable (UInt16) -> Bool) { claimID = claim }

    // MARK: Who may ask what

    private var isInitialised: Bool { phase.load(ordering: .acquiring) == 2 }

    /// - Throws: EINVAL before the guest's life, ENOENT after.
    private func requireLife() throws(Errno) {
        guard isInitialised else { throw .invalidArgument }
        guard !mailbox.isDead else { throw .noSuchFileOrDirectory }
    }

    /// What `write(2)` checks before it looks at a request.
    func admit(initializing: Bool, breaking: Bool) throws(Errno) {
        if initializing && !isInitialised { return }
        if breaking { try requireLife() } else { try requireOwner() }
    }

    /// The same, for requests that only the owner may make. - Throws: EPERM for anyone else.
    private func requireOwner() throws(Errno) {
        try requireLife()
        guard owner.load(ordering: .relaxed) == UInt(pthread_self()) else { throw .notPermitted }
    }

    // H:220
    public func initialize(
        frameLimit: PageFrame, pageDirectory: GuestPhysical, start: GuestVirtual, pageOffset: UInt32
    ) throws(Errno) {
        if isInitialised { try requireOwner() }
        guard phase.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing).exchanged else {
            throw .resourceBusy
        }
        var succeeded = false
        defer { phase.store(succeeded ? 2 : 0, ordering: .releasing) }
        guard pageOffset < Self.reservedStart.rawValue else { throw .invalidArgument }
        guard let id = guestIDs.take(where: claimID ?? { _ in true }) else { throw .noSpace }

        self.frameLimit = frameLimit
        self.pageOffset = pageOffset
        mailbox.open(guestID: id, limit: min(UInt64(frameLimit.rawValue) << 12, memory.size))
        hasGuestID = true
        prepareProcessor(pageDirectory: pageDirectory, start: start)

        owner.store(UInt(pthread_self()), ordering: .relaxed)
        var clock = clockid_t()
        if pthread_getcpuclockid(pthread_self(), &clock) == 0 { ownerClock.store(clock, ordering: .relaxed) }
        profile?.attach(self)
        succeeded = true
    }

    // H:230
    /// The state in which a guest wakes up: ring 1, flat segments, paging on, registers zero. `esi`, being zero, points
    /// to the boot data.
    private func prepareProcessor(pageDirectory: GuestPhysical, start: GuestVirtual) {
        installInitialDescriptors()
        installDefaultGates()
        cpu.mmu = pagingPolicy(frameLimit: frameLimit)
        let state = cpu.state
        state.pointee = CPUState()
        state.pointee.cs = SegmentRegister(base: 0, limit: .max, selector: Self.kernelCode, attributes: 0xc0bb)
        let data = SegmentRegister(base: 0, limit: .max, selector: Self.kernelData, attributes: 0xc0b3)
        state.pointee.ds = data
        state.pointee.es = data
        state.pointee.ss = data
        state.pointee.tr = 0x80
        state.pointee.eip = start.rawValue
        state.pointee.eflags = 0x202
        // As a host kernel leaves it: alignment checks possible, FPU errors as exceptions, FPU monitored.
        state.pointee.cr0 |= 0x0004_0022
        cpu.loadPageDirectory(pageDirectory)
    }

    public func getDMA(key: DMAKey) throws(Errno) -> BoundDMA {
        try requireOwner()
        do throws(GuestDeath) {
            if let buffer = try takeBuffer(at: key) { return buffer }
        } catch {
            mailbox.kill(error)
        }
        throw .noSuchFileOrDirectory
    }

    public func raise(_ irq: IRQ) throws(Errno) {
        try requireOwner()
        guard irq.isValid else { throw .invalidArgument }
        mailbox.post(irq)
    }

    public func breakOut(_ on: Bool) throws(Errno) {
        try requireLife()
        try mailbox.breakOut(on)
    }

    public func nudge() -> Bool {
        mailbox.nudge()
        return true
    }

    // H:240
    public func run() throws(Errno) -> SentDMA {
        do throws(Errno) { try requireOwner() } catch {
            // Killed from outside, between two runs: this is the moment to tidy up.
            if error == .noSuchFileOrDirectory, owner.load(ordering: .relaxed) == UInt(pthread_self()) { retire() }
            throw error
        }
        sentDMA = nil  // The launcher is back, so it is done with that one.
        switch runUntilNews() {
        case .sent(let dma): return dma
        case .broken: throw .resourceTemporarilyUnavailable
        case .nudged: throw .interrupted
        case .dead:
            retire()
            throw .noSuchFileOrDirectory
        }
    }

    /// Gives back what a dead guest does not need: its place among the receivers, and its number.
    private func retire() {
        unbindAll()
        guard hasGuestID else { return }
        hasGuestID = false
        guestIDs.giveBack(mailbox.guestID)
    }

    // MARK: For those who watch

    public func deathReason() -> String? { death?.description }

    /// Why the guest died, with the values apart.
    public var death: GuestDeath? { mailbox.reason }

    /// The last traps that were handed to the guest, oldest first; empty unless they are recorded.
    public func trapLog() -> [TrapRecord] { traps?.records() ?? [] }

    public var counters: LguestCounters {
        var reading = bank.reading()
        reading.instructions = cpu.instructions
        reading.engine = cpu.engineCounters
        reading.threadNanoseconds = threadTime()
        return reading
    }

    package enum SampleRequest { case asked, asleep, dead }

    /// Asks the guest where it is. Any thread.
    @discardableResult
    package func requestSample() -> SampleRequest {
        if mailbox.isDead { return .dead }
        if bank.asleepSince.load(ordering: .relaxed) != 0 { return .asleep }
        cpu.requestSample()
        return .asked
    }

    /// Processor time of the owning thread; when that is gone, what it had used when someone last looked.
    private func threadTime() -> UInt64 {
        let thread = ownerClock.load(ordering: .relaxed)
        guard thread != 0, let used = HostTime.processorTime(of: thread) else {
            return ownerUsed.load(ordering: .relaxed)
        }
        ownerUsed.store(used, ordering: .relaxed)
        return used
    }
}
