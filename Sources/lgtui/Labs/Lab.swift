// A lab is a set of guests that belong together, in a TOML file: one `[[guest]]` each, and their networks. Reading one checks everything
// that can be wrong before a guest is made: what the file says, and whether the files that it names are there.

import Glibc
import GuestHost
import SystemPackage

package struct Lab: Sendable {
    package var guests: [GuestConfiguration]
    /// Disks and networks that last as long as the program; their descriptors are kept open here.
    package var scratch: [ScratchFile] = []
    /// What is to be done with the consoles, one a guest.
    package var consoles: [ConsolePlan]
    /// Where profiles go, one a guest.
    package var profiles: [ProfileRequest?]
    /// Command lines, of which each begins when the one before is done.
    package var script: [String] = []

    package init(guests: [GuestConfiguration]) {
        self.guests = guests
        consoles = guests.map { _ in ConsolePlan() }
        profiles = guests.map { _ in nil }
    }

    /// Profiles all guests, unless the lab has a wish of its own for one.
    package mutating func profile(_ request: ProfileRequest) {
        for index in profiles.indices where profiles[index] == nil {
            profiles[index] = guests.count > 1 ? request.apart(for: guests[index].name) : request
        }
    }

    /// Records all consoles, unless the lab has a wish of its own for one.
    package mutating func record(_ request: RecordingRequest) {
        for index in consoles.indices where consoles[index].recording == nil {
            consoles[index].recording = guests.count > 1 ? request.apart(for: guests[index].name) : request
        }
    }

    package static let maximumGuests = 256

    /// Reads the lab file at `path`.
    package init(path: String) throws(Diagnostics) {
        let bytes: [UInt8]
        do { bytes = try readSmallFile(path) } catch { throw Diagnostics([error]) }
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        try self.init(bytes: bytes, file: path, folder: folder.isEmpty ? "/" : folder)
    }

    /// The lab that starts when none is named.
    package static func demo() throws(Diagnostics) -> Lab {
        try Lab(bytes: PackageResources.demo_toml, file: "labs/demo.toml", folder: ".")
    }

    /// Reads a lab from its text; relative paths in it start at `folder`.
    package init(bytes: [UInt8], file: String, folder: String) throws(Diagnostics) {
        let document: TomlDocument
        do { document = try TomlDocument(bytes: bytes, file: file) } catch { throw Diagnostics([error]) }
        let bag = DiagnosticBag(file: file)
        var root = TableReader(document, bag: bag)
        let path = LabPath(folder: folder)
        var reader = LabReader(path: path, networks: LabNetworks(&root, path: path))
        let tables = root.tables("guest")
        if let tables, tables.count > Self.maximumGuests {
            root.complain("\(tables.count) guests are too many: \(Self.maximumGuests) is the most", about: "guest")
        }
        for table in (tables ?? []).prefix(Self.maximumGuests) { reader.readGuest(table) }
        script = LabScript.read(&root)
        root.rejectUnknownKeys()
        if tables == nil, bag.all.isEmpty {
            root.complain("no guests here: a lab has one [[guest]] table for each", about: "guest")
        } else if let tables, tables.isEmpty {
            root.complain("a lab needs at least one guest", about: "guest")
        }
        try bag.throwIfAny()
        guests = reader.guests
        consoles = reader.consoles
        profiles = reader.profiles
        scratch = reader.scratchDisks + reader.networks.scratch
    }
}

/// Turns `[[guest]]` tables into configurations.
private struct LabReader {
    let path: LabPath
    let networks: LabNetworks
    var guests: [GuestConfiguration] = []
    var consoles: [ConsolePlan] = []
    var profiles: [ProfileRequest?] = []
    var scratchDisks: [ScratchFile] = []
    private var names: Set<String> = []

    init(path: LabPath, networks: LabNetworks) {
        self.path = path
        self.networks = networks
    }

