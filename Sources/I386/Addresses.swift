// Every border between rooms of this house passes addresses as one of these, so that a virtual address can never be
// taken for a physical one. Inside the instruction loop they are raw 32-bit integers again.

/// A guest-physical byte address.
public struct GuestPhysical: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    /// The frame that holds this address.
    @inlinable public var frame: PageFrame { PageFrame(rawValue >> 12) }
    public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// A guest-virtual (linear) byte address.
public struct GuestVirtual: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// The number of a 4096-byte page of guest-physical memory (`pfn`).
public struct PageFrame: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    /// The address of the first byte; frame numbers above 2²⁰ wrap as they would on a 32-bit bus.
    @inlinable public var address: GuestPhysical { GuestPhysical(rawValue &<< 12) }
}
