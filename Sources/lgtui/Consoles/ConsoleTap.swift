// Between a guest's console and its screen: others may listen here – a recording, something that waits for words, the
// plain output. While nobody does, a write costs one short lock and a copy of a few bytes more than without.

import GuestHost
import Synchronization

/// Hears what a guest prints.
package protocol ConsoleListener: AnyObject, Sendable {
    /// On the guest's own thread, which waits meanwhile; the bytes are valid only during the call.
    func take(_ bytes: UnsafeRawBufferPointer, at time: UInt64)
    /// The pane has another size now.
    func resized(to size: Size, at time: UInt64)
    /// The guest has stopped, for whatever reason; it may start again.
    func guestEnded()
}

extension ConsoleListener {
    package func resized(to size: Size, at time: UInt64) {}
    package func guestEnded() {}
}

package final class ConsoleTap: ConsoleSink {
    private struct State {
        var listeners: [any ConsoleListener] = []
        /// What came after the last line break: whoever begins to listen wants to know what the guest is asking.
        var tail: [UInt8] = []
        var size: Size
    }

    private let sink: any ConsoleSink
    private let state: Mutex<State>
    private let isHeard = Atomic<Bool>(false)
    private let count = Atomic<UInt64>(0)

    private static let tailLimit = 1024

    package init(_ sink: any ConsoleSink, size: Size) {
        self.sink = sink
        state = Mutex(State(size: size))
    }

    /// Bytes printed so far.
    package var printed: UInt64 { count.load(ordering: .relaxed) }
    package var size: Size { state.withLock { $0.size } }
    /// The line that stands unfinished.
    package var tail: [UInt8] { state.withLock { $0.tail } }

    package func write(_ bytes: UnsafeRawBufferPointer) {
        sink.write(bytes)
        state.withLock { keepTail(bytes, in: &$0.tail) }
        count.wrappingAdd(UInt64(bytes.count), ordering: .relaxed)
        guard isHeard.load(ordering: .acquiring) else { return }
        let time = steadyNanoseconds()
        for listener in state.withLock({ $0.listeners }) { listener.take(bytes, at: time) }
    }

    private func keepTail(_ bytes: UnsafeRawBufferPointer, in tail: inout [UInt8]) {
        let last = bytes.suffix(Self.tailLimit)
        if let lineBreak = last.lastIndex(of: 0x0a) {
            tail.replaceSubrange(tail.indices, with: last[(lineBreak + 1)...])
        } else {
            if last.count < bytes.count { tail.removeAll(keepingCapacity: true) }
            tail += last
            if tail.count > 2 * Self.tailLimit { tail.removeFirst(tail.count - Self.tailLimit) }
        }
    }

    /// Lets `listener` hear everything from now on. `begin` gets the unfinished line that stands already, and runs
    /// before anything new is heard.
    package func add(_ listener: some ConsoleListener, begin: ([UInt8]) -> Void = { _ in }) {
        state.withLock { state in
            begin(state.tail)
            state.listeners.append(listener)
            isHeard.store(true, ordering: .releasing)
        }
    }

    package func remove(_ listener: some ConsoleListener) {
        state.withLock { state in
            state.listeners.removeAll { $0 === listener }
            isHeard.store(!state.listeners.isEmpty, ordering: .releasing)
        }
    }

    /// To be called whenever the pane's size may have changed.
    package func resize(to size: Size) {
        let listeners: [any ConsoleListener] = state.withLock { state in
            if state.size == size { return [] }
            state.size = size
            return state.listeners
        }
        guard !listeners.isEmpty else { return }
        let time = steadyNanoseconds()
        for listener in listeners { listener.resized(to: size, at: time) }
    }

    package func guestEnded() {
        state.withLock { $0.tail.removeAll(keepingCapacity: true) }
        for listener in state.withLock({ $0.listeners }) { listener.guestEnded() }
    }
}
