// Where a guest spends its time, by asking it a thousand times a second. Who asks is somebody else's thread, with `tick`; who
// answers is the guest's own, at the edge of a block, so an answer is never wrong about where it is. A guest that does
// not run is not asked: what is counted is its processor's time, not the clock's.

import I386
import Synchronization

// H:730
/// Samples of one guest, over all of its lives. Any thread.
public final class GuestProfile: Sendable {
    /// What has been seen so far.
    public struct Reading: Sendable {
        /// Samples by stack, in no order.
        public var stacks: [StackSample: UInt64] = [:]
        /// Ticks that found the guest asleep.
        public var halted: UInt64 = 0
        /// Samples whose callers were left out because there were too many different stacks already, and those that could
        /// not be kept at all.
        public var shortened: UInt64 = 0
        public var lost: UInt64 = 0

        public init() {}

        /// Samples kept.
        public var total: UInt64 { stacks.values.reduce(0, &+) }
    }

    /// Different stacks that are kept; some ten megabytes at the most.
    package static let maximumStacks = 32768

    private let seen = Mutex(Reading())
    private let subject = Mutex(Subject())

    private struct Subject {
        weak var lguest: EmbeddedLguest?
    }

    public init() {}

    public var reading: Reading { seen.withLock { $0 } }

    /// Asks for a sample. For a thread that does so at even intervals.
    public func tick() {
        guard let lguest = subject.withLock({ $0.lguest }) else { return }
        if lguest.requestSample() == .asleep { seen.withLock { $0.halted &+= 1 } }
    }

    func attach(_ lguest: EmbeddedLguest) {
        subject.withLock { $0.lguest = lguest }
    }

    /// Keeps a sample; on the guest's thread.
    package func add(_ sample: StackSample) {
        seen.withLock { seen in
            if seen.stacks.count < Self.maximumStacks || seen.stacks[sample] != nil {
                seen.stacks[sample, default: 0] &+= 1
                return
            }
            // A place without its callers is better than nothing, and there are fewer of those.
            let place = StackSample(isUser: sample.isUser, addresses: Array(sample.addresses.prefix(1)))
            if seen.stacks.count < 2 * Self.maximumStacks || seen.stacks[place] != nil {
                seen.stacks[place, default: 0] &+= 1
                seen.shortened &+= 1
            } else {
                seen.lost &+= 1
            }
        }
    }
}
