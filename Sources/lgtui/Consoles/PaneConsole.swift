// What can be done with a guest's console besides looking at it: record it, wait for words on it, type a file at it. One
// of these belongs to each pane; the workspace sends it orders and hears what came of them.

import GuestHost
import Synchronization

/// What is to be done with a console.
package enum ConsoleOrder: Equatable, Sendable {
    case record(RecordingRequest)
    case stopRecording
    /// Tells lines with this pattern; nil ends that.
    case watch(Pattern?)
    /// Tells once, under `id`, when the pattern comes: in what no wait has read yet, or from the open line on.
    case expect(Pattern, id: Int, unread: Bool)
    case forget(id: Int)
    /// Keeps what no wait has read yet.
    case retain(Bool)
    /// Types a file; not raw, its line ends become the Enter key.
    case sendFile(String, isRaw: Bool)
    case stopSending
}

/// What came of orders.
package enum ConsoleNews: Equatable, Sendable {
    case found(LineWatcher.Find)
    /// A file has been typed, or that ended early (which was told already).
    case sendingEnded(isComplete: Bool)
}

package final class PaneConsole: Sendable {
    private struct State {
        var recorder: Recorder?
        var watcher: LineWatcher?
        var typist: FileTypist?
        var news: [ConsoleNews] = []
    }

    private let name: String
    private let tap: ConsoleTap
    private let guest: Guest
    private let tell: @Sendable (PaneNews) -> Void
    private let note: @Sendable (String) -> Void
    private let picture: @Sendable () -> [UInt8]
    private let wakeup: Wakeup
    private let state = Mutex(State())

    /// - Parameters:
    ///   - tell: one line for the message line, from any thread.
    ///   - note: one line into the pane itself.
    ///   - picture: what draws the screen as it is now.
    init(
        tap: ConsoleTap, guest: Guest, wakeup: Wakeup, tell: @escaping @Sendable (PaneNews) -> Void,
        note: @escaping @Sendable (String) -> Void, picture: @escaping @Sendable () -> [UInt8]
    ) {
        name = guest.configuration.name
        self.tap = tap
        self.guest = guest
        self.wakeup = wakeup
        self.tell = tell
        self.note = note
        self.picture = picture
    }

    package func carryOut(_ order: ConsoleOrder) {
        switch order {
        case .record(let request): record(request)
        case .stopRecording:
            if let recorder = takeRecorder() {
                inBackground { [self] in end(recorder) }
            } else {
                tell(PaneNews("there is no recording to end", isBad: true))
            }
        case .watch(let pattern):
            if pattern == nil && state.withLock({ $0.watcher == nil }) { return }
            watcher().monitor(pattern)
            dropIdleWatcher()
        case .expect(let pattern, let id, let unread): watcher().expect(pattern, id: id, unread: unread)
        case .forget(let id):
            state.withLock { $0.watcher }?.forget(id: id)
            dropIdleWatcher()
        case .retain(let isOn):
            if isOn { watcher().retain(true) } else { state.withLock { $0.watcher }?.retain(false) }
            if !isOn { dropIdleWatcher() }
        case .sendFile(let path, let isRaw): send(path, isRaw: isRaw)
        case .stopSending:
            if let typist = state.withLock({ $0.typist }) {
                typist.stop()
            } else {
                tell(PaneNews("there is no file on its way", isBad: true))
            }
        }
    }

    package func takeNews() -> [ConsoleNews] {
        let (news, watcher) = state.withLock { state in
            defer { state.news = [] }
            return (state.news, state.watcher)
        }
        guard let watcher else { return news }
        let finds = watcher.takeFinds()
        if !finds.isEmpty { dropIdleWatcher() }
        return news + finds.map(ConsoleNews.found)
    }

    // MARK: Recording

    /// What goes into a file at the moment.
    package var recording: RecordingFormat? { state.withLock { $0.recorder?.format } }

    private func record(_ request: RecordingRequest) {
        if let old = takeRecorder() { end(old, isQuiet: true) }
        do throws(CommandLineError) {
            let recorder = try Recorder(
                request, guest: name, size: tap.size, tail: tap.tail, picture: tap.printed > 0 ? picture() : []
            ) { [weak self] in self?.recordingFailed($0) }
            state.withLock { $0.recorder = recorder }
            tap.add(recorder)
            tell(PaneNews("recording to \(recorder.file)"))
        } catch { tell(PaneNews("\(error)", isBad: true)) }
    }

    private func takeRecorder() -> Recorder? {
        let recorder = state.withLock { state in
            defer { state.recorder = nil }
            return state.recorder
        }
        if let recorder { tap.remove(recorder) }
        return recorder
    }

    private func end(_ recorder: Recorder, isQuiet: Bool = false) {
        if recorder.finish(within: .seconds(5)) {
            if recorder.failure == nil && !isQuiet { tell(PaneNews("recorded to \(recorder.file)")) }
        } else {
            tell(PaneNews("the disk has not taken all of the recording to \(recorder.file) yet", isBad: true))
        }
    }

    /// Told in both places: whoever looks at the pane later must see that the file is not whole.
    private func recordingFailed(_ reason: String) {
        let failed: Recorder? = state.withLock { state in
            // Unless another one has begun meanwhile.
            guard let recorder = state.recorder, recorder.failure != nil else { return nil }
            state.recorder = nil
            return recorder
        }
        if let failed { tap.remove(failed) }
        note("lgtui: \(reason)")
        tell(PaneNews(reason, isBad: true))
    }

    // MARK: Waiting for words

    private func watcher() -> LineWatcher {
        let (watcher, isNew) = state.withLock { state in
            if let watcher = state.watcher { return (watcher, false) }
            let watcher = LineWatcher { [wakeup] in wakeup.ring() }
            state.watcher = watcher
            return (watcher, true)
        }
        if isNew { tap.add(watcher) { watcher.begin($0) } }
        return watcher
    }

    /// A console that nobody watches should cost nothing. Orders come from one thread, so nothing begins meanwhile.
    private func dropIdleWatcher() {
        let idle: LineWatcher? = state.withLock { state in
            guard let watcher = state.watcher, watcher.isIdle else { return nil }
            state.news += watcher.takeFinds().map(ConsoleNews.found)
            state.watcher = nil
            return watcher
        }
        if let idle { tap.remove(idle) }
    }

    // MARK: Typing files

    /// How much of the file has been typed, in percent; nil when there is none on its way.
    package var sending: Int? { state.withLock { $0.typist }?.percent }

    private func send(_ path: String, isRaw: Bool) {
        do throws(CommandLineError) {
            if state.withLock({ $0.typist != nil }) {
                throw CommandLineError("another file is on its way: stop-sending ends it")
            }
            let typist = try FileTypist(path, isRaw: isRaw)
            state.withLock { $0.typist = typist }
            let isStarted = startInBackground { [self] in
                let ending = typist.run(guest)
                tell(PaneNews(ending.text, isBad: !ending.isComplete))
                state.withLock { state in
                    state.typist = nil
                    state.news.append(.sendingEnded(isComplete: ending.isComplete))
                }
                wakeup.ring()
            }
            if !isStarted {
                state.withLock { $0.typist = nil }
                throw CommandLineError("cannot start a thread to type \(path)")
            }
        } catch {
            tell(PaneNews("\(error)", isBad: true))
            state.withLock { $0.news.append(.sendingEnded(isComplete: false)) }
        }
    }

    /// At the end of the program, when the guest has stopped: nothing that it said may be missing in a file.
    package func finish() {
        state.withLock { $0.typist }?.stop()
        if let recorder = takeRecorder() { end(recorder, isQuiet: true) }
    }
}
