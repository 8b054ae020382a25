// A guest and its screen, which meet here and nowhere else.

import GuestHost
import Synchronization

package final class Pane: Sendable {
    package let guest: Guest
    package let screen: PaneScreen
    /// Where others may hear what the guest prints.
    package let tap: ConsoleTap
    package let console: PaneConsole
    private let hooks: PaneHooks
    private let launch = Mutex(Launch())
    private let wakeup: Wakeup

    private struct Launch {
        /// Why the last start failed.
        var failure: String?
        var isStarting = false
    }

    package init(_ configuration: GuestConfiguration, size: Size, wakeup: Wakeup, scrollback: Int) {
        let screen = PaneScreen(size: size, wakeup: wakeup, scrollback: scrollback)
        let hooks = PaneHooks(screen: screen, verbose: configuration.verbose, wakeup: wakeup)
        let tap = ConsoleTap(screen, size: size)
        self.screen = screen
        self.tap = tap
        self.wakeup = wakeup
        guest = Guest(
            configuration, console: tap,
            hooks: Guest.Hooks(
                log: { hooks.log($0) },
                onStateChange: { state in
                    if !state.isAlive { tap.guestEnded() }
                    wakeup.ring()
                },
                onInterruptCount: { hooks.countInterrupts($0) }))
        self.hooks = hooks
        console = PaneConsole(
            tap: tap, guest: guest, wakeup: wakeup, tell: { hooks.tell($0) }, note: { screen.note($0) },
            picture: { screen.replay() })
        screen.onReply { [weak guest] in guest?.type($0) }
    }

    package var name: String { guest.configuration.name }

    /// Starts the guest, or starts it again, without making the caller wait.
    package func start() {
        let isFirst = launch.withLock { launch in
            defer { launch.isStarting = true }
            return !launch.isStarting
        }
        guard isFirst else { return }
        inBackground { [self] in
            let mayContinue = guest.state != .configured
            guest.kill()
            guest.waitUntilStopped(within: .seconds(10))
            if mayContinue { screen.startOver() }
            screen.noteBoot()
            var failure: String?
            do { try guest.start() } catch { failure = "\(error)" }
            launch.withLock {
                $0.isStarting = false
                $0.failure = failure
            }
            wakeup.ring()
        }
    }

    /// Gives the guest's screen another size.
    package func resize(to size: Size) {
        guard size.columns > 0, size.rows > 0 else { return }
        screen.resize(to: size)
        tap.resize(to: size)
    }

    /// Types at the guest, in the way that its terminal's modes ask for.
    package func type(_ bytes: [UInt8]) -> Bool {
        let isApplication = bytes.contains(0x1b) && screen.glance().wantsApplicationCursorKeys
        let bytes = isApplication ? applicationCursorKeys(bytes) : bytes
        return guest.type(bytes) == bytes.count
    }

    package var phase: PanePhase {
        let (failure, isStarting) = launch.withLock { ($0.failure, $0.isStarting) }
        let state = guest.state
        if isStarting && !state.isAlive { return .booting }
        switch state {
        case .configured: return failure.map { .failed($0) } ?? .waiting
        case .booting: return .booting
        case .running, .halted: return .running
        case .poweredOff: return failure.map { .failed($0) } ?? .poweredOff
        case .aborted: return .aborted
        case .dead(let reason): return reason == "killed" ? .killed : .dead(reason)
        }
    }

    /// What is new for the message line, and the last count of ^C, if there is a new one.
    package func takeNews() -> (lines: [PaneNews], interrupts: Int?) { hooks.take() }

    /// Whether a capture of any of its networks goes on.
    package var isCapturing: Bool {
        guest.counters.devices.contains {
            if case .network(let figures) = $0.figures { figures.capture != nil } else { false }
        }
    }

    /// Starts a capture of every network of the guest, or ends those that go on. What came of it is news: a slow disk
    /// may take its time.
    package func toggleCapture() {
        inBackground { [self] in
            do throws(LaunchError) {
                let networks = max(1, guest.configuration.networks.count)
                if isCapturing {
                    for network in 0..<networks { try guest.stopCapture(network: network) }
                    hooks.tell(PaneNews("capture ended"))
                } else {
                    let files = (0..<networks).map { captureFile(network: $0) }
                    for (network, file) in files.enumerated() { try guest.startCapture(network: network, to: file) }
                    hooks.tell(PaneNews("capturing to \(files.joined(separator: ", "))"))
                }
            } catch { hooks.tell(PaneNews("\(error)", isBad: true)) }
        }
    }

    /// `puppy-eth0-20261126-124500.pcap`, in the working directory.
    private func captureFile(network: Int) -> String {
        let stem = String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
        return "\(stem)-eth\(network)-\(localTimeStamp()).pcap"
    }

    /// Packets that each of its network cards sent and received.
    package var packetCounts: [(sent: UInt64, received: UInt64)] {
        guest.counters.devices.compactMap {
            if case .network(let figures) = $0.figures { (figures.sent.packets, figures.received.packets) } else { nil }
        }
    }

    package var figures: Figures {
        let counters = guest.counters
        let block = counters.blockTotal
        var figures = Figures()
        figures.dma = counters.hypervisor.dmaSends
        figures.bytesRead = block.bytesRead
        figures.bytesWritten = block.bytesWritten
        figures.diskRequests = block.reads &+ block.writes
        figures.memoryTouched = counters.memoryTouched
        figures.memorySize = counters.memorySize
        let network = counters.networkTotal
        figures.packetsReceived = network.received.packets
        figures.packetsSent = network.sent.packets
        figures.packetsDropped = network.received.drops &+ network.sent.drops
        figures.processorTime = counters.processorNanoseconds
        figures.haltedTime = counters.hypervisor.haltedNanoseconds
        return figures
    }
}

/// One line about a guest for the message line.
package struct PaneNews: Sendable, Equatable {
    package var text: String
    package var isBad: Bool

    package init(_ text: String, isBad: Bool = false) {
        self.text = text
        self.isBad = isBad
    }
}

/// What a guest calls on its own threads; apart from the pane, which cannot exist before its guest.
private final class PaneHooks: Sendable {
    private struct State {
        var lines: [PaneNews] = []
        var interrupts: Int?
    }

    private let state = Mutex(State())
    private let screen: PaneScreen
    private let verbose: Bool
    private let wakeup: Wakeup

    init(screen: PaneScreen, verbose: Bool, wakeup: Wakeup) {
        self.screen = screen
        self.verbose = verbose
        self.wakeup = wakeup
    }

    func log(_ line: String) {
        if verbose { screen.note(line) } else { tell(PaneNews(line, isBad: true)) }
    }

    func tell(_ news: PaneNews) {
        // Only the newest is ever shown; a disk that fails a thousand times a second needs no list.
        state.withLock { $0.lines = [news] }
        wakeup.ring()
    }

    func countInterrupts(_ count: Int) {
        state.withLock { $0.interrupts = count }
        wakeup.ring()
    }

    func take() -> (lines: [PaneNews], interrupts: Int?) {
        state.withLock { state in
            defer { state = State() }
            return (state.lines, state.interrupts)
        }
    }
}

extension GuestConfiguration.Network {
    /// What the cards of guests that can hear each other have in common. A tap of its own leads to the host and to nobody
    /// else here; taps in one bridge meet.
    package func segment(of pane: Int) -> String {
        switch medium {
        case .shared(let path): "file \(path)"
        case .tap(.bridge(let name)): "bridge \(name)"
        case .tap(.host): "host of \(pane)"
        }
    }
}
