// A frame as it travels, and where things lie in it. Networks put the high byte first; this is the only file that
// knows. A view of memory that belongs to somebody else: nothing here allocates, for most of it runs in an
// interrupt handler. Pure: tested on the host.

public struct Frame {
    /// The longest payload of Ethernet, and the header before it.
    public static let mostBytes = 1514

    public let base: UnsafeMutableRawPointer
    public var count: Int

    public init(_ base: UnsafeMutableRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    // Whoever calls these has compared the offset with `count` before: headers are checked once, as a whole.
    public func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
    public func half(_ offset: Int) -> UInt16 { base.loadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian }
    public func word(_ offset: Int) -> UInt32 { base.loadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian }
    public func set(byte value: UInt8, at offset: Int) {
        base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }
    public func set(half value: UInt16, at offset: Int) {
        base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }
    public func set(word value: UInt32, at offset: Int) {
        base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    public func mac(_ offset: Int) -> MAC {
        let low = base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let high = base.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
        return MAC(UInt64(high) << 32 | UInt64(low))
    }
    public func set(mac: MAC, at offset: Int) {
        base.storeBytes(of: UInt32(truncatingIfNeeded: mac.value), toByteOffset: offset, as: UInt32.self)
        base.storeBytes(of: UInt16(truncatingIfNeeded: mac.value >> 32), toByteOffset: offset + 4, as: UInt16.self)
    }

    // G:830 The sum that all of the Internet is checked with: 16-bit words, and every carry comes back in at the bottom.
    /// The Internet checksum of a part of the frame. Over a part that contains its own checksum it is 0.
    public func checksum(from start: Int, to end: Int) -> UInt16 {
        var sum: UInt32 = 0
        var offset = start
        while offset + 1 < end {
            sum &+= UInt32(half(offset))
            offset += 2
        }
        if offset < end { sum &+= UInt32(byte(offset)) << 8 }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}

/// Who, from whom, and what is inside.
public enum Ethernet {
    public static let target = 0
    public static let source = 6
    public static let type = 12
    public static let payload = 14

    public static let ipv4: UInt16 = 0x0800
    public static let arp: UInt16 = 0x0806
}

/// The header of IPv4 in a frame, without options: our own packets have none, and we take none.
public enum IPv4Header {
    public static let version = 14
    public static let length = 16
    public static let identification = 18
    public static let fragment = 20
    public static let timeToLive = 22
    public static let proto = 23
    public static let checksum = 24
    public static let source = 26
    public static let target = 30
    public static let payload = 34

    public static let icmp: UInt8 = 1
    public static let udp: UInt8 = 17

    /// Writes the header for what follows it in the frame.
    public static func write(_ frame: Frame, proto: UInt8, from source: IPv4, to target: IPv4, number: UInt16) {
        frame.set(half: 0x4500, at: version)  // version 4, five words
        frame.set(half: UInt16(truncatingIfNeeded: frame.count - version), at: length)
        frame.set(half: number, at: identification)
        frame.set(half: 0x4000, at: fragment)  // do not fragment
        frame.set(byte: 64, at: timeToLive)
        frame.set(byte: proto, at: self.proto)
        frame.set(word: source.value, at: self.source)
        frame.set(word: target.value, at: self.target)
        seal(frame)
    }

    public static func seal(_ frame: Frame) {
        frame.set(half: 0, at: checksum)
        frame.set(half: frame.checksum(from: version, to: payload), at: checksum)
    }

    /// Whether the frame holds a whole IPv4 packet that we can understand. Cuts off what a card may have added behind it.
    public static func check(_ frame: inout Frame) -> Bool {
        guard frame.count >= payload, frame.byte(version) == 0x45 else { return false }
        let end = version + Int(frame.half(length))
        guard end >= payload, end <= frame.count, frame.half(fragment) & 0x3FFF == 0 else { return false }
        frame.count = end
        return frame.checksum(from: version, to: payload) == 0
    }
}
