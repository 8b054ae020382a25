// An array of buffers that a guest put out for input. Its own launcher fills them, or another guest does, on another
// thread: so this is the one place where one guest's thread writes another guest's memory, and it has its own lock.

import Glibc
import I386
import Synchronization

// H:640
/// What BIND_DMA made: buffers at a place, with a line to raise.
///
/// The lock is held for one transfer of at most 64 KiB and never while waiting for anyone, so a receiver that does not
/// empty its buffers costs its senders nothing but a look at them.
final class DMABinding: Sendable {
    let place: DMAPlace
    let owner: Mailbox
    let array: GuestPhysical
    let count: UInt16
    let irq: IRQ
    /// Who wants to see what arrives.
    private let link: (any SharedPageLink)?

    private struct Cursor {
        /// Where to look first: the buffer after the one that was filled last.
        var next = 0
        /// Whether the last buffer of the array was filled in this turn through it.
        var isAtEnd = false
        /// False once it is unbound: a sender that found it a moment ago must not write any more.
        var isOpen = true
    }
    private let cursor = Mutex(Cursor())

    init(
        place: DMAPlace, owner: Mailbox, array: GuestPhysical, count: UInt16, irq: IRQ,
        link: (any SharedPageLink)? = nil
    ) {
        self.place = place
        self.owner = owner
        self.array = array
        self.count = count
        self.irq = irq
        self.link = link
    }

    /// Closes the binding. When this returns, no transfer into it is under way or will ever be.
    func close() { cursor.withLock { $0.isOpen = false } }

    private func buffer(_ index: Int) -> GuestPhysical {
        // 32-bit wrap-around is caught by the bounds check of whoever reads there.
        GuestPhysical(array.rawValue &+ UInt32(truncatingIfNeeded: index * DMAList.size))
    }

    private enum Search {
        case free(index: Int)
        case none
        case bad(GuestPhysical)
    }

    /// The first buffer from `start`, going around, whose `used_len` is zero.
    private func search(from start: Int) -> Search {
        let count = Int(count)
        for step in 0..<count {
            let index = (start + step) % count
            let address = buffer(index)
            guard UInt64(address.rawValue) + UInt64(DMAList.size) <= owner.limit,
                let used = owner.memory.load32(at: address)
            else { return .bad(address) }
            if used == 0 { return .free(index: index) }
        }
        return .none
    }

    /// The next buffer for a message from elsewhere. Drivers look through the array from its first buffer to its last, so
    /// ours is the order in which they find messages only until we begin at the front again: not before the last one is
    /// empty, or a newer message would lie before an older one. (TCP takes that for loss, and slows down.)
    private func room(_ cursor: Cursor) -> Search {
        if cursor.isAtEnd, let used = owner.memory.load32(at: buffer(Int(count) - 1)), used != 0 { return .none }
        return search(from: cursor.next)
    }

    // H:645
    /// For the launcher: takes a free buffer, and leaves the line in its `used_len`.
    /// - Returns: nil when no buffer is free.
    func takeForLauncher() throws(GuestDeath) -> GuestPhysical? {
        try cursor.withLock { (_) throws(GuestDeath) -> GuestPhysical? in
            switch search(from: 0) {
            case .none: return nil
            case .bad(let address): throw .badDMABuffer(address.rawValue)
            case .free(let index):
                _ = owner.memory.store32(irq.rawValue, at: buffer(index))
                return buffer(index)
            }
        }
    }

    enum Outcome: Equatable {
        /// Bytes moved, and the receiver knows.
        case moved(UInt32)
        /// No free buffer; the receiver was told that it is wanted.
        case full
        /// Nothing moved, and the sender learns no more: the binding is gone, or the receiver just died of it.
        case nothing
    }

    // H:650
    /// For another guest: moves what `list` describes into a free buffer and raises the line.
    /// - Throws: the death of the *sender*, when its list is bad. A bad buffer is the death of the receiver.
    func receive(_ list: DMAList, from sender: Mailbox) throws(GuestDeath) -> Outcome {
        try receive { (target) throws(GuestDeath) -> UInt32? in
            if let bad = list.firstBadPiece(limit: sender.limit) {
                throw .badDMAPiece(length: UInt32(bad.length), address: bad.address.rawValue)
            }
            let moved = DMAList.copy(list, in: sender.memory, to: target, in: owner.memory)
            // Nothing fits into a buffer without pieces. Only an empty message may arrive as one.
            guard moved != 0 || list.count == 0 else { return nil }
            return moved
        }
    }

    /// For the world outside of this process: the same, with bytes that lie in the host's memory.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Delivery {
        let outcome = receive { (target) -> UInt32? in
            let moved = target.scatter(bytes, in: owner.memory)
            return moved != 0 ? moved : nil
        }
        switch outcome {
        case .moved(let count): return .moved(count)
        case .full: return .full
        case .nothing: return .nothing
        }
    }

    /// Finds a buffer, lets `fill` put bytes into it, and tells the guest.
    private func receive<Failure: Error>(
        _ fill: (DMAList) throws(Failure) -> UInt32?
    ) throws(Failure) -> Outcome {
        let outcome = try cursor.withLock { (cursor) throws(Failure) -> Outcome in
            guard cursor.isOpen, !owner.isDead else { return .nothing }
            switch room(cursor) {
            case .none: return .full
            case .bad(let address):
                owner.kill(.badDMABuffer(address.rawValue))
                return .nothing
            case .free(let index):
                guard let target = DMAList(at: buffer(index), in: owner.memory) else { return .nothing }
                if let bad = target.firstBadPiece(limit: owner.limit) {
                    owner.kill(.badDMAPiece(length: UInt32(bad.length), address: bad.address.rawValue))
                    return .nothing
                }
                guard let moved = try fill(target) else { return .nothing }
                // Before the guest knows: afterwards the bytes are its own, to change as it likes.
                if let link {
                    target.prefix(Int(moved)).withPieces(in: owner.memory) { link.didReceive($0, count: Int(moved)) }
                }
                // The receiver polls this word: it must not see the count before it sees the bytes.
                atomicMemoryFence(ordering: .releasing)
                _ = owner.memory.store32(moved, at: buffer(index))
                cursor.isAtEnd = index == Int(count) - 1
                cursor.next = cursor.isAtEnd ? 0 : index + 1
                return .moved(moved)
            }
        }
        switch outcome {
        case .moved(let bytes):
            owner.bank.dmaBytesReceived.wrappingAdd(UInt64(bytes), ordering: .relaxed)
            owner.raise(irq)
        case .full: owner.raise(irq)
        case .nothing: break
        }
        return outcome
    }

    /// Gives the receiver a moment to empty a buffer: some turns of the scheduler, whatever the receiver does. On a busy
    /// machine a turn is long, and one must do.
    func giveChance() {
        let deadline = HostTime.monotonic() &+ 200_000
        for _ in 0..<16 {
            sched_yield()
            if case .free = cursor.withLock({ room($0) }) { return }
            if HostTime.monotonic() > deadline { return }
        }
    }
}
