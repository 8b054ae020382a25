// The part of a guest that other threads may touch: a sender in another guest raises a line, the launcher's waker breaks
// the guest out, a peer condemns it for a bad buffer list. Everything else of a guest belongs to the one thread that
// runs it, and needs no lock.

import Glibc
import I386
import Synchronization
import SystemPackage

// H:740
/// Where the world leaves word for a guest, and where a halted guest sleeps.
///
/// Nothing on the guest's hot path locks here: it reads three atomics. The mutex is for sleeping and for breaking out.
final class Mailbox: @unchecked Sendable {
    let memory: GuestMemory
    let bank: CounterBank
    // Set once, before the guest lives and anyone else knows of it.
    private(set) var guestID: UInt16 = 0
    /// The first byte address that the guest may not touch; at most 4 GiB.
    private(set) var limit: UInt64 = 0

    // Other threads only ever call `requestExit` on it, which is made for that.
    private let cpu: CPU

    /// Pending lines, bit by bit.
    private let pending = Atomic<UInt32>(0)
    private let breaking = Atomic<Bool>(false)
    private let nudged = Atomic<Bool>(false)
    private let dead = Atomic<Bool>(false)
    private let death = Mutex<GuestDeath?>(nil)

    // A mutex and two conditions of the C library, because only those can wait with a deadline. `rung` is under the
    // mutex: a bell that rang before the guest lay down still wakes it.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let bell = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let released = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var rung = false

    init(memory: GuestMemory, cpu: CPU, bank: CounterBank) {
        self.memory = memory
        self.cpu = cpu
        self.bank = bank
        // SAFETY: the three objects are allocated above, initialised here once, and destroyed in deinit, when nobody
        // can be waiting: a waiter holds a reference.
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(bell, &attributes)
        pthread_cond_init(released, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    func open(guestID: UInt16, limit: UInt64) {
        self.guestID = guestID
        self.limit = limit
    }

    deinit {
        pthread_cond_destroy(bell)
        pthread_cond_destroy(released)
        pthread_mutex_destroy(mutex)
        bell.deallocate()
        released.deallocate()
        mutex.deallocate()
    }

    // MARK: Lines

    var pendingLines: UInt32 { pending.load(ordering: .acquiring) }

    /// Makes a line pending without waking anyone: for the guest's own thread, which is awake.
    func post(_ irq: IRQ) {
        guard irq.isValid else { return }
        pending.bitwiseOr(1 &<< irq.rawValue, ordering: .acquiringAndReleasing)
    }

    /// Makes a line pending and sees to it that the guest notices.
    func raise(_ irq: IRQ) {
        post(irq)
        ring()
    }

    func clear(_ irq: IRQ) {
        pending.bitwiseAnd(~(1 &<< irq.rawValue), ordering: .acquiringAndReleasing)
    }

    // MARK: Sleep

    /// Gets the guest's thread out of the processor or out of bed.
    func ring() {
        cpu.requestExit()
        pthread_mutex_lock(mutex)
        rung = true
        pthread_cond_signal(bell)
        pthread_mutex_unlock(mutex)
    }

    /// Sleeps until the bell rings, or until a monotonic deadline. Costs no processor time.
    func sleep(until deadline: UInt64?) {
        pthread_mutex_lock(mutex)
        while !rung {
            guard let deadline else {
                pthread_cond_wait(bell, mutex)
                continue
            }
            var moment = timespec(
                tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            if pthread_cond_timedwait(bell, mutex, &moment) == ETIMEDOUT { break }
        }
        rung = false
        pthread_mutex_unlock(mutex)
    }

    // MARK: Breaking out

    var breakRequested: Bool { breaking.load(ordering: .acquiring) }

    /// Gets the guest out once, and does not wait for that.
    func nudge() {
        nudged.store(true, ordering: .releasing)
        ring()
    }

    /// Whether there was a nudge since the last look. On the guest's thread, which looks at what it was nudged for only
    /// afterwards: a nudge that comes in between gets the guest out again.
    func takeNudge() -> Bool {
        nudged.load(ordering: .relaxed) && nudged.exchange(false, ordering: .acquiring)
    }

    /// `LHREQ_BREAK`: with `true`, gets the guest out and waits for the `false` that releases it.
    func breakOut(_ on: Bool) throws(Errno) {
        guard on else {
            pthread_mutex_lock(mutex)
            breaking.store(false, ordering: .releasing)
            pthread_cond_broadcast(released)
            pthread_mutex_unlock(mutex)
            return
        }
        breaking.store(true, ordering: .releasing)
        ring()
        pthread_mutex_lock(mutex)
        while breakRequested, !isDead { pthread_cond_wait(released, mutex) }
        pthread_mutex_unlock(mutex)
        if isDead { throw .noSuchFileOrDirectory }
    }

    // MARK: Death

    var isDead: Bool { dead.load(ordering: .acquiring) }
    var reason: GuestDeath? { death.withLock { $0 } }

    /// Ends the guest. Callable from any thread; only the first cause of death counts.
    func kill(_ cause: GuestDeath) {
        death.withLock { $0 = $0 ?? cause }
        dead.store(true, ordering: .releasing)
        ring()
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(released)
        pthread_mutex_unlock(mutex)
    }
}
