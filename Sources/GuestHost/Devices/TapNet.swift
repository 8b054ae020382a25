// A network card whose cable ends in the host. The host has slot 0 and the guest slot 1; the host wants to see every packet, since
// it may be a bridge and pass them on.

import Glibc
import Hypervisor
import I386
import Synchronization

/// Device type 2 on a tap.
final class TapNet: NetworkDevice {
    let card: NetCard
    private let tap: TapInterface
    private let link: TapLink
    private let ids = IDFile()
    /// The hypervisor of this process moves packets without the guest's thread coming out for them; any other one has
    /// its launcher do it.
    private let isEmbedded = Atomic<Bool>(false)
    private let isClosed = Atomic<Bool>(false)

    init(_ card: NetCard, tap: TapInterface) throws(LaunchError) {
        self.card = card
        self.tap = tap
        link = try TapLink(tap: tap, traffic: card.traffic)
    }

    deinit { close() }

    /// The host.
    var peers: Int { 1 }
    var outputKey: DMAKey { DMAKey(card.page.advanced(by: TapLink.hostKey)) }

    var inputDescriptor: Int32? {
        isEmbedded.load(ordering: .relaxed) || isClosed.load(ordering: .relaxed) ? nil : tap.descriptor
    }

    /// H:136 Shows the host's MAC, with the bit that asks for every packet.
    func attach(to lguest: any LguestDevice, memory: GuestMemory) throws(LaunchError) {
        for (index, byte) in tap.hardwareAddress.enumerated() {
            _ = memory.store8(index == 0 ? byte | 1 : byte, at: card.page.advanced(by: UInt32(index)))
        }
        guard let embedded = lguest as? EmbeddedLguest else { return }
        isEmbedded.store(true, ordering: .relaxed)
        embedded.declareShared(card.page.frame, as: link.page, link: link)
        let place = link.page
        try link.start(name: card.owner) { embedded.deliver($0, at: TapLink.guestKey, in: place) }
    }

    func handleOutput(_ buffer: DMABuffer, port: DevicePort) -> UInt32 {
        let pieces = buffer.pieces.map { UnsafeRawBufferPointer($0.bytes) }
        let isSent = pieces.withUnsafeBufferPointer {
            link.willSend($0, count: buffer.count, to: TapLink.hostKey)
            return link.carry($0, count: buffer.count, to: TapLink.hostKey, hasReceiver: false)
        }
        return isSent ? UInt32(buffer.count) : 0
    }

    func deliverInput(port: DevicePort) throws(DeviceFault) -> InputProgress {
        guard let descriptor = inputDescriptor else { return .done }
        while isReadable(descriptor) {
            guard let bound = try port.takeBuffer(for: DMAKey(card.page.advanced(by: TapLink.guestKey))) else {
                return .waitingForGuest
            }
            let vectors = bound.buffer.vectors
            let count = retryingInterrupted { readv(descriptor, vectors, Int32(vectors.count)) }
            guard count > 0 else {
                port.giveBack(bound)
                return .done
            }
            bound.buffer.noteFilled(count, in: port.memory)
            bound.buffer.withPieces(count) { traffic.received($0, count: count) }
            try port.complete(bound, count: count)
        }
        return .done
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) > 0
    }

    func claimID(_ id: UInt16) -> Bool { ids.claim(id) }
    func giveBackID(_ id: UInt16) { ids.giveBack(id) }

    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        link.stop()
        traffic.stopCapture()
        ids.giveBackAll()
    }
}

extension DMABuffer {
    /// Shows the first `limit` bytes of the pieces to `body`.
    func withPieces<Result>(_ limit: Int, _ body: (MessagePieces) -> Result) -> Result {
        var rest = limit
        var filled: [UnsafeRawBufferPointer] = []
        for piece in pieces where rest > 0 {
            let part = min(piece.bytes.count, rest)
            filled.append(UnsafeRawBufferPointer(rebasing: piece.bytes[..<part]))
            rest -= part
        }
        return filled.withUnsafeBufferPointer { body($0) }
    }
}
