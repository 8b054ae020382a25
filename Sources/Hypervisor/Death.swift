// A guest dies of one cause, and whoever reads about it wants the offending value. All the sentences live here, so that
// they keep one tone of voice and no cause of death is without one. Only the form of an unhandled trap is fixed by the
// interface; the rest is our own wording.

// H:700
/// Why a guest can not go on. Thrown inside the hypervisor, never at the host: a dead guest is not a host error.
public enum GuestDeath: Error, Hashable, Sendable, CustomStringConvertible {
    /// The guest asked for it (CRASH), with a message of at most 127 bytes.
    case crash(String)
    /// Nobody handles this trap; `detail` is CR2 for a page fault, else the error code.
    case unhandledTrap(vector: UInt32, eip: UInt32, detail: UInt32)
    /// A trap had a handler, but no stack to call it on.
    case noStack(esp: UInt32, vector: UInt32, eip: UInt32)

    case hypercallBeforeInit(UInt32)
    case secondInit(UInt32)
    case unknownHypercall(UInt32)
    case badGuestPage(UInt32)
    case badRead(address: UInt32, count: Int)
    case badWrite(address: UInt32, count: Int)

    case tooManyDescriptors(UInt32)
    case badStackSegment(UInt32)
    case tooManyStackPages(UInt32)
    case badStackPage(UInt32)
    case badGateType(UInt32, vector: UInt32)

    case badTableEntry(UInt32, address: UInt32)
    case badDirectoryEntry(UInt32, address: UInt32)
    case reservedMemory(UInt32)

    case badDMAKey(UInt32)
    case badDMAPiece(length: UInt32, address: UInt32)
    case badDMABuffer(UInt32)

    /// In lock-step mode: our fault, not the guest's. In words, over many lines.
    case enginesDiffer(String)

    public var description: String {
        switch self {
        case .crash(let message): Self.crashPrefix + message
        case .unhandledTrap(let vector, let eip, let detail):
            "unhandled trap \(vector) at \(hex(eip)) (\(hex(detail)))"
        case .noStack(let esp, let vector, let eip):
            "no stack at \(hex(esp)) to deliver trap \(vector) of \(hex(eip))"
        case .hypercallBeforeInit(let number): "hypercall \(number) came before LGUEST_INIT"
        case .secondInit(let address): "second LGUEST_INIT, with lguest_data at \(hex(address))"
        case .unknownHypercall(let number): "unknown hypercall \(number)"
        case .badGuestPage(let address): "lguest_data at \(hex(address)) is not in guest memory"
        case .badRead(let address, let count): "hypercall argument at \(hex(address)), \(count) bytes, cannot be read"
        case .badWrite(let address, let count): "hypercall result at \(hex(address)), \(count) bytes, cannot be written"
        case .tooManyDescriptors(let count): "GDT of \(count) entries, at most 32 are possible"
        case .badStackSegment(let selector): "stack segment \(hex(selector)) does not ask for ring 1"
        case .tooManyStackPages(let count): "stack of \(count) pages, at most 2 are possible"
        case .badStackPage(let address): "stack page \(hex(address)) is not mapped for writing"
        case .badGateType(let type, let vector): "gate \(vector) has type \(hex(type)), neither interrupt nor trap"
        case .badTableEntry(let entry, let address): "illegal page table entry \(hex(entry)) for \(hex(address))"
        case .badDirectoryEntry(let entry, let address):
            "illegal page directory entry \(hex(entry)) for \(hex(address))"
        case .reservedMemory(let address): "\(hex(address)) is in the reserved top 4 MiB"
        case .badDMAKey(let key): "DMA key \(hex(key)) is not an aligned address in guest memory"
        case .badDMAPiece(let length, let address): "DMA piece of \(length) bytes at \(hex(address)) leaves its page"
        case .badDMABuffer(let address): "bound DMA buffer at \(hex(address)) is not in guest memory"
        case .enginesDiffer(let report): "the engines differ: \(report)"
        }
    }

    /// What a death by CRASH starts with, here and on a real device.
    static let crashPrefix = "CRASH: "
}

/// Reads the reason of a death, from whichever device it came.
public struct DeathReason: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }

    /// The guest's own last words, when it died by CRASH.
    public var crashMessage: String? {
        guard description.hasPrefix(GuestDeath.crashPrefix) else { return nil }
        return String(description.dropFirst(GuestDeath.crashPrefix.count))
    }

    /// Linux powers an lguest machine off by crashing it with these words, so this death is a happy one.
    public var isPowerOff: Bool { crashMessage == "Power down" }
}

/// C's `%#lx`, which has never seen a reason to decorate a zero.
func hex(_ value: UInt32) -> String { value == 0 ? "0" : "0x" + String(value, radix: 16) }
