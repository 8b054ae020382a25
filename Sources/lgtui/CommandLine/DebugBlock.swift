// `lgtui debug block`: one block followed from the guest's bytes to ours, live. The guest boots as it would under `lgtui run`,
// and as soon as the code that was asked for is hot enough to be translated, its translation is shown and the guest
// has done its duty.

import ArgumentParser
import Glibc
import GuestHost

package struct DebugBlock: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Boot a guest until the code at an address is hot, and print what it was translated to.",
        usage: "lgtui debug block [options] ADDRESS|SYMBOL [MEM KERNEL [options] [kernel args…]]",
        discussion: """
            Prints the instructions of the trace that the address is part of, and the host code, with a line on what each
            part is for; docs/translator.md explains how to read it. Without a guest it takes the demo guest.

              lgtui debug block --symbols System.map memcpy 32m bzImage --initrd=initrd.gz console=hvc0
              lgtui run --profile=hot.txt 16m demo     the column `hottest` has addresses worth looking at

            Exit status: 0 it was printed, 1 the code did not become hot in time, or there is no such symbol.
            """)

    @Option(help: ArgumentHelp("How long to wait for the code to become hot.", valueName: "seconds"))
    package var seconds = 20

    @Option(
        name: .customLong("type"),
        help: ArgumentHelp("Type this at the guest's console; \\r is the return key.", valueName: "text"))
    package var typed: String?

    @Option(help: ArgumentHelp("A System.map or vmlinux, when the kernel has no symbols.", valueName: "file"))
    package var symbols: String?

    @Flag(name: .shortAndLong, help: "Show what the guest prints, on standard error.")
    package var verbose = false

    @Argument(help: ArgumentHelp("The address in hexadecimal, or a symbol.", valueName: "address"))
    package var place: String

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Memory, kernel, and what belongs to them, as for `lgtui run`.", valueName: "guest"),
        completion: .custom { _, _, prefix in GuestArguments.completions(of: prefix) })
    package var words: [String] = []

    package init() {}

    package mutating func run() throws {
        let (words, place, symbolFile) = (words, place, symbols)
        let guests = try Failure.catching { () throws(UsageError) in
            try GuestArguments.parse(
                words.isEmpty ? ["16m", KernelChoice.demoName] : words, defaults: GuestDefaults())
        }
        guard guests.count == 1, var guest = guests.first else {
            try Failure.catching { () throws(UsageError) in throw UsageError("one guest is enough for one block") }
            return
        }
        let symbols = try Failure.catching { () throws(LaunchError) in
            try SymbolTable(file: symbolFile, kernel: guest.kernel)
        }
        let addresses = Self.addresses(place, symbols)
        guard let address = addresses.first else {
            let advice =
                symbols.isEmpty
                ? "\(symbols.origin) has no symbols: write an address, or name a System.map with --symbols"
                : "\(symbols.origin) knows \(symbols.count) functions"
            StandardError.say("lgtui: there is no function `\(place)`: \(advice)".onOneLine)
            throw ExitCode(ExitStatus.failure)
        }
        guard addresses.count == 1 else {
            let all = addresses.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
            StandardError.say("lgtui: there is more than one function `\(place)`: write one of \(all)".onOneLine)
            throw ExitCode(ExitStatus.failure)
        }
        let watch = GuestConfiguration.BlockWatch(address: .init(address))
        guest.watch = watch
        guest.profile = GuestConfiguration.Profile()
        try show(guest, watch, name(of: address, symbols))
    }

    /// Symbols, if there are some of that name, perhaps with `+0x12` behind it, else hexadecimal digits.
    package static func addresses(_ word: String, _ symbols: SymbolTable) -> [UInt32] {
        let parts = word.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let starts = symbols.addresses(of: parts[0])
        if starts.isEmpty { return number(word).map { [$0] } ?? [] }
        guard let offset = parts.count == 1 ? 0 : number(parts[1]) else { return [] }
        return starts.map { $0 &+ offset }
    }

    private static func number(_ word: String) -> UInt32? {
        let digits = word.lowercased().hasPrefix("0x") ? String(word.dropFirst(2)) : word
        return digits.hasPrefix("+") || digits.hasPrefix("-") ? nil : UInt32(digits, radix: 16)
    }

    private func name(of address: UInt32, _ symbols: SymbolTable) -> String {
        let number = "0x" + String(address, radix: 16)
        guard let (name, offset) = symbols.function(at: address) else { return number }
        return "\(number) (\(name)\(offset > 0 ? "+0x" + String(offset, radix: 16) : ""))"
    }

    private func show(_ configuration: GuestConfiguration, _ watch: GuestConfiguration.BlockWatch, _ name: String)
        throws
    {
        let guest = Guest(
            configuration, console: Console(isShown: verbose),
            hooks: Guest.Hooks(log: { StandardError.say($0.onOneLine) }))
        try Failure.catching { () throws(LaunchError) in try guest.start() }
        if let typed { guest.type(Array(Self.unescaped(typed).utf8)) }
        let end = steadyNanoseconds() + UInt64(max(1, min(seconds, 86_400))) * 1_000_000_000
        var isDecided = false
        while !isDecided, guest.state.isAlive, steadyNanoseconds() < end {
            // Asking where it is makes it look whether the code has been decoded, too.
            configuration.profile?.tick()
            poll(nil, 0, 10)
            switch watch.finding {
            case .unseen, .cold: break
            case .translated, .noTranslator: isDecided = true
            }
        }
        let isAlive = guest.state.isAlive
        guest.kill()
        guest.waitUntilStopped(within: .seconds(5))
        let when = isAlive ? "in \(seconds) seconds" : "before the guest ended"
        switch watch.finding {
        case .translated(let listing):
            if !writeAll(1, Array((name + "\n" + listing).utf8)) { throw ExitCode(ExitStatus.failure) }
            return
        case .noTranslator:
            StandardError.say("lgtui: the engine of this guest, or this machine, translates nothing")
        case .cold:
            StandardError.say("lgtui: the code at \(name) has run, but too seldom \(when) to be translated".onOneLine)
        case .unseen:
            StandardError.say("lgtui: the code at \(name) has not run \(when)".onOneLine)
        }
        throw ExitCode(ExitStatus.failure)
    }

    /// `\r` and `\n` as a shell user writes them.
    private static func unescaped(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "r" ? "\r" : character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    /// Nobody reads along, unless asked to.
    private final class Console: ConsoleSink {
        let isShown: Bool
        init(isShown: Bool) { self.isShown = isShown }
        func write(_ bytes: UnsafeRawBufferPointer) {
            if isShown { writeAll(2, bytes) }
        }
    }
}
