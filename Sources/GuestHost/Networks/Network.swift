// What a person says about a guest's network: a file that other guests name as well, or a tap on this machine. Words only;
// nothing here has been opened yet.

extension GuestConfiguration {
    /// A network device, and where its cable goes.
    public struct Network: Sendable, Hashable {
        public enum Medium: Sendable, Hashable {
            /// All guests that name this file are on one network, whichever program runs them. Created if missing.
            case shared(path: String)
            /// A network interface of the host, which exists as long as the guest.
            case tap(TapAddress)
        }

        public var medium: Medium
        /// A file that gets a capture of all traffic (pcap), from the first packet on.
        public var capture: String?

        public init(_ medium: Medium, capture: String? = nil) {
            self.medium = medium
            self.capture = capture
        }

        /// The network of everybody who names this file.
        public static func shared(_ path: String) -> Network { Network(.shared(path: path)) }
        /// A cable to the host.
        public static func tap(_ address: TapAddress) -> Network { Network(.tap(address)) }

        /// Parses the value of `--sharenet=`.
        public init(sharenet argument: String) throws(LaunchError) {
            guard !argument.isEmpty else {
                throw LaunchError(.usage, "a shared network needs a file", advice: "write --sharenet=FILE")
            }
            self.init(.shared(path: argument))
        }

        /// Parses the value of `--tunnet=`.
        public init(tunnet argument: String) throws(LaunchError) {
            self.init(.tap(try TapAddress(argument)))
        }
    }

    /// A device of a guest, other than its console.
    public enum Device: Sendable, Hashable {
        case disk(Disk)
        case network(Network)
    }
}

/// The host's end of a tap: an address of its own, or a place in a bridge.
public enum TapAddress: Sendable, Hashable {
    /// `A.B.C.D` or `A.B.C.D/PREFIX`.
    case host(IPv4Address, prefix: Int)
    /// `bridge:NAME`.
    case bridge(String)

    public init(_ argument: String) throws(LaunchError) {
        if argument.hasPrefix("bridge:") {
            let name = String(argument.dropFirst(7))
            // The kernel's own rules for the name of an interface, and ours for one line of a terminal.
            guard !name.isEmpty, name.utf8.count <= 15, name != ".", name != "..",
                name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") })
            else {
                throw LaunchError(
                    .usage, "'\(printable(name))' cannot be the name of a bridge",
                    advice: "interface names have 1 to 15 characters; write --tunnet=bridge:NAME")
            }
            self = .bridge(name)
            return
        }
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPv4Address(String(first)) else {
            throw LaunchError(
                .usage, "'\(printable(argument))' is neither an IPv4 address nor bridge:NAME",
                advice: "write for example --tunnet=192.168.19.1 or --tunnet=bridge:br0")
        }
        guard parts.count == 2 else {
            self = .host(address, prefix: address.classPrefix)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let prefix = Int(parts[1]),
            (1...32).contains(prefix)
        else {
            throw LaunchError(
                .usage, "'\(printable(String(parts[1])))' is not the length of a network prefix",
                advice: "write a number from 1 to 32 after the slash")
        }
        self = .host(address, prefix: prefix)
    }
}

/// Four bytes, the first one first.
public struct IPv4Address: Sendable, Hashable, CustomStringConvertible {
    public var bytes: [4 of UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
    /// In the order of the host: 192.168.0.1 is 0xc0a80001.
    public var value: UInt32

    public init(value: UInt32) { self.value = value }

    /// Four decimal numbers; nothing of what inet_aton would also take.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let byte = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        self.value = value
    }

    /// The prefix that the address itself implied before 1993, and that the original's users expect.
    public var classPrefix: Int { value >> 31 == 0 ? 8 : value >> 30 == 0b10 ? 16 : 24 }

    public var description: String { (0..<4).map { String(bytes[$0]) }.joined(separator: ".") }
}
