// A guest's end of a shared network, as the hypervisor sees it: the link behind the page. Guests of this process reach each other
// without it. For a guest of another process, or one that is a little slow, a message goes into the ring that leads
// there, and a thread at the other end puts it into the guest's buffers as these come free.

import CLinux
import Glibc
import Hypervisor
import Synchronization

/// Rings and doorbells of one guest.
package final class SharedNetworkLink: SharedPageLink, @unchecked Sendable {
    package let file: NetworkFile
    package let traffic: Traffic

    // Of the guest's own thread, which is the only one that sends.
    private var writers: [Int: RingWriter] = [:]
    /// When to look again whether a slot that took nothing is alive; monotonic nanoseconds.
    private var suspects: [Int: UInt64] = [:]

    private let stopping = Atomic<Bool>(false)
    private let isFinished = Monitor(true)
    /// The thread's waits are bounded, should a peer without manners have spoiled the doorbell.
    private static let longestWait: UInt64 = 250_000_000
    private static let suspicion: UInt64 = 100_000_000

    package init(file: NetworkFile, traffic: Traffic) {
        self.file = file
        self.traffic = traffic
    }

    // MARK: Sending

    private func slot(at offset: UInt32) -> Int? {
        let slot = Int(offset / 4)
        return slot < NetworkLayout.slots && slot != file.slot ? slot : nil
    }

    package func hasBacklog(to offset: UInt32) -> Bool {
        guard !writers.isEmpty, let slot = slot(at: offset), let writer = writers[slot] else { return false }
        return !writer.isEmpty
    }

    package func willSend(_ pieces: MessagePieces, count: Int, to offset: UInt32) {
        traffic.willSend(pieces, count: count, to: Int(offset / 4))
    }

    package func didSend(count: Int) { traffic.meter.sent.note(count) }

    package func didReceive(_ pieces: MessagePieces, count: Int) { traffic.received(pieces, count: count) }

    /// H:184 Puts a message into the ring that leads to its slot, and rings there.
    package func carry(_ pieces: MessagePieces, count: Int, to offset: UInt32, hasReceiver: Bool) -> Bool {
        // To a slot that shows no address nothing gets lost: drivers of one dialect take the other's unused slots for guests.
        guard let slot = slot(at: offset), file.isShown(slot) else { return false }
        guard openWriter(to: slot), writers[slot]?.write(pieces, count: count) == true else {
            traffic.meter.sent.drop()
            suspect(slot)
            return false
        }
        traffic.meter.queued.wrappingAdd(1, ordering: .relaxed)
        traffic.meter.sent.note(count)
        ring(slot)
        return true
    }

    /// Sees to it that there is a ring. Only to those who are there: guests choose what they send to, not what they fill the
    /// disk with.
    private func openWriter(to slot: Int) -> Bool {
        if writers[slot] != nil { return true }
        if let until = suspects[slot], monotonicNanoseconds() < until { return false }
        guard file.isTaken(slot) else { return false }
        let start = NetworkLayout.ring(from: file.slot, to: slot)
        guard NetworkFile.reserve(file.descriptor, from: start, count: Int64(NetworkLayout.ringSize)) == nil,
            let mapping = try? SharedMapping(file: file.descriptor, offset: start, count: NetworkLayout.ringSize)
        else { return false }
        writers[slot] = RingWriter(mapping)
        return true
    }

    /// A slot that takes nothing may be dead. Once in a while it is worth a look.
    private func suspect(_ slot: Int) {
        let now = monotonicNanoseconds()
        if let until = suspects[slot], now < until { return }
        suspects[slot] = now &+ Self.suspicion
        if file.wipeIfDead(slot) { writers[slot] = nil } else { ring(slot) }
    }

    private func ring(_ slot: Int) {
        let bell = file.doorbell(slot)
        let word = NetworkLayout.sendersField + 4 * (file.slot / 32)
        file.head.word(bell + word).pointee.bitwiseOr(1 << UInt32(file.slot % 32), ordering: .acquiringAndReleasing)
        let bellWord = file.head.word(bell + NetworkLayout.bellField)
        bellWord.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        let asleep = file.head.word(bell + NetworkLayout.asleepField)
        if asleep.pointee.load(ordering: .sequentiallyConsistent) != 0,
            asleep.pointee.exchange(0, ordering: .sequentiallyConsistent) != 0
        {
            linux_futex_wake(bellWord)
        }
    }

    // MARK: Receiving

    /// Puts a frame into a buffer of the guest, if it can.
    package typealias Deliver = @Sendable (UnsafeRawBufferPointer) -> Delivery

    /// Starts the thread that empties the rings into the guest.
    package func start(name: String, deliver: @escaping Deliver) throws(LaunchError) {
        isFinished.withLock { $0 = false }
        let failure = startThread(named: "net " + name, stackBytes: 256 << 10) { [self] in
            receive(deliver)
            isFinished.withLock { $0 = true }
        }
        guard failure == 0 else {
            isFinished.withLock { $0 = true }
            throw .system("cannot start a thread for the network of guest '\(name)'", errno: failure)
        }
    }

    /// Ends the thread and leaves the network.
    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        let bell = file.head.word(file.doorbell(file.slot) + NetworkLayout.bellField)
        bell.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        linux_futex_wake(bell)
        // It never waits for longer than `longestWait`, whatever others do to the bell.
        _ = isFinished.wait(within: .seconds(10)) { $0 }
        file.leave()
    }

    /// H:190 Waits for the doorbell and empties the rings of those who rang it.
    private func receive(_ deliver: Deliver) {
        let bell = file.head.word(file.doorbell(file.slot) + NetworkLayout.bellField)
        let asleep = file.head.word(file.doorbell(file.slot) + NetworkLayout.asleepField)
        var readers: [Int: RingReader] = [:]
        var waiting: Set<Int> = []
        // Whoever was served last comes last the next time.
        var last = -1
        var patience = Patience()
        while !stopping.load(ordering: .sequentiallyConsistent) {
            let ticket = bell.pointee.load(ordering: .sequentiallyConsistent)
            collectSenders(into: &waiting)
            var isFull = false
            let turns = waiting.sorted()
            for sender in turns.filter({ $0 > last }) + turns.filter({ $0 <= last }) where !isFull {
                last = sender
                switch empty(from: sender, &readers, deliver) {
                case .empty: waiting.remove(sender)
                case .more: patience = Patience()
                case .moved:
                    patience = Patience()
                    isFull = true
                case .full: isFull = true
                }
            }
            if isFull {
                // The guest has no buffer. Nobody will say when it has; look again soon, ever less soon.
                sleep(on: bell, ticket, for: patience.next())
            } else if waiting.isEmpty {
                patience = Patience()
                asleep.pointee.store(1, ordering: .sequentiallyConsistent)
                sleep(on: bell, ticket, for: Self.longestWait)
                asleep.pointee.store(0, ordering: .sequentiallyConsistent)
            }
        }
    }

    private enum Progress { case empty, more, moved, full }
    /// Frames from one sender before the next one has its turn.
    private static let turn = 64

    private func empty(from sender: Int, _ readers: inout [Int: RingReader], _ deliver: Deliver) -> Progress {
        if readers[sender] == nil { readers[sender] = openReader(from: sender) }
        // Out of the table and back: a copy would keep a position of its own.
        guard var reader = readers.removeValue(forKey: sender) else { return .empty }
        defer { readers[sender] = reader }
        var hasMoved = false
        for _ in 0..<Self.turn {
            let garbage = reader.garbage
            guard let frame = reader.next() else {
                traffic.meter.received.drop(reader.garbage &- garbage)
                return .empty
            }
            switch deliver(frame) {
            case .moved:
                hasMoved = true
            case .nothing:
                // Its driver is not up, or it is dead.
                traffic.meter.received.drop()
            case .full: return hasMoved ? .moved : .full
            }
            reader.consume()
        }
        return .more
    }

    private func openReader(from sender: Int) -> RingReader? {
        let start = NetworkLayout.ring(from: sender, to: file.slot)
        var status = stat()
        // Anybody can ring with anybody's bit; only a ring that exists can be read.
        guard fstat(file.descriptor, &status) == 0,
            Int64(status.st_size) >= start + Int64(NetworkLayout.ringSize),
            let mapping = try? SharedMapping(file: file.descriptor, offset: start, count: NetworkLayout.ringSize)
        else { return nil }
        return RingReader(mapping)
    }

    private func collectSenders(into waiting: inout Set<Int>) {
        let senders = file.doorbell(file.slot) + NetworkLayout.sendersField
        for index in 0..<NetworkLayout.senderWords {
            let word = file.head.word(senders + 4 * index)
            guard word.pointee.load(ordering: .relaxed) != 0 else { continue }
            var bits = word.pointee.exchange(0, ordering: .acquiringAndReleasing)
            while bits != 0 {
                let sender = index * 32 + bits.trailingZeroBitCount
                bits &= bits &- 1
                if sender < NetworkLayout.slots, sender != file.slot { waiting.insert(sender) }
            }
        }
    }

    private func sleep(on bell: UnsafeMutablePointer<Atomic<UInt32>>, _ ticket: UInt32, for nanoseconds: UInt64) {
        guard !stopping.load(ordering: .sequentiallyConsistent) else { return }
        var limit = timespec(tv_sec: 0, tv_nsec: Int(nanoseconds))
        if linux_futex_wait(bell, ticket, &limit) != 0, errno == EFAULT {
            // The file was cut off under us. Touching the page brings the guard's page of zeroes.
            _ = bell.pointee.load(ordering: .relaxed)
            nanosleep(&limit, nil)
        }
    }
}

/// How long to wait for a guest that has no free buffer: briefly at first, for it is probably at work on it.
struct Patience {
    private var delay: UInt64 = 30_000
    private static let longest: UInt64 = 4_000_000

    /// Nanoseconds.
    mutating func next() -> UInt64 {
        defer { delay = min(delay * 2, Self.longest) }
        return delay
    }
}
