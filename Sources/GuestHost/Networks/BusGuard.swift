// A page of a shared file is there as long as the file is as long. When somebody truncates it, or the disk is full when a hole in
// it is first written, the processor reports a bus error, and the customary answer is the end of the process: all guests, and
// the terminal they are drawn on. Our answer is a page of zeroes in place of the lost one. The network is gone, the
// guests live.

import Glibc
import Synchronization

/// Keeps SIGBUS in registered ranges of shared memory from being fatal, as long as the object lives.
final class BusGuard: Sendable {
    private let slot: Int

    /// Guards whole pages at `start`. - Returns: nil when thousands are guarded already.
    init?(start: UnsafeRawPointer, count: Int) {
        Self.install
        guard let slot = GuardedRanges.table.add(UInt(bitPattern: start), UInt(count)) else { return nil }
        self.slot = slot
    }

    deinit { GuardedRanges.table.remove(slot) }

    /// Runs once. The table must exist before the handler may look at it.
    private static let install: Void = {
        _ = GuardedRanges.table
        var action = sigaction()
        // SAFETY: the handler touches nothing but atomics in memory that is never freed, and calls mmap and sigaction,
        // which are plain system calls.
        action.__sigaction_handler.sa_sigaction = { number, information, context in
            guard let information else { return }
            if GuardedRanges.table.replacePage(at: UInt(bitPattern: information.pointee._sifields._sigfault.si_addr)) {
                return
            }
            // Not ours: back to what was before, and let the instruction fail again.
            sigaction(number, &GuardedRanges.table.previous.pointee, nil)
        }
        action.sa_flags = SA_SIGINFO | Int32(bitPattern: UInt32(SA_ONSTACK))
        sigaction(SIGBUS, &action, GuardedRanges.table.previous)
    }()
}

/// Ranges that a signal handler can read: a fixed table of atomics.
private final class GuardedRanges: @unchecked Sendable {
    static let table = GuardedRanges()
    private static let capacity = 8192

    private struct Entry: ~Copyable {
        /// 0 is free. Set after `count`, cleared before it.
        let start = Atomic<UInt>(0)
        let count = Atomic<UInt>(0)
    }

    // SAFETY: allocated once, never freed, accessed through atomics only.
    private let entries: UnsafeMutablePointer<Entry>
    let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 1)
    private let lock = Mutex(())

    private init() {
        entries = .allocate(capacity: Self.capacity)
        for index in 0..<Self.capacity { (entries + index).initialize(to: Entry()) }
        previous.initialize(to: sigaction())
    }

    func add(_ start: UInt, _ count: UInt) -> Int? {
        lock.withLock { _ in
            for index in 0..<Self.capacity where entries[index].start.load(ordering: .relaxed) == 0 {
                entries[index].count.store(count, ordering: .relaxed)
                entries[index].start.store(start, ordering: .releasing)
                return index
            }
            return nil
        }
    }

    func remove(_ index: Int) {
        lock.withLock { _ in entries[index].start.store(0, ordering: .releasing) }
    }

    /// In the signal handler: puts zeroes under a lost page.
    func replacePage(at address: UInt) -> Bool {
        var index = 0
        while index < 8192 {
            let start = entries[index].start.load(ordering: .acquiring)
            if start != 0, address >= start, address &- start < entries[index].count.load(ordering: .relaxed) {
                let page = UnsafeMutableRawPointer(bitPattern: address & ~4095)
                let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
                // SAFETY: the page belongs to a range that its owner asked to have guarded, and it holds nothing any more.
                return mmap(page, 4096, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED
            }
            index &+= 1
        }
        return false
    }
}
