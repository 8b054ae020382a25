// Waits for words on a guest's console. The guest's own thread looks at each line, as soon as it is there and again when it
// is complete: nothing can rush past between two looks of somebody else, and a guest that prints faster than it can be
// read is slowed down by nobody but itself.

import Synchronization

package final class LineWatcher: ConsoleListener {
    /// What was found.
    package enum Find: Equatable, Sendable {
        /// What somebody waited for, in this line.
        case expected(id: Int, line: String)
        /// Lines that the monitor was set on, so many since the last time; the newest.
        case watched(count: Int, line: String)
    }

    fileprivate struct Expectation {
        var id: Int
        var matcher: HeldMatcher
    }

    /// A line and how much of it has been used up by those who waited.
    fileprivate struct Unread {
        var text: [Unicode.Scalar]
        var from: Int
    }

    fileprivate struct State {
        var assembler = LineAssembler()
        var expectations: [Expectation] = []
        var monitor: HeldMatcher?
        /// The line that is open has been told to the monitor's owner already.
        var isOpenLineTold = false
        var openFrom = 0
        /// Lines that came while nobody waited but somebody will; kept only for scripts.
        var unread: [Unread] = []
        var unreadCount = 0
        var isRetaining = false
        var found: [(id: Int, line: String)] = []
        var watched: (count: Int, line: String) = (0, "")
    }

    private let state = Mutex(State())
    private let onFind: @Sendable () -> Void

    /// Characters of old lines that are kept for a script; a wait that comes later than that is too late.
    package static let unreadLimit = 256 << 10

    /// `onFind` is called, on the guest's thread, when there is something to take.
    package init(onFind: @escaping @Sendable () -> Void) { self.onFind = onFind }

    /// The line that stands unfinished when the watcher begins to listen.
    package func begin(_ tail: [UInt8]) {
        state.withLock { state in
            tail.withUnsafeBytes { state.assembler.feed($0, at: 0) { _ in } }
        }
    }

    package func take(_ bytes: UnsafeRawBufferPointer, at time: UInt64) {
        let isNew = state.withLock { state in
            var assembler = state.assembler
            state.assembler = LineAssembler()
            assembler.feed(bytes, at: time) { state.lineEnded($0.text) }
            state.assembler = assembler
            state.look(at: assembler.open)
            return !state.found.isEmpty || state.watched.count > 0
        }
        if isNew { onFind() }
    }

    package func guestEnded() {
        state.withLock { state in
            var assembler = state.assembler
            assembler.finish { state.lineEnded($0.text) }
            state.assembler = LineAssembler()
        }
        onFind()
    }

    // MARK: Orders

    /// Waits for a line with `pattern`: in what is unread, or else from the line on that is open now. The part up to the
    /// end of the match is then read.
    package func expect(_ pattern: Pattern, id: Int, unread: Bool) {
        let isFound = state.withLock { state in
            state.expectations.append(Expectation(id: id, matcher: HeldMatcher(pattern)))
            if unread { state.searchUnread() } else { state.openFrom = 0 }
            state.look(at: state.assembler.open)
            return !state.found.isEmpty
        }
        if isFound { onFind() }
    }

    package func forget(id: Int) { state.withLock { $0.expectations.removeAll { $0.id == id } } }

    /// Whether lines are kept for those who will wait for them.
    package func retain(_ isOn: Bool) {
        state.withLock { state in
            state.isRetaining = isOn
            if !isOn {
                state.unread = []
                state.unreadCount = 0
            }
        }
    }

    /// Tells every line with `pattern` from now on, once; nil ends that.
    package func monitor(_ pattern: Pattern?) {
        state.withLock { state in
            state.monitor = pattern.map(HeldMatcher.init)
            state.isOpenLineTold = false
            state.watched = (0, "")
        }
    }

    /// Nobody wants to know anything.
    package var isIdle: Bool {
        state.withLock { $0.expectations.isEmpty && $0.monitor == nil && !$0.isRetaining }
    }

    /// What was found since the last time, in its order.
    package func takeFinds() -> [Find] {
        state.withLock { state in
            var finds = state.found.map { Find.expected(id: $0.id, line: $0.line) }
            state.found = []
            if state.watched.count > 0 { finds.append(.watched(count: state.watched.count, line: state.watched.line)) }
            state.watched = (0, "")
            return finds
        }
    }
}

extension LineWatcher.State {
    fileprivate mutating func lineEnded(_ text: [Unicode.Scalar]) {
        look(at: text)
        if isRetaining {
            unread.append(LineWatcher.Unread(text: text, from: min(openFrom, text.count)))
            unreadCount += text.count
            if unreadCount > LineWatcher.unreadLimit {
                // Half of it at once, or every line would move all the others.
                let drop = unread.count / 2 + 1
                unreadCount -= unread.prefix(drop).reduce(0) { $0 + $1.text.count }
                unread.removeFirst(drop)
            }
        }
        openFrom = 0
        isOpenLineTold = false
    }

    /// Looks for everything that is wanted in the newest line.
    fileprivate mutating func look(at text: [Unicode.Scalar]) {
        if !isOpenLineTold, monitor != nil, monitor?.firstMatch(in: text) != nil {
            isOpenLineTold = true
            watched = (watched.count + 1, Self.string(text))
        }
        guard !expectations.isEmpty else { return }
        if let end = satisfy(text, from: min(openFrom, text.count)) {
            openFrom = end
            // Whatever came before was passed over.
            unread = []
            unreadCount = 0
        }
    }

    fileprivate mutating func searchUnread() {
        for index in unread.indices {
            guard let end = satisfy(unread[index].text, from: unread[index].from) else { continue }
            unread[index].from = end
            unreadCount -= unread.prefix(index).reduce(0) { $0 + $1.text.count }
            unread.removeFirst(index)
            return
        }
    }

    /// Strikes out what `text` satisfies; returns where the last match ended.
    private mutating func satisfy(_ text: [Unicode.Scalar], from: Int) -> Int? {
        var end: Int?
        var index = 0
        while index < expectations.count {
            if let match = expectations[index].matcher.firstMatch(in: text, from: from) {
                found.append((expectations[index].id, Self.string(text)))
                expectations.remove(at: index)
                end = max(end ?? 0, match.upperBound)
            } else {
                index += 1
            }
        }
        return end
    }

    private static func string(_ text: [Unicode.Scalar]) -> String { ConsoleLine(text: text, time: 0).string }
}

/// A matcher inside the watcher's lock.
// SAFETY: it is made and used only while the lock is held, by one thread at a time, and never handed out.
private struct HeldMatcher: @unchecked Sendable {
    private let matcher: PatternMatcher
    init(_ pattern: Pattern) { matcher = PatternMatcher(pattern) }
    func firstMatch(in text: [Unicode.Scalar], from start: Int = 0) -> Range<Int>? {
        matcher.firstMatch(in: text, from: start)
    }
}
