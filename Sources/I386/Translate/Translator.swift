// The translations of one CPU: where they lie, how they are linked, and how they die. The rules that everything here
// depends on:
//
// - A jump inside a page needs no check: whoever runs in a page runs there by a valid mapping, and no mapping changes
//   while generated code runs. All other entries compare the TLB's idea of the page with the trace's.
// - Flags are in memory at every entry, except that a trace which kills them first may be entered without.
// - A dead trace may be running: nothing of it is overwritten until everything is thrown away, between two runs.

final class Translator {
    let memory: CodeMemory
    let a: Assembler
    let stubs: Stubs
    private let firstFree: Int
    let state: UnsafeMutablePointer<CPUState>

    var traces: [Trace] = []
    var exits: [TraceExit] = []
    var members: [TraceMember] = []
    /// Traces without windows, by their first blocks.
    var plain: [BlockPointer: Int] = [:]
    /// Runs of a block by the interpreter before it is translated.
    var threshold: Int32 = 16
    /// Instructions in a trace.
    var maximumItems = 120
    /// For tests: no trace goes on in another, so that budgets of a few instructions can be run here.
    var isIsolated = false
    var counters = EngineCounters()

    // What the translation under way knows; see Translator+Emit.
    var flags = GuestFlags()
    var accounted = 0
    var item = TraceItem(
        op: UnsafeMutablePointer(bitPattern: 32).unsafelyUnwrapped, operation: .nop, start: 0, next: 0, executed: 0)
    var deferred: [() -> Void] = []
    /// The memory operand once it has been checked.
    var checked = HostMemory()
    var known = KnownValues()
    var windows: [Window] = []
    /// The slot of the window whose distance r9 still holds.
    var distance: Int?
    var loop: Loop?
    var current: Int32 = 0
    /// The host's x87 holds the guest's registers for sure.
    var isX87Known = false
    /// The last x87 instruction and operand segment that have not been written down.
    var x87Pending: (pointer: UInt32, opcode: UInt16)?
    var x87Segment: UInt8?

    static let size = 16 << 20
    /// More than the longest trace takes.
    static let reserve = 128 << 10

    typealias Enter = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void
    let enter: Enter

    init(state: UnsafeMutablePointer<CPUState>) throws(HostMemoryError) {
        self.state = state
        memory = try CodeMemory(size: Self.size)
        a = Assembler(memory: memory)
        stubs = Stubs(a)
        firstFree = (a.position + 63) & ~63
        a.position = firstFree
        // SAFETY: the stub follows the C calling convention for two pointers.
        enter = unsafeBitCast(memory.executable + stubs.enter, to: Enter.self)
        forgetTargets()
    }

    /// Bytes of code in this memory.
    var bytesInUse: Int { a.position - firstFree }

    var isFull: Bool { memory.size - a.position < Self.reserve }

    func address(_ offset: Int) -> UnsafeRawPointer { memory.executable + offset }

    private func forgetTargets() {
        let unknown = address(stubs.unknownTarget)
        for i in 0..<TranslationFrame.targetCount { state.targets[i] = unknown }
    }

    /// Starts afresh. Only between two runs of generated code.
    func flush() {
        counters.flushes += traces.isEmpty ? 0 : 1
        counters.hostBytes &+= UInt64(bytesInUse)
        a.position = firstFree
        traces.removeAll(keepingCapacity: true)
        exits.removeAll(keepingCapacity: true)
        members.removeAll(keepingCapacity: true)
        plain.removeAll(keepingCapacity: true)
        forgetTargets()
    }

    /// What this host makes of AF in a shift, which the manual leaves open: the flag or 0. The interpreter follows it, so that
    /// the engines cannot be told apart.
    static let shiftAuxiliary: UInt32 = {
        #if arch(x86_64)
            guard let memory = try? CodeMemory(size: 4096) else { return 0 }
            let a = Assembler(memory: memory)
            a.load(Host.rax, immediate: 1)
            a.shift(.shl, 4, .register(Host.rax), by: 3)
            a.lahf()
            a.extend(4, Host.rax, .register(4), from: 1, signed: false)
            a.plain("ret", 0xc3)
            // SAFETY: a C function without arguments that was just written.
            let probe = unsafeBitCast(memory.executable, to: (@convention(c) () -> UInt32).self)
            return withExtendedLifetime(memory) { probe() & Flag.af }
        #else
            return 0
        #endif
    }()

    // MARK: Links

    /// Lets an exit go on in a trace without coming back here.
    func link(_ exit: Int, to trace: Int) {
        guard exits[exit].linked < 0, !traces[trace].isDead, !isIsolated else { return }
        let e = exits[exit]
        let t = traces[trace]
        let destination = e.isLocal ? t.entry : t.checkedEntry
        if !e.savesFlags || (e.isLocal && t.isFlagFree) {
            a.patch(e.site, to: destination)
        } else {
            a.patch(e.site, to: e.stub)
            a.patch(e.tail, to: destination)
        }
        exits[exit].linked = Int32(trace)
        exits[exit].nextIncoming = t.incoming
        traces[trace].incoming = Int32(exit)
        counters.linked += 1
    }

    /// Remembers the target of an indirect jump.
    func setTarget(_ eip: UInt32, trace: Int) {
        guard !isIsolated else { return }
        state.targets[Int(eip) & (TranslationFrame.targetCount - 1)] = address(traces[trace].indirectEntry)
    }

    /// Some of its bytes have changed: nobody enters it any more.
    func kill(trace: Int) {
        guard !traces[trace].isDead else { return }
        traces[trace].isDead = true
        counters.invalidated += 1
        let t = traces[trace]
        if t.block.pointee.trace == Int32(trace) {
            t.block.pointee.trace = -1
            t.block.pointee.patience = threshold
        }
        var next = t.incoming
        while next >= 0 {
            let e = exits[Int(next)]
            a.patch(e.site, to: e.stub)
            a.patch(e.tail, to: e.toSwift)
            exits[Int(next)].linked = -1
            next = e.nextIncoming
        }
        traces[trace].incoming = -1
        let slot = state.targets + (Int(t.eip) & (TranslationFrame.targetCount - 1))
        if slot.pointee == address(t.indirectEntry) { slot.pointee = address(stubs.unknownTarget) }
    }

    /// A block has died, and with it every trace that runs through it.
    func kill(block: BlockPointer) {
        var next = block.pointee.member
        block.pointee.member = -1
        while next >= 0 {
            let m = members[Int(next)]
            kill(trace: Int(m.trace))
            next = m.next
        }
    }
}
