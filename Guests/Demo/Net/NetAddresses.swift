// The two kinds of address on a network: six bytes that name a card, and four that name a guest. Values without
// arrays inside, so that interrupt handlers may carry them about. Pure: tested on the host.

/// The address of a card: its first byte on the wire is the lowest here.
public struct MAC: Equatable, Sendable {
    public var value: UInt64

    public static let broadcast = MAC(0xFFFF_FFFF_FFFF)

    public init(_ value: UInt64) { self.value = value }

    /// The one that every lguest guest makes for itself: 02:00, its id with the low byte first, 00:00.
    public init(guest id: UInt16) { value = 0x02 | UInt64(id) << 16 }

    /// Bit 0 of the first byte: on the wire, "for many"; in the page of a network, "I want every packet".
    public var isForMany: Bool { value & 1 != 0 }

    public var text: Text {
        var result = Text()
        for index in 0..<6 {
            let byte = UInt32(truncatingIfNeeded: value >> UInt64(8 * index)) & 255
            result = index == 0 ? "\(hex: byte, digits: 2)" : "\(result):\(hex: byte, digits: 2)"
        }
        return result
    }
}

/// The address of a guest: 10.0.0.1 is 0x0A000001.
public struct IPv4: Equatable, Sendable {
    public var value: UInt32

    public static let broadcast = IPv4(.max)

    public init(_ value: UInt32) { self.value = value }

    /// Four decimal numbers with points between them, and nothing else.
    public init?(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        value = 0
        for part in parts {
            guard let number = IPv4.decimal(part), number <= 255 else { return nil }
            value = value << 8 | number
        }
    }

    public var text: Text { "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)" }

    static func decimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard (1...3).contains(digits.count) else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// An address, and how many of its bits it shares with everybody on its network.
public struct Subnet: Equatable, Sendable {
    public var address: IPv4
    public var prefix: UInt32

    /// Guest ids count from 0, addresses from 10.0.0.1; a second network would start at 10.1.0.1.
    public init(guest id: UInt16, network: Int) {
        address = IPv4(10 << 24 | UInt32(truncatingIfNeeded: network & 255) << 16 | (UInt32(id) + 1))
        prefix = 16
    }

    /// `A.B.C.D/PREFIX`; without a prefix, 16.
    public init?(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPv4(Array(parts[0])) else { return nil }
        self.address = address
        prefix = 16
        if parts.count == 2 {
            guard let number = IPv4.decimal(parts[1]), (1...32).contains(number) else { return nil }
            prefix = number
        }
    }

    private var mask: UInt32 { prefix >= 32 ? .max : ~(UInt32.max >> prefix) }

    public func contains(_ other: IPv4) -> Bool { (other.value ^ address.value) & mask == 0 }

    /// Whether a packet to `target` is for everybody here.
    public func isBroadcast(_ target: IPv4) -> Bool {
        target == .broadcast || prefix < 31 && target.value == address.value | ~mask
    }

    public var text: Text { "\(address.text)/\(prefix)" }
}
