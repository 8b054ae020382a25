// The console: bytes out, bytes in. Output is simple. Input has to wait for a guest that binds one small buffer, reads it when it
// likes, and tells nobody; so the console offers what it has each time it is asked and otherwise keeps it.

import Glibc
import Hypervisor
import I386
import Synchronization

/// Where a guest's console output goes.
public protocol ConsoleSink: AnyObject, Sendable {
    /// Called on the guest's thread with bytes that are valid only during the call. The guest waits meanwhile.
    func write(_ bytes: UnsafeRawBufferPointer)
}

/// Device type 1.
package final class Console: HostDevice {
    package let name = "console"
    package let outputKey: DMAKey
    private let inputKey = DMAKey(GuestPhysical(0))
    private let sink: any ConsoleSink
    private let queue: ConsoleInput
    /// A descriptor to read input from, besides the queue; -1 for none. Owned, and closed when it ends.
    private let descriptor: Atomic<Int32>
    /// Sees each piece of input as it arrives from the descriptor, before the guest does.
    private let observe: @Sendable ([UInt8]) -> Void
    private let log: @Sendable (String) -> Void
    private let figures = Mutex(ConsoleCounters())

    /// - Parameters:
    ///   - queue: keys from other threads; it outlives this console.
    ///   - input: a descriptor to read as well; duplicated.
    package init(
        dialect: Dialect, sink: any ConsoleSink, queue: ConsoleInput, input: Int32? = nil,
        observe: @escaping @Sendable ([UInt8]) -> Void = { _ in }, log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        // In February 2007 the two directions had keys of their own; later key 0 served both, since a guest never
        // receives what it sent.
        outputKey = DMAKey(GuestPhysical(dialect == .mm2007 ? 4 : 0))
        self.sink = sink
        self.queue = queue
        descriptor = Atomic(input.map { fcntl($0, F_DUPFD_CLOEXEC, 0) } ?? -1)
        self.observe = observe
        self.log = log
    }

    deinit { close() }

    package var inputDescriptor: Int32? {
        let value = descriptor.load(ordering: .acquiring)
        return value >= 0 ? value : nil
    }

    package var hasPendingInput: Bool { queue.count > 0 || inputDescriptor != nil }

    package var counters: DeviceCounters {
        var counters = figures.withLock { $0 }
        counters.inputWaiting = queue.count
        return DeviceCounters(name: name, irq: nil, figures: .console(counters))
    }

    /// H:158 Hands the guest's output to whoever shows it. No buffering: the guest did that, if it wanted to.
    package func handleOutput(_ buffer: DMABuffer, port: DevicePort) -> UInt32 {
        for piece in buffer.pieces { sink.write(UnsafeRawBufferPointer(piece.bytes)) }
        figures.withLock {
            $0.writes += 1
            $0.bytesOut += UInt64(buffer.count)
        }
        return UInt32(buffer.count)
    }

    /// H:160 Fills the guest's buffer from the queue, or from the descriptor when the queue is empty.
    package func deliverInput(port: DevicePort) throws(DeviceFault) -> InputProgress {
        while queue.count > 0 || descriptorIsReady {
            guard let bound = try port.takeBuffer(for: inputKey) else { return .waitingForGuest }
            guard bound.buffer.count > 0 else {
                port.giveBack(bound)
                return .waitingForGuest
            }
            var delivered = queue.take { bound.buffer.fill(from: $0, in: port.memory) }
            if delivered == 0 { delivered = readDescriptor(into: bound.buffer, port: port) }
            guard delivered > 0 else {
                // Nothing was there after all, or the descriptor has just ended; either way nobody waits for us.
                port.giveBack(bound)
                return .done
            }
            figures.withLock {
                $0.reads += 1
                $0.bytesIn += UInt64(delivered)
            }
            try port.complete(bound, count: delivered)
        }
        return .done
    }

    /// Whether a read would not block. End of file and errors count as ready: the read finds out.
    private var descriptorIsReady: Bool {
        guard let descriptor = inputDescriptor else { return false }
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) > 0
    }

    /// One read into the guest's buffer. At end of file the descriptor is dropped, and the guest lives on without.
    private func readDescriptor(into buffer: DMABuffer, port: DevicePort) -> Int {
        guard let descriptor = inputDescriptor else { return 0 }
        let vectors = buffer.vectors
        let count = retryingInterrupted { readv(descriptor, vectors, Int32(vectors.count)) }
        if count > 0 {
            buffer.noteFilled(count, in: port.memory)
            if count == 1, let first = buffer.pieces.first?.bytes.first { observe([first]) } else { observe([]) }
            return count
        }
        if count < 0, errno == EAGAIN { return 0 }
        log("console: " + (count == 0 ? "input ended" : "input failed: \(errorText(errno))") + ", going on without")
        close()
        return 0
    }

    package func close() {
        let old = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if old >= 0 { Glibc.close(old) }
    }
}
