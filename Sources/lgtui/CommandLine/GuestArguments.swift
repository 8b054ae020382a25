// The part of the command line that describes guests. It is older than any option parser we could use: memory, kernel,
// device options, and then words that belong to the guest's kernel and are none of our business. So this is parsed by
// hand, by two rules: our options stand before the memory size or directly after the kernel; the first word after the
// kernel that is no option, and everything behind it, goes to the kernel verbatim.

import GuestHost

/// A command line that cannot be understood; one sentence. Exit status 64.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description.onOneLine }
}

/// What the options before all guests say about every one of them.
package struct GuestDefaults: Sendable {
    package var dialect: GuestConfiguration.Dialect = .linux2623
    package var devicePath: String?
    package var verbose = false
    package init() {}
}

package enum GuestArguments {
    /// Device options of the guest, with what they want, for messages.
    package static let options: [(name: String, value: String?)] = [
        ("--block", "FILE[,ro]"), ("--sharenet", "FILE"), ("--tunnet", "ADDRESS[/PREFIX] or bridge:NAME"),
        ("--pcap", "FILE"), ("--initrd", "FILE"), ("--name", "NAME"), ("--dialect", "2.6.23 or mm-2007"),
        ("--device", "PATH"), ("--engine", "interpreter, translator, lockstep or auto"), ("--verbose", nil),
    ]

    /// What a shell may offer for a word of `lgtui run` that begins so; a file after `--block=` and the like as well.
    package static func completions(of prefix: String) -> [String] {
        if let equals = prefix.firstIndex(of: "=") {
            let (option, typed) = (String(prefix[..<equals]), String(prefix[prefix.index(after: equals)...]))
            switch option {
            case "--dialect": return GuestConfiguration.Dialect.allCases.map { "\(option)=\($0.rawValue)" }
            case "--engine": return GuestConfiguration.Engine.allCases.map { "\(option)=\($0.rawValue)" }
            case "--name": return []
            default: return Completion.files(typed).map { "\(option)=\($0)" }
            }
        }
        let words = options.map { $0.value == nil ? $0.name : $0.name + "=" } + ["--", "64m", KernelChoice.demoName]
        return words.filter { $0.hasPrefix(prefix) } + (prefix.hasPrefix("-") ? [] : Completion.files(prefix))
    }

    /// Parses `[options] MEM KERNEL [options] [kernel args…] [-- MEM KERNEL …]…`.
    package static func parse(_ words: [String], defaults: GuestDefaults) throws(UsageError) -> [GuestConfiguration] {
        var guests: [GuestConfiguration] = []
        for (index, part) in words.split(separator: "--", omittingEmptySubsequences: false).enumerated() {
            guests.append(try parseGuest(Array(part), number: index + 1, defaults: defaults))
        }
        if guests.count > 1 { nameApart(&guests) }
        for index in guests.indices {
            let (word, name) = (guests[index].kernel.name, guests[index].name)
            guests[index].arguments = KernelChoice.arguments(guests[index].arguments, kernel: word, name: name)
        }
        return guests
    }

    /// Two guests from the same kernel get numbers, so that messages tell which is meant.
    private static func nameApart(_ guests: inout [GuestConfiguration]) {
        var counts: [String: Int] = [:]
        for guest in guests { counts[guest.name, default: 0] += 1 }
        var next: [String: Int] = [:]
        for index in guests.indices {
            let name = guests[index].name
            guard counts[name, default: 0] > 1 else { continue }
            next[name, default: 0] += 1
            guests[index].name = "\(name)\(next[name, default: 1])"
        }
    }

    private static func parseGuest(
        _ words: [String], number: Int, defaults: GuestDefaults
    ) throws(UsageError) -> GuestConfiguration {
        let which = number == 1 ? "the guest" : "guest \(number)"
        var options = GuestOptions(
            dialect: defaults.dialect, devicePath: defaults.devicePath, verbose: defaults.verbose)
        var at = 0
        try takeOptions(words, &at, into: &options)
        guard at < words.count else {
            throw UsageError("no memory size and kernel for \(which): write for example `lgtui run 64m demo`")
        }
        let memory = try memorySize(words[at])
        guard at + 1 < words.count, !words[at + 1].hasPrefix("--") else {
            throw UsageError("no kernel for \(which) after the memory size \(words[at]): write a file, or `demo`")
        }
        let kernel = words[at + 1]
        at += 2
        try takeOptions(words, &at, into: &options)
        return GuestConfiguration(
            name: options.name ?? defaultName(kernel: kernel), memory: memory,
            kernel: KernelChoice.source(kernel), dialect: options.dialect,
            initrd: options.initrd, devices: options.devices, arguments: Array(words[at...]),
            devicePath: options.devicePath, verbose: options.verbose, engine: options.engine)
    }

    /// Both dialects' ways to say how much: MiB or a suffix, or else (as `strtoul` would) bytes. They cannot be mixed
    /// up, since 3072 MiB is the most a guest can have and a few thousand bytes are too few for any.
    private static func memorySize(_ word: String) throws(UsageError) -> MemorySize {
        do { return try MemorySize(word) } catch {
            if let size = try? MemorySize(originalOrder: word) { return size }
            throw UsageError("\(error)")
        }
    }

    /// `demo`, or the file's name without folders and the endings that kernels have.
    package static func defaultName(kernel: String) -> String {
        let file = kernel.split(separator: "/").last.map(String.init) ?? kernel
        return file.isEmpty ? "guest" : file
    }

    private struct GuestOptions {
        var name: String?
        /// In the order of the command line, which is that of the guest's bus.
        var devices: [GuestConfiguration.Device] = []
        var initrd: String?
        var dialect: GuestConfiguration.Dialect
        var engine = GuestConfiguration.Engine.auto
        var devicePath: String?
        var verbose: Bool
    }

    /// Takes options from `at` on, in both ways of writing a value: `--block=F` and `--block F`.
    private static func takeOptions(
        _ words: [String], _ at: inout Int, into result: inout GuestOptions
    ) throws(UsageError) {
        while at < words.count, words[at].hasPrefix("--") {
            let parts = words[at].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = options.first(where: { $0.name == name }) else {
                let hint = nearestName(to: name, among: options.map(\.name))
                let advice =
                    hint.map { "did you mean \($0)?" } ?? "known here: \(options.map(\.name).joined(separator: " "))"
                throw UsageError(
                    "unknown option \(words[at]) (\(advice)); words for the kernel may begin with -- only after one that does not"
                )
            }
            var value = parts.count > 1 ? String(parts[1]) : nil
            if option.value == nil, value != nil { throw UsageError("\(name) takes no value") }
            if let wanted = option.value, value == nil {
                at += 1
                guard at < words.count, !words[at].hasPrefix("--") else {
                    throw UsageError("\(name) needs a value: \(wanted)")
                }
                value = words[at]
            }
            at += 1
            try apply(name, value ?? "", to: &result)
        }
    }

    private static func apply(_ name: String, _ value: String, to result: inout GuestOptions) throws(UsageError) {
        switch name {
        case "--block", "--sharenet", "--tunnet":
            do { result.devices.append(try device(name, value)) } catch { throw UsageError("\(error)") }
        case "--pcap": try capture(to: value, of: &result.devices)
        case "--initrd":
            if value.isEmpty { throw UsageError("--initrd needs a file") }
            result.initrd = value
        case "--name":
            if value.isEmpty { throw UsageError("--name needs a name") }
            result.name = value
        case "--dialect": result.dialect = try dialect(named: value)
        case "--engine": result.engine = try engine(named: value)
        case "--device":
            if value.isEmpty { throw UsageError("--device needs a path") }
            result.devicePath = value
        default: result.verbose = true
        }
    }

    private static func device(_ option: String, _ value: String) throws(LaunchError) -> GuestConfiguration.Device {
        switch option {
        case "--sharenet": .network(try GuestConfiguration.Network(sharenet: value))
        case "--tunnet": .network(try GuestConfiguration.Network(tunnet: value))
        default: .disk(try GuestConfiguration.Disk(argument: value))
        }
    }

    /// A capture belongs to the network that was named last.
    private static func capture(to file: String, of devices: inout [GuestConfiguration.Device]) throws(UsageError) {
        if file.isEmpty { throw UsageError("--pcap needs a file") }
        guard let index = devices.indices.last, case .network(var network) = devices[index] else {
            throw UsageError("--pcap=\(file) follows no network: write it directly after --sharenet= or --tunnet=")
        }
        if let other = network.capture {
            throw UsageError("two captures of one network: --pcap=\(other) and --pcap=\(file)")
        }
        network.capture = file
        devices[index] = .network(network)
    }

    package static func engine(named name: String) throws(UsageError) -> GuestConfiguration.Engine {
        if let engine = GuestConfiguration.Engine(rawValue: name) { return engine }
        let names = GuestConfiguration.Engine.allCases.map(\.rawValue)
        throw UsageError("unknown engine `\(name)`: there are \(names.joined(separator: ", "))")
    }

    package static func dialect(named name: String) throws(UsageError) -> GuestConfiguration.Dialect {
        if let dialect = GuestConfiguration.Dialect(rawValue: name) { return dialect }
        let names = GuestConfiguration.Dialect.allCases.map(\.rawValue)
        throw UsageError("unknown dialect `\(name)`: there are \(names.joined(separator: " and "))")
    }
}
