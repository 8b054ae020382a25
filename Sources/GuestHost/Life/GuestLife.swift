// One life of one guest, from the first instruction to the last: the loop that the original launcher ended in and that this one
// runs on a thread of its own. Run the guest until it wants something, see to it, run it again.

import CLinux
import Glibc
import Hypervisor
import I386
import Synchronization
import SystemPackage

/// The machinery of a running guest. Made when it starts, gone when it stops.
final class GuestLife: Sendable {
    /// Why somebody else wants this life to end.
    enum Order: UInt8, AtomicRepresentable {
        case none, kill, abort
    }

    let lguest: any LguestDevice
    let waker: Waker
    let devices: DeviceSet
    private let loaded: LoadedGuest
    private let port: DevicePort
    private let order = Atomic<Order>(.none)
    private let log: @Sendable (String) -> Void
    let pause = Pause()
    /// The thread that runs the guest, as the kernel numbers threads; 0 before there is one.
    private let runner = Atomic<Int32>(0)
    /// Monotonic nanoseconds of the first instruction, and of the end; 0 for not yet.
    private let began = Atomic<UInt64>(0)
    private let ended = Atomic<UInt64>(0)
    private let touched = Mutex((bytes: UInt64(0), readAt: UInt64(0)))

    init(
        loaded: LoadedGuest, devices: DeviceSet, lguest: any LguestDevice, log: @escaping @Sendable (String) -> Void
    ) throws(LaunchError) {
        self.loaded = loaded
        self.devices = devices
        self.lguest = lguest
        self.log = log
        port = DevicePort(memory: loaded.memory, lguest: lguest)
        waker = try Waker(lguest: lguest)
    }

    /// Ends this life soon. Any thread; the first order counts.
    func end(_ order: Order) {
        _ = self.order.compareExchange(expected: .none, desired: order, ordering: .acquiringAndReleasing)
        call()
    }

    /// Input waits, or an order: the guest has to come out of its run for it. Any thread, never blocks. The runner is got
    /// out of bed directly where the device can do that; each thread on the way to the guest costs a key some time.
    func call() {
        if !lguest.nudge() { waker.ring() }
    }

    /// Any thread.
    func setUrgency(_ urgency: Urgency) {
        let thread = runner.load(ordering: .acquiring)
        // A thread that has ended is not found, which is as good.
        if thread > 0 { urgency.apply(to: thread) }
    }

    /// Stands still for a moment, unless it sleeps anyway: to wake it for that would be silly. Any thread.
    func pause(until deadline: UInt64) {
        guard !lguest.counters.isHalted else { return }
        pause.begin(until: deadline)
        if !lguest.nudge() { pause.end() }
    }

    /// H:140 Tells the hypervisor the four things that it wants to know about a guest: where memory ends, where the page
    /// directory lies, where to begin, and where the kernel sees physical 0. On the thread that will run the guest,
    /// since the hypervisor remembers who asked and runs it for nobody else.
    func initialize(name: String, urgency: Urgency) throws(LaunchError) {
        do {
            try lguest.initialize(
                frameLimit: loaded.frameLimit, pageDirectory: loaded.pageDirectory, start: loaded.start,
                pageOffset: loaded.pageOffset)
        } catch {
            throw .system("the hypervisor does not take guest '\(name)'", errno: error.rawValue)
        }
        runner.store(linux_thread_id(), ordering: .releasing)
        if urgency != .ordinary { urgency.applyToThisThread() }
        try waker.start(name: name)
        began.store(monotonicNanoseconds(), ordering: .releasing)
    }

