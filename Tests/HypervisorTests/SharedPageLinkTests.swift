// What lies behind a shared page: a pretended link that takes what the hypervisor cannot deliver.

import Hypervisor
import I386
import Synchronization
import SystemPackage
import Testing

/// The order of events on several links.
private final class Journal: Sendable {
    let entries = Mutex<[String]>([])
    func note(_ entry: String) { entries.withLock { $0.append(entry) } }
}

/// Remembers everything.
private final class RecordingLink: SharedPageLink {
    struct Seen {
        var carried: [(bytes: [UInt8], offset: UInt32, hasReceiver: Bool)] = []
        var sent: [[UInt8]] = []
        var moved: [Int] = []
        var received: [[UInt8]] = []
        var hasBacklog = false
        var takes = true
    }
    let seen = Mutex(Seen())
    private let journal: Journal?

    init(journal: Journal? = nil) { self.journal = journal }

    private func all(_ pieces: MessagePieces) -> [UInt8] { pieces.flatMap { Array($0) } }

    func hasBacklog(to offset: UInt32) -> Bool { seen.withLock { $0.hasBacklog } }
    func carry(_ pieces: MessagePieces, count: Int, to offset: UInt32, hasReceiver: Bool) -> Bool {
        seen.withLock {
            $0.carried.append((all(pieces), offset, hasReceiver))
            return $0.takes
        }
    }
    func willSend(_ pieces: MessagePieces, count: Int, to offset: UInt32) {
        journal?.note("will send")
        seen.withLock { $0.sent.append(all(pieces)) }
    }
    func didSend(count: Int) { seen.withLock { $0.moved.append(count) } }
    func didReceive(_ pieces: MessagePieces, count: Int) {
        journal?.note("did receive")
        seen.withLock { $0.received.append(all(pieces)) }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct SharedPageLinkTests {
    private let keys = SharedKeys()
    private let page = SharedPage(device: 1, inode: 2, page: 0)
    private let key = Place.sharedPage + 4
    private let hello = Array("Hello, neighbour; ho".utf8)

    private func sender(_ link: RecordingLink) throws -> Machine {
        let machine = try Machine(keys: keys) {
            $0.report(1)
            $0.label("again")
            $0.store(0, at: Place.buffers)
            $0.hypercall(13, key, Place.buffers)
            $0.load(.esi, at: Place.buffers)
            $0.report(.esi)
            $0.jump("again")
        }
        machine.lguest.declareShared(PageFrame(Place.sharedPage / onePage), as: page, link: link)
        try machine.load(hello, at: Place.scratch)
        machine.pokeDMA(Place.buffers, [(Place.scratch, 5), (Place.scratch + 5, 15)])
        return machine
    }

    private func receiver(_ link: RecordingLink) throws -> Machine {
        let machine = try Machine(keys: keys) {
            $0.hypercall(12, key, Place.buffers, 1 << 8 | 3)
            $0.report(1)
            $0.hypercall(10)
        }
        machine.lguest.declareShared(PageFrame(Place.sharedPage / onePage), as: page, link: link)
        machine.pokeDMA(Place.buffers, [(Place.scratch, 16), (Place.scratch + 32, 16)])
        return machine
    }

    @Test func messageWithoutReceiverGoesToTheLink() throws {
        let link = RecordingLink()
        let sender = try sender(link)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 20)
        link.seen.withLock { $0.takes = false }
        #expect(try sender.next() == 0)
        let carried = link.seen.withLock { $0.carried }
        #expect(carried.map(\.bytes) == [hello, hello])
        #expect(carried.map(\.offset) == [4, 4])
        #expect(carried.allSatisfy { !$0.hasReceiver })
    }

    @Test func messageToANeighbourIsSeenByBothLinksAndCarriedByNone() throws {
        let journal = Journal()
        let (theirs, ours) = (RecordingLink(journal: journal), RecordingLink(journal: journal))
        let (receiver, sender) = (try receiver(theirs), try sender(ours))
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 20)
        // In this order, or a capture would show the answer before the question.
        #expect(journal.entries.withLock { $0 } == ["will send", "did receive"])
        #expect(ours.seen.withLock { $0.sent } == [hello])
        #expect(ours.seen.withLock { $0.moved } == [20])
        #expect(theirs.seen.withLock { $0.received } == [hello])
        #expect(ours.seen.withLock { $0.carried.isEmpty })
    }

    @Test func fullNeighbourAndBacklogSendTheMessageThroughTheLink() throws {
        let link = RecordingLink()
        let (receiver, sender) = (try receiver(RecordingLink()), try sender(link))
        #expect(try receiver.first() == 1)
        #expect(try sender.first() == 1)
        #expect(try sender.next() == 20)
        #expect(try sender.next() == 20)
        #expect(link.seen.withLock { $0.carried.map(\.hasReceiver) } == [true])
        // The buffer is free again, but what came before has not arrived yet.
        receiver.poke(Place.buffers, 0)
        link.seen.withLock { $0.hasBacklog = true }
        #expect(try sender.next() == 20)
        #expect(receiver.peek(Place.buffers) == 0)
        #expect(link.seen.withLock { $0.carried.count } == 2)
        link.seen.withLock { $0.hasBacklog = false }
        #expect(try sender.next() == 20)
        #expect(receiver.peek(Place.buffers) == 20)
    }

    @Test func bytesFromOutsideAreScatteredAndAnnounced() throws {
        let link = RecordingLink()
        let receiver = try receiver(link)
        #expect(try receiver.first() == 1)
        let bytes = (0..<40).map { UInt8($0) }
        func deliver() -> Delivery { bytes.withUnsafeBytes { receiver.lguest.deliver($0, at: 4, in: page) } }
        #expect(deliver() == .moved(32))
        #expect(deliver() == .full)
        #expect(bytes.withUnsafeBytes { receiver.lguest.deliver($0, at: 8, in: page) } == .nothing)
        #expect(receiver.peek(Place.buffers) == 32)
        #expect(
            receiver.memory.bytes(at: GuestPhysical(Place.scratch + 32), count: 16).map { Array($0) } == Array(16..<32))
        #expect(link.seen.withLock { $0.received } == [Array(0..<32)])
    }

    @Test func badListIsTheSendersDeathWithALinkToo() throws {
        let sender = try sender(RecordingLink())
        sender.pokeDMA(Place.buffers, [(Place.memorySize - 8, 16)])
        #expect(try sender.first() == 1)
        #expect(throws: Errno.noSuchFileOrDirectory) { try sender.next() }
        guard case .badDMAPiece? = sender.lguest.death else {
            Issue.record("not dead of its list")
            return
        }
    }

    @Test func refusedIDsAreNotUsed() {
        let ids = GuestIDs(limit: 10)
        #expect(ids.take { $0 > 2 } == 3)
        #expect(ids.take() == 0)
        #expect(ids.take { $0 >= 3 } == 4)
        #expect(ids.take { _ in false } == nil)
        ids.giveBack(3)
        #expect(ids.take { $0 > 2 } == 3)
    }
}
