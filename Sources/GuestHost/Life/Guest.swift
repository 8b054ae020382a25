// H:100 The tour starts here. A guest, as the rest of the program sees it: something that can be started, typed at, looked at
// and ended, from any thread, as often as one likes. Behind it a launcher loads a kernel (H:108), puts devices on a bus
// (H:130), and runs a loop on a thread (H:142) until the guest is over. What the loop runs is the hypervisor's part of
// the tour.

import Glibc
import Hypervisor
import I386
import Synchronization

/// One virtual machine with its devices and its thread.
///
/// Everything here may be called from any thread. A guest that is alive keeps itself in memory: `kill` it before
/// letting go of it.
public final class Guest: Sendable {
    public let configuration: GuestConfiguration

    /// What is called from the guest's own thread, or from that of whoever starts or types.
    public struct Hooks: Sendable {
        /// A line for the user: errors of disks, and with `verbose` the launcher's story.
        public var log: @Sendable (String) -> Void
        /// The state has changed. Between running and halted it changes thousands of times a second, silently.
        public var onStateChange: @Sendable (GuestState) -> Void
        /// So many ^C in a row were typed; 0 after something else was. Three abort the guest.
        public var onInterruptCount: @Sendable (Int) -> Void

        public init(
            log: @escaping @Sendable (String) -> Void = { _ in },
            onStateChange: @escaping @Sendable (GuestState) -> Void = { _ in },
            onInterruptCount: @escaping @Sendable (Int) -> Void = { _ in }
        ) {
            self.log = log
            self.onStateChange = onStateChange
            self.onInterruptCount = onInterruptCount
        }
    }

    /// Makes the hypervisor's end of a guest.
    package typealias DeviceMaker = @Sendable (GuestConfiguration, GuestMemory) throws(LaunchError) -> any LguestDevice

    private struct Shared {
        var state = GuestState.configured
        /// The life that is going on.
        var life: GuestLife?
        /// The figures of the last one, which are still of interest when its memory is not.
        var lastCounters = GuestCounters()
        var starts: UInt64 = 0
        var interrupts = TripleInterrupt()
        var interruptCount = 0
        /// `kill` came while the guest was still being loaded.
        var endEarly: GuestLife.Order = .none
        var urgency = Urgency.ordinary
    }

    private let shared = Monitor(Shared())
    private let console: any ConsoleSink
    private let input: Int32?
    private let queue = ConsoleInput()
    private let hooks: Hooks
    private let library: ImageLibrary
    private let makeDevice: DeviceMaker

    /// - Parameters:
    ///   - console: gets the guest's output.
    ///   - input: a descriptor to read console input from, besides `type`; it stays the caller's.
    public convenience init(
        _ configuration: GuestConfiguration, console: any ConsoleSink, input: Int32? = nil, hooks: Hooks = Hooks()
    ) {
        self.init(
            configuration, console: console, input: input, hooks: hooks, library: .shared, device: Guest.defaultDevice)
    }

    package init(
        _ configuration: GuestConfiguration, console: any ConsoleSink, input: Int32? = nil, hooks: Hooks = Hooks(),
        library: ImageLibrary, device: @escaping DeviceMaker
    ) {
        self.configuration = configuration
        self.console = console
        self.input = input
        self.hooks = hooks
        self.library = library
        makeDevice = device
    }

    // MARK: - Life

    /// H:102 Loads the guest on this thread, then lets it run on its own. Returns when it is about to execute its first
    /// instruction.
    public func start() throws(LaunchError) {
        let wasAlive = shared.withLock { shared in
            if shared.state.isAlive { return true }
            shared.state = .booting
            shared.endEarly = .none
            return false
        }
        guard !wasAlive else {
            throw LaunchError(.usage, "guest '\(printable(configuration.name))' is already running")
        }
        hooks.onStateChange(.booting)
        queue.reset(open: true)
        do {
            try launch()
        } catch {
            queue.reset(open: false)
            // Nothing ran, so nothing died: the guest is what it was before, and the caller has the reason.
            settle(.configured)
            throw error
        }
    }

    private func launch() throws(LaunchError) {
        let log = hooks.log
        let verbose = configuration.verbose
        let tell = { (line: String) in if verbose { log(line) } }
        let devices = try DeviceSet(
            configuration, sink: console, queue: queue, input: input, observe: { [weak self] in self?.watchInput($0) },
            log: log)
        let loader = GuestLoader(library: library, verbose: tell)
        let loaded = try loader.load(configuration, devicePages: devices.pageCount)
        guard devices.announce(in: loaded.memory) else {
            throw LaunchError(.system, "the device page does not fit its memory, which is a bug of the launcher")
        }
        for line in devices.story { tell(line) }
        tell(
            "Initialising: limit \(loaded.frameLimit.rawValue) pages, pgdir \(loaded.pageDirectory), "
                + "start \(loaded.start), page_offset \(hex(loaded.pageOffset))")
        let lguest = try makeDevice(configuration, loaded.memory)
        var isLaunched = false
        // Threads of devices must not outlive a launch that fails.
        defer { if !isLaunched { devices.close() } }
        try devices.attach(to: lguest, memory: loaded.memory)
        let life = try GuestLife(loaded: loaded, devices: devices, lguest: lguest, log: log)

        let begun = Monitor<Result<Void, LaunchError>?>(nil)
        let name = configuration.name
        let failure = startThread(named: name, stackBytes: 4 << 20) { [self] in
            do throws(LaunchError) {
                try life.initialize(name: name, urgency: shared.withLock { $0.urgency })
            } catch {
                begun.withLock { $0 = .failure(error) }
                return
            }
            let early = shared.withLock { shared in
                shared.life = life
                shared.state = .running
                shared.starts += 1
                return shared.endEarly
            }
            if early != .none { life.end(early) }
            hooks.onStateChange(.running)
            begun.withLock { $0 = .success(()) }
            let end = life.run()
            queue.reset(open: false)
            settle(end, counters: life.counters)
        }
        guard failure == 0 else { throw .system("cannot start a thread for guest '\(name)'", errno: failure) }
        _ = begun.wait(within: .seconds(1 << 40)) { $0 != nil }
        if case .failure(let error)? = begun.withLock({ $0 }) { throw error }
        isLaunched = true
    }

