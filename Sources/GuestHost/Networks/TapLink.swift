// A guest's cable to the host. What the guest sends goes into the tap at once, on its own thread; what the host sends waits in the
// kernel's queue until a thread here finds a buffer of the guest for it. The kernel's queue is bounded, and the kernel
// counts what did not fit.

import CLinux
import Glibc
import Hypervisor
import Synchronization

/// The link behind the page of a tap device.
package final class TapLink: SharedPageLink, Sendable {
    /// The host's slot and the guest's on a network of two.
    package static let hostSlot = 0
    package static let guestSlot = 1
    package static let hostKey: UInt32 = 0
    package static let guestKey: UInt32 = 4
    /// The longest frame that a tap may hand out.
    package static let longestFrame = 65_536

    package let page = SharedPage.unique()
    private let tap: TapInterface
    private let traffic: Traffic
    private let bell: Int32
    private let stopping = Atomic<Bool>(false)
    private let isFinished = Monitor(true)
    /// What the kernel had dropped when the device began, and how much of its count is in our figures.
    private let kernelDrops = Mutex(UInt64(0))

    package init(tap: TapInterface, traffic: Traffic) throws(LaunchError) {
        self.tap = tap
        self.traffic = traffic
        bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard bell >= 0 else { throw .system("cannot create an eventfd", errno: errno) }
    }

    deinit { close(bell) }

    package func hasBacklog(to offset: UInt32) -> Bool { false }

    package func willSend(_ pieces: MessagePieces, count: Int, to offset: UInt32) {
        traffic.willSend(pieces, count: count, to: Self.hostSlot)
    }

    package func didSend(count: Int) {}

    package func didReceive(_ pieces: MessagePieces, count: Int) { traffic.received(pieces, count: count) }

    /// H:196 Sends a frame to the host. The kernel takes it whole or not at all, and never makes us wait.
    package func carry(_ pieces: MessagePieces, count: Int, to offset: UInt32, hasReceiver: Bool) -> Bool {
        let written =
            offset != Self.hostKey
            ? -1
            : withUnsafeTemporaryAllocation(of: iovec.self, capacity: max(pieces.count, 1)) { vectors in
                for (index, piece) in pieces.enumerated() {
                    vectors.initializeElement(
                        at: index,
                        to: iovec(iov_base: UnsafeMutableRawPointer(mutating: piece.baseAddress), iov_len: piece.count))
                }
                return retryingInterrupted { writev(tap.descriptor, vectors.baseAddress, Int32(pieces.count)) }
            }
        guard written == count else {
            traffic.meter.sent.drop()
            return false
        }
        traffic.meter.sent.note(count)
        return true
    }

    package func start(
        name: String, deliver: @escaping @Sendable (UnsafeRawBufferPointer) -> Delivery
    ) throws(LaunchError) {
        isFinished.withLock { $0 = false }
        let failure = startThread(named: "tap " + name, stackBytes: 256 << 10) { [self] in
            receive(deliver)
            isFinished.withLock { $0 = true }
        }
        guard failure == 0 else {
            isFinished.withLock { $0 = true }
            throw .system("cannot start a thread for the tap of guest '\(name)'", errno: failure)
        }
    }

    package func stop() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        eventfd_write(bell, 1)
        _ = isFinished.wait(within: .seconds(10)) { $0 }
    }

    /// H:198 The thread: one frame in hand, the rest in the kernel's queue.
    private func receive(_ deliver: (UnsafeRawBufferPointer) -> Delivery) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.longestFrame, alignment: 16)
        defer { room.deallocate() }
        var count = 0
        var patience = Patience()
        while !stopping.load(ordering: .sequentiallyConsistent) {
            if count == 0 {
                count = retryingInterrupted { read(tap.descriptor, room.baseAddress, room.count) }
                guard count > 0 else {
                    // An interface that was taken down reads as an error until it is up again.
                    let isDown = count < 0 && errno != EAGAIN
                    count = 0
                    noteKernelDrops()
                    wait(forInput: !isDown, nanoseconds: isDown ? 100_000_000 : nil)
                    continue
                }
            }
            switch deliver(UnsafeRawBufferPointer(rebasing: room[..<count])) {
            case .moved:
                count = 0
                patience = Patience()
            case .nothing:
                traffic.meter.received.drop()
                count = 0
            case .full:
                wait(forInput: false, nanoseconds: patience.next())
            }
        }
        noteKernelDrops()
    }

    private func wait(forInput: Bool, nanoseconds: UInt64?) {
        var requests = [
            pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
            pollfd(fd: tap.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard let nanoseconds else {
            _ = linux_ppoll(&requests, forInput ? 2 : 1, nil)
            return
        }
        var limit = timespec(tv_sec: 0, tv_nsec: Int(nanoseconds))
        _ = linux_ppoll(&requests, forInput ? 2 : 1, &limit)
    }

    private func noteKernelDrops() {
        let now = tap.droppedByKernel()
        kernelDrops.withLock { known in
            if now > known { traffic.meter.received.drop(now - known) }
            known = now
        }
    }
}