    /// H:142 Runs the guest to its end and says what kind of end it was. Each turn of the loop is one `run`: it comes back with
    /// a DMA for one of the devices, or because the waker wants attention for waiting input, or because the guest is dead.
    func run() -> GuestState {
        defer {
            runner.store(0, ordering: .releasing)
            waker.stop()
            devices.close()
            ended.store(monotonicNanoseconds(), ordering: .releasing)
        }
        for device in devices.devices {
            if let descriptor = device.inputDescriptor, !waker.watch(descriptor) { waker.ring() }
        }
        // Keys may have been typed before anybody was there to hear them.
        call()
        var retryDelay = Self.firstRetry
        var isRetrying = false
        while true {
            switch order.load(ordering: .acquiring) {
            case .none: break
            case .kill: return .dead(reason: "killed")
            case .abort: return .aborted
            }
            pause.rest()
            do throws(DeviceFault) {
                var release = false
                switch Result(catching: { () throws(Errno) in try lguest.run() }) {
                case .success(let sent):
                    try handleOutput(sent)
                    // A guest that talks has often just made room for input as well.
                    guard isRetrying else { continue }
                case .failure(.resourceTemporarilyUnavailable):
                    release = true
                case .failure(.interrupted):
                    break
                case .failure(.noSuchFileOrDirectory):
                    let end = Self.end(for: lguest.deathReason() ?? "no reason given")
                    // Empty unless the configuration is verbose.
                    if case .dead = end { for trap in lguest.trapLog().suffix(8) { log("before: \(trap)") } }
                    return end
                case .failure(let error):
                    return .dead(reason: "running the guest failed: \(errorText(error.rawValue))")
                }
                let before = devices.console.counters
                let wasRetrying = isRetrying
                isRetrying = try handleInput() == .waitingForGuest
                // Come back soon while the guest is eating, ever more rarely while it is not.
                let hasMoved = isMoving(since: before)
                retryDelay = hasMoved || !isRetrying ? Self.firstRetry : min(retryDelay * 2, Self.lastRetry)
                waker.retry(afterMilliseconds: isRetrying ? retryDelay : nil)
                if release {
                    try? lguest.breakOut(false)
                } else if isRetrying, !wasRetrying {
                    // It sleeps, and does not know yet that it shall come back soon.
                    waker.ring()
                }
            } catch {
                switch error {
                case .guest(let reason): return .dead(reason: reason)
                case .hypervisor(let errno):
                    return .dead(reason: "the hypervisor refused a request: \(errorText(errno.rawValue))")
                }
            }
        }
    }

    private static let firstRetry: Int32 = 1
    private static let lastRetry: Int32 = 64

    private func isMoving(since before: DeviceCounters) -> Bool {
        guard case .console(let old) = before.figures, case .console(let new) = devices.console.counters.figures
        else { return false }
        return new.bytesIn != old.bytesIn
    }

    private static func end(for reason: String) -> GuestState {
        let reason = DeathReason(reason)
        if reason.isPowerOff { return .poweredOff }
        return .dead(reason: reason.crashMessage ?? reason.description)
    }

    /// H:144 Finds the device that a DMA is for, by its key. One that nobody waits for is dropped with a remark: guests probe.
    private func handleOutput(_ sent: SentDMA) throws(DeviceFault) {
        let buffer = try DMABuffer(at: sent.dma, in: loaded.memory)
        guard let device = devices.devices.first(where: { $0.outputKey == sent.key }) else {
            log("DMA of \(buffer.count) bytes to key \(sent.key), where no device is")
            return
        }
        let used = try device.handleOutput(buffer, port: port)
        buffer.markUsed(Int(used), in: loaded.memory)
    }

    /// H:146 Offers waiting input to the guest, device by device, and arms the waker for more. A guest binds buffers and frees
    /// them with plain stores, of which nobody hears; when there is input left, all that one can do is to come back.
    private func handleInput() throws(DeviceFault) -> InputProgress {
        var result = InputProgress.done
        for device in devices.devices {
            let progress = try device.deliverInput(port: port)
            if progress == .waitingForGuest {
                result = .waitingForGuest
            } else if let descriptor = device.inputDescriptor, !waker.watch(descriptor) {
                // It cannot be waited for, so it has to be asked.
                result = .waitingForGuest
            }
        }
        return result
    }

    /// A reading of everything; any thread.
    var counters: GuestCounters {
        var counters = GuestCounters()
        counters.hypervisor = lguest.counters
        counters.devices = devices.counters
        counters.memorySize = loaded.memory.size
        let now = monotonicNanoseconds()
        let start = began.load(ordering: .acquiring)
        let end = ended.load(ordering: .acquiring)
        if start > 0 { counters.lifeNanoseconds = (end > 0 ? end : now) &- start }
        counters.memoryTouched = touched.withLock { touched in
            // Counting pages takes the kernel a moment, and nobody reads the figure faster than twice a second.
            if touched.readAt == 0 || now &- touched.readAt > 500_000_000 {
                touched = (loaded.memory.residentBytes, now)
            }
            return touched.bytes
        }
        return counters
    }
}

func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