    private func settle(_ state: GuestState, counters: GuestCounters? = nil) {
        shared.withLock {
            $0.state = state
            $0.life = nil
            if let counters { $0.lastCounters = counters }
            $0.interrupts = TripleInterrupt()
            $0.interruptCount = 0
        }
        hooks.onStateChange(state)
    }

    /// H:104 Ends the guest, whatever it is doing; returns at once. Its state becomes `dead(reason: "killed")` within
    /// moments, or, when a disk keeps its thread waiting, as soon as the disk answers.
    public func kill() { end(.kill) }

    private func end(_ order: GuestLife.Order) {
        let life: GuestLife? = shared.withLock { shared in
            guard shared.state.isAlive else { return nil }
            if shared.state == .booting {
                shared.endEarly = order
                return nil
            }
            return shared.life
        }
        life?.end(order)
    }

    /// Ends the guest if it is alive, and starts it anew with fresh memory.
    public func restart() throws(LaunchError) {
        kill()
        guard waitUntilStopped(within: .seconds(10)) else {
            throw LaunchError(
                .system, "guest '\(printable(configuration.name))' is still stopping",
                advice: "a disk may be slow to answer; try again in a while")
        }
        try start()
    }

    /// Waits until the guest is not alive; false when it still is after `limit`.
    @discardableResult
    public func waitUntilStopped(within limit: Duration) -> Bool {
        shared.wait(within: limit) { !$0.state.isAlive }
    }

    /// Where it stands at this moment.
    public var state: GuestState {
        let (state, life) = shared.withLock { ($0.state, $0.life) }
        guard state == .running, let life else { return state }
        return life.lguest.counters.isHalted ? .halted : .running
    }

    // MARK: - Manners

    /// How its thread shares processors with others, in this life and the next.
    public var urgency: Urgency {
        get { shared.withLock { $0.urgency } }
        set {
            let life: GuestLife? = shared.withLock { shared in
                if shared.urgency == newValue { return nil }
                shared.urgency = newValue
                return shared.life
            }
            life?.setUrgency(newValue)
        }
    }

    /// Lets a guest that computes stand still until `resume` is called, and at the most for `limit`. Returns at once.
    public func pause(atMost limit: Duration) {
        let (seconds, attoseconds) = limit.components
        let nanoseconds = UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
        shared.withLock { $0.life }?.pause(until: monotonicNanoseconds() &+ nanoseconds)
    }

    public func resume() { shared.withLock { $0.life }?.pause.end() }

    // MARK: - Console input

    /// H:106 Types at the guest's console. Input waits until the guest takes it and is never lost: what does not fit any more
    /// is not accepted.
    ///
    /// - Parameter bytes: one piece of input as it arrived; three pieces in a row that are one ^C each, within a second,
    ///   abort the guest.
    /// - Returns: how many bytes were accepted; fewer than all only when a megabyte waits already, or when the guest is
    ///   not alive.
    @discardableResult
    public func type(_ bytes: [UInt8]) -> Int {
        let accepted = queue.add(bytes)
        guard accepted > 0 else { return 0 }
        shared.withLock { $0.life }?.call()
        watchInput(bytes)
        return accepted
    }

    /// Counts ^C.
    private func watchInput(_ bytes: [UInt8]) {
        let count = shared.withLock { $0.interruptCount }
        // The third has been heard; a fourth, from fingers that could not stop, must not begin a new count.
        guard count < TripleInterrupt.needed, !bytes.isEmpty || count > 0 else { return }
        let (old, new) = shared.withLock { shared in
            let old = shared.interruptCount
            shared.interruptCount = shared.interrupts.observe(bytes, at: .now)
            return (old, shared.interruptCount)
        }
        if old != new { hooks.onInterruptCount(new) }
        if new >= TripleInterrupt.needed { end(.abort) }
    }

    // MARK: - Captures

    /// Begins a capture of a network device's packets, in place of one that may be going on. It ends with the guest.
    /// - Parameter network: 0 is eth0.
    public func startCapture(network: Int, to path: String) throws(LaunchError) {
        try traffic(of: network).startCapture(to: path)
    }

    /// Ends the capture; everything until now is then in the file, unless the disk takes longer than two seconds.
    public func stopCapture(network: Int) throws(LaunchError) { try traffic(of: network).stopCapture() }

    private func traffic(of network: Int) throws(LaunchError) -> Traffic {
        let name = printable(configuration.name)
        guard let life = shared.withLock({ $0.life }) else {
            throw LaunchError(.usage, "guest '\(name)' is not running, so there is nothing to capture")
        }
        guard life.devices.networks.indices.contains(network) else {
            throw LaunchError(
                .usage, "guest '\(name)' has no network device eth\(network)",
                advice: "start it with --sharenet=FILE or --tunnet=ADDRESS")
        }
        return life.devices.networks[network].traffic
    }

    // MARK: - Figures

    /// What the guest has done in its present or last life.
    public var counters: GuestCounters {
        let (life, last, starts) = shared.withLock { ($0.life, $0.lastCounters, $0.starts) }
        var counters = life?.counters ?? last
        counters.starts = starts
        return counters
    }
}