    mutating func readGuest(_ table: TableReader) {
        var table = table
        var dialect = GuestConfiguration.Dialect.linux2623
        if let word = table.string("dialect") {
            do { dialect = try GuestArguments.dialect(named: word) } catch {
                table.complain("\(error)", about: "dialect")
            }
        }
        var engine = GuestConfiguration.Engine.auto
        if let word = table.string("engine") {
            do { engine = try GuestArguments.engine(named: word) } catch { table.complain("\(error)", about: "engine") }
        }
        let name = table.string("name") ?? "guest\(guests.count + 1)"
        if name.isEmpty || name.unicodeScalars.count > 40 {
            table.complain("a `name` has from 1 to 40 characters", about: "name")
        } else if !names.insert(name).inserted {
            table.complain("there is another guest called \"\(name)\"".onOneLine, about: "name")
        }
        let memory = readMemory(&table)
        let kernelWord = table.string("kernel")
        if kernelWord == nil && table.node("kernel") == nil {
            table.complain("\"\(name)\" has no `kernel`: name a file, or \"demo\"".onOneLine, about: "kernel")
        }
        let kernel =
            (kernelWord ?? "demo") == KernelChoice.demoName ? "demo" : existing(kernelWord ?? "", "kernel", table)
        let initrd = table.string("initrd").map { existing($0, "initrd", table) }
        let disks = readDisks(&table)
        let cards = networks.devices(&table)
        let given = table.strings("args")?.map(\.text) ?? []
        let arguments = KernelChoice.arguments(given, kernel: kernelWord ?? "", name: name)
        let device = table.string("device").map { existing($0, "device", table) }
        let verbose = table.bool("verbose") ?? false
        let console = ConsolePlan(&table, path: path)
        let profile = readProfile(&table)
        table.rejectUnknownKeys()
        guard let memory else { return }
        consoles.append(console)
        profiles.append(profile)
        guests.append(
            GuestConfiguration(
                name: name, memory: memory, kernel: KernelChoice.source(kernel), dialect: dialect,
                initrd: initrd, disks: disks, devices: cards, arguments: arguments, devicePath: device,
                verbose: verbose, engine: engine
            ))
    }

    /// `profile = "web1.folded"`, with `symbols = "System.map"` for a kernel that has none.
    private func readProfile(_ table: inout TableReader) -> ProfileRequest? {
        let file = table.string("profile")
        let symbols = table.string("symbols").map { existing($0, "symbols", table) }
        guard let file else {
            if symbols != nil { table.complain("`symbols` are for a `profile`, and there is none", about: "symbols") }
            return nil
        }
        if file.isEmpty { table.complain("`profile` is empty: name a file", about: "profile") }
        return ProfileRequest(file: path.full(file), symbols: symbols)
    }

    /// `memory = 64` (MiB) or `memory = "64m"`; 64 MiB when nothing is said.
    private func readMemory(_ table: inout TableReader) -> MemorySize? {
        let node = table.node("memory")
        do throws(LaunchError) {
            switch node?.value {
            case nil: return try MemorySize("64m")
            case .integer(let number) where number >= 0: return try MemorySize(String(number))
            case .string(let text): return try MemorySize(text)
            default: table.complain("`memory` must be MiB as an integer, or a string such as \"64m\"", about: "memory")
            }
        } catch {
            table.complain("`memory`: \(error)", about: "memory")
        }
        return nil
    }

    private mutating func readDisks(_ table: inout TableReader) -> [GuestConfiguration.Disk] {
        guard let node = table.node("disks") else { return [] }
        guard case .array(let elements) = node.value else {
            table.complain("`disks` must be an array, such as [\"root.img\"], not \(node.kind)", about: "disks")
            return []
        }
        var disks: [GuestConfiguration.Disk] = []
        for element in elements {
            switch element.value {
            case .string(let text):
                do {
                    var disk = try GuestConfiguration.Disk(argument: text)
                    disk.path = existing(disk.path, at: element.position, "disks", table)
                    disks.append(disk)
                } catch { table.complain("`disks`: \(error)", at: element.position) }
            case .table(let entries):
                if let disk = readDisk(table.nested(entries, name: "a disk", position: element.position)) {
                    disks.append(disk)
                }
            default:
                table.complain(
                    "a disk is a string such as \"root.img,ro\" or a table, not \(element.kind)", at: element.position)
            }
        }
        return disks
    }

    /// `{ path = "root.img", read-only = true }` or `{ scratch = "8m" }`.
    private mutating func readDisk(_ table: TableReader) -> GuestConfiguration.Disk? {
        var table = table
        let path = table.string("path")
        let readOnly = table.bool("read-only") ?? false
        let scratch = table.string("scratch")
        table.rejectUnknownKeys()
        if let path, scratch == nil {
            return GuestConfiguration.Disk(path: existing(path, "path", table), readOnly: readOnly)
        }
        guard let scratch, path == nil else {
            table.complain("a disk has either a `path` or a `scratch` size", at: table.position)
            return nil
        }
        do {
            let disk = try ScratchFile.disk(size: scratch)
            scratchDisks.append(disk)
            return GuestConfiguration.Disk(path: disk.path, readOnly: readOnly)
        } catch {
            table.complain("`scratch`: \(error)", about: "scratch")
            return nil
        }
    }

    private func existing(_ path: String, _ key: String, _ table: TableReader) -> String {
        existing(path, at: nil, key, table)
    }

    /// The path as seen from here, after a look whether something readable is there.
    private func existing(_ path: String, at position: SourcePosition?, _ key: String, _ table: TableReader) -> String {
        let full = self.path.full(path)
        func complain(_ text: String) {
            if let position { table.complain(text, at: position) } else { table.complain(text, about: key) }
        }
        if path.isEmpty {
            complain("`\(key)` is empty: name a file")
        } else if access(full, R_OK) != 0 {
            complain("`\(key)`: \(full): \(Errno(rawValue: errno))".onOneLine)
        }
        return full
    }
}
