// A demo guest with somebody at its console: everything it prints goes to a screen and into a transcript, the terminal's
// answers are typed back, and tests wait for words to appear.

import CDemoGuest
import GuestHost
import Hypervisor
import TerminalCore
import Testing

final class DemoConsole: ConsoleSink {
    /// Long enough for a debug build on a busy machine; nothing waits this long on a good day.
    static let patience = Duration.seconds(60)

    private struct Content {
        let terminal = Terminal(columns: 80, rows: 24)
        var transcript: [UInt8] = []
        var guest: Guest?
    }

    private let content = Monitor(Content())

    static var kernel: KernelSource {
        let image = UnsafeRawBufferPointer(start: lgtui_demo_guest_image(), count: lgtui_demo_guest_size())
        return .bytes(name: "demo", [UInt8](image))
    }

    /// Boots a demo guest; its prompt is `demo> `.
    static func boot(
        _ dialect: Dialect = .linux2623, memory: String = "16m", disks: [GuestConfiguration.Disk] = [],
        networks: [GuestConfiguration.Network] = [], arguments: [String] = []
    ) throws -> DemoConsole {
        let console = DemoConsole()
        let guest = Guest(
            GuestConfiguration(
                name: "demo", memory: try MemorySize(memory), kernel: kernel, dialect: dialect, disks: disks,
                devices: networks.map { .network($0) }, arguments: arguments),
            console: console)
        console.content.withLock { $0.guest = guest }
        try guest.start()
        return console
    }

    var guest: Guest? { content.withLock { $0.guest } }

    func write(_ bytes: UnsafeRawBufferPointer) {
        let (replies, guest) = content.withLock { content in
            content.terminal.feed(bytes)
            content.transcript += bytes
            return (content.terminal.takeReplies(), content.guest)
        }
        if !replies.isEmpty { guest?.type(replies) }
    }

    // MARK: At the console

    func type(_ text: String) { guest?.type(Array(text.utf8)) }

    /// Carriage returns go: to a String, one with its line feed is a single character, which nobody expects to match.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.filter { $0 != 13 }, as: UTF8.self)
    }

    /// Everything printed so far.
    var transcript: String { content.withLock { Self.text($0.transcript[...]) } }

    /// The screen as a person sees it.
    var screen: String { content.withLock { ScreenText.plain($0.terminal) } }

    /// Waits until `words` are somewhere in the transcript.
    func waitFor(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let came = content.wait(within: Self.patience) { Self.text($0.transcript[...]).contains(words) }
        #expect(came, "'\(words)' never came; there is:\n\(transcript)", sourceLocation: sourceLocation)
    }

    /// Waits until `condition` holds for the screen.
    func waitForScreen(
        _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: (String) -> Bool
    ) {
        let came = content.wait(within: Self.patience) { condition(ScreenText.plain($0.terminal)) }
        #expect(came, "\(what); the screen is:\n\(screen)", sourceLocation: sourceLocation)
    }

    /// Types a command at the prompt and returns what it prints until the next prompt.
    @discardableResult
    func run(_ command: String, prompt: String = "demo> ", sourceLocation: SourceLocation = #_sourceLocation) -> String
    {
        waitFor(prompt, sourceLocation: sourceLocation)
        let start = content.withLock { $0.transcript.count }
        type(command + "\r")
        let ending = Array("\n\(prompt)".utf8)
        let came = content.wait(within: Self.patience) {
            $0.transcript[start...].suffix(ending.count).elementsEqual(ending)
        }
        let output = content.withLock { Self.text($0.transcript[start...]) }
        #expect(came, "no prompt after '\(command)'; it printed:\n\(output)", sourceLocation: sourceLocation)
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropFirst().dropLast().joined(separator: "\n")
    }

    /// Waits for the guest's end and says how it came.
    func end(sourceLocation: SourceLocation = #_sourceLocation) -> GuestState {
        guard let guest else { return .configured }
        #expect(
            guest.waitUntilStopped(within: Self.patience), "still alive; there is:\n\(transcript)",
            sourceLocation: sourceLocation)
        return guest.state
    }

    /// For tests that are done with it.
    func dispose() {
        guest?.kill()
        guest?.waitUntilStopped(within: Self.patience)
        content.withLock { $0.guest = nil }
    }
}
