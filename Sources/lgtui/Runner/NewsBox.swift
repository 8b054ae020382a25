// Where work in the background leaves what it has to say, until the main thread comes by.

import Synchronization

package final class NewsBox: Sendable {
    private let lines = Mutex<[PaneNews]>([])
    private let wakeup: Wakeup

    package init(wakeup: Wakeup) { self.wakeup = wakeup }

    /// From any thread.
    package func add(_ line: PaneNews) {
        lines.withLock { $0.append(line) }
        wakeup.ring()
    }

    package func take() -> [PaneNews] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}
