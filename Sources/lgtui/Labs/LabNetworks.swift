// The networks of a lab: `[network.NAME]` says where a cable goes, and a guest is plugged in by naming it. Here the two
// are put together, and a guest that is plugged into nothing is told so with its line.

import GuestHost

/// The `[network.NAME]` tables of a lab.
package struct LabNetworks {
    private var media: [(name: String, medium: GuestConfiguration.Network.Medium)] = []
    /// Networks without a file; they last as long as the program.
    package private(set) var scratch: [ScratchFile] = []
    private let path: LabPath

    package init(_ root: inout TableReader, path: LabPath) {
        self.path = path
        for (name, table) in root.namedTables("network") ?? [] {
            if let medium = read(table) { media.append((name, medium)) }
        }
    }

    /// `{}`, `file = "wire.net"`, `tap = "192.168.19.1/24"` or `bridge = "br0"`.
    private mutating func read(_ table: TableReader) -> GuestConfiguration.Network.Medium? {
        var table = table
        let file = table.string("file")
        let tap = table.string("tap")
        let bridge = table.string("bridge")
        table.rejectUnknownKeys()
        guard [file, tap, bridge].count(where: { $0 != nil }) <= 1 else {
            table.complain("a network has one of `file`, `tap` and `bridge`", at: table.position)
            return nil
        }
        do {
            if let file {
                let network = try GuestConfiguration.Network(sharenet: file.isEmpty ? "" : path.full(file))
                return network.medium
            }
            if let tap { return .tap(try TapAddress(tap)) }
            if let bridge { return .tap(try TapAddress("bridge:" + bridge)) }
            let file = try ScratchFile.network()
            scratch.append(file)
            return .shared(path: file.path)
        } catch {
            let key = file != nil ? "file" : tap != nil ? "tap" : "bridge"
            table.complain("`\(key)`: \(error)", about: key)
            return nil
        }
    }

    /// The devices for `networks = ["wire", { name = "lan", pcap = "lan.pcap" }]` of a guest.
    package func devices(_ table: inout TableReader) -> [GuestConfiguration.Device] {
        guard let node = table.node("networks") else { return [] }
        guard case .array(let elements) = node.value else {
            table.complain("`networks` must be an array, such as [\"wire\"], not \(node.kind)", about: "networks")
            return []
        }
        return elements.compactMap { element in
            switch element.value {
            case .string(let name): return device(name, capture: nil, at: element.position, table)
            case .table(let entries):
                var inner = table.nested(entries, name: "a network", position: element.position)
                let name = inner.string("name")
                let capture = inner.string("pcap")
                inner.rejectUnknownKeys()
                guard let name else {
                    table.complain("a network needs the `name` of a [network.NAME] table", at: element.position)
                    return nil
                }
                return device(name, capture: capture.map(path.full), at: element.position, table)
            default:
                table.complain(
                    "a network is a name such as \"wire\" or a table, not \(element.kind)", at: element.position)
                return nil
            }
        }
    }

    private func device(
        _ name: String, capture: String?, at position: SourcePosition, _ table: TableReader
    ) -> GuestConfiguration.Device? {
        if let (_, medium) = media.first(where: { $0.name == name }) {
            return .network(GuestConfiguration.Network(medium, capture: capture))
        }
        let hint = nearestName(to: name, among: media.map(\.name)).map { "did you mean \"\($0)\"?" }
        table.complain(
            "there is no [network.\(name)] in this lab (\(hint ?? "write one: it may be empty"))".onOneLine,
            at: position)
        return nil
    }
}

/// Paths in a lab start where the lab file is.
package struct LabPath: Sendable {
    package let folder: String

    /// The path as seen from here.
    package func full(_ path: String) -> String {
        path.hasPrefix("/") || folder == "." ? path : folder + "/" + path
    }
}
