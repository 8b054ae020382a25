// Keys come from the user's thread, the guest takes them on its own, at its own pace. Between the two lies this queue. The
// original launcher had none: what arrived while the guest's single buffer was full went to /dev/null, with a warning.

import Synchronization

/// Console input on its way to a guest. Any thread may add, the guest's thread takes.
package final class ConsoleInput: Sendable {
    /// Enough for the largest paste that anybody means. What does not fit is refused, not dropped.
    package static let capacity = 1 << 20

    private struct State {
        var bytes: [UInt8] = []
        var head = 0
        var isOpen = false
        var count: Int { bytes.count - head }
    }

    private let state = Mutex(State())

    package init() {}

    /// Opens or closes the queue; either way it is empty afterwards. A closed queue takes nothing.
    package func reset(open: Bool) {
        state.withLock { $0 = State(isOpen: open) }
    }

    /// Queues as much as fits and returns how much that was.
    package func add(_ input: some Collection<UInt8>) -> Int {
        state.withLock { state in
            guard state.isOpen else { return 0 }
            let accepted = min(input.count, Self.capacity - state.count)
            state.bytes.append(contentsOf: input.prefix(accepted))
            return accepted
        }
    }

    package var count: Int { state.withLock { $0.count } }

    /// Shows the waiting bytes to `body`, which returns how many of them it took.
    package func take(_ body: (UnsafeRawBufferPointer) -> Int) -> Int {
        state.withLock { state in
            guard state.count > 0 else { return 0 }
            let taken = state.bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[state.head...])) }
            state.head += min(max(taken, 0), state.count)
            // Move the rest down only when at least half is gone: each byte is moved at most twice on average.
            if state.head * 2 >= state.bytes.count {
                state.bytes.removeFirst(state.head)
                state.head = 0
            }
            return taken
        }
    }
}
