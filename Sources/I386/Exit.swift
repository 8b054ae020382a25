// Why the virtual CPU stopped, and the exception that travels inside it until it is either delivered to the guest or
// handed to whoever runs the CPU.

/// An exception raised by an instruction or by the memory under it. A trivial value, so that throwing it costs nothing
/// but a register.
@frozen public struct CPUFault: Error, Sendable, Equatable {
    /// Exception number; meaningless when `isIllegalTranslation`.
    public var vector: UInt8
    public var hasErrorCode: Bool
    /// The guest's page tables hold an entry that `MMUPolicy` forbids: no exception of the guest's, a reason to end it.
    public var isIllegalTranslation: Bool
    /// With an illegal translation: the entry is in the directory (otherwise in a page table).
    public var isDirectory: Bool
    /// The error code to push; with an illegal translation, the offending entry.
    public var errorCode: UInt32
    /// The faulting linear address of a page fault or an illegal translation.
    public var address: UInt32

    @inlinable public init(vector: UInt8) {
        self.init(vector: vector, hasErrorCode: false, errorCode: 0, address: 0)
    }
    @inlinable public init(vector: UInt8, errorCode: UInt32) {
        self.init(vector: vector, hasErrorCode: true, errorCode: errorCode, address: 0)
    }
    @inlinable public init(
        vector: UInt8, hasErrorCode: Bool, errorCode: UInt32, address: UInt32,
        isIllegalTranslation: Bool = false, isDirectory: Bool = false
    ) {
        self.vector = vector
        self.hasErrorCode = hasErrorCode
        self.isIllegalTranslation = isIllegalTranslation
        self.isDirectory = isDirectory
        self.errorCode = errorCode
        self.address = address
    }

    @inlinable public static func pageFault(_ address: UInt32, errorCode: UInt32) -> CPUFault {
        CPUFault(vector: 14, hasErrorCode: true, errorCode: errorCode, address: address)
    }
    @inlinable public static func illegalTranslation(entry: UInt32, address: UInt32, isDirectory: Bool) -> CPUFault {
        CPUFault(
            vector: 14, hasErrorCode: false, errorCode: entry, address: address, isIllegalTranslation: true,
            isDirectory: isDirectory)
    }
    @inlinable public static var divideError: CPUFault { CPUFault(vector: 0) }
    @inlinable public static var invalidOpcode: CPUFault { CPUFault(vector: 6) }
    @inlinable public static var deviceNotAvailable: CPUFault { CPUFault(vector: 7) }
    @inlinable public static func segmentNotPresent(_ code: UInt32) -> CPUFault {
        CPUFault(vector: 11, errorCode: code)
    }
    @inlinable public static func stackFault(_ code: UInt32 = 0) -> CPUFault { CPUFault(vector: 12, errorCode: code) }
    @inlinable public static func generalProtection(_ code: UInt32 = 0) -> CPUFault {
        CPUFault(vector: 13, errorCode: code)
    }
    @inlinable public static var x87Error: CPUFault { CPUFault(vector: 16) }
}

/// How a vector came about, which decides what `eip` means at the exit.
public enum TrapKind: Sendable, Equatable {
    /// `eip` is the instruction that faulted; nothing of it has happened.
    case fault
    /// `eip` is the instruction after (single step, `into`, `int3`).
    case trap
    /// `int n`; `eip` is the instruction after.
    case software
}

/// Why `CPU.run` returned.
public enum Exit: Sendable, Equatable {
    /// A vector whose gate says `.exit`. For a page fault `state.cr2` holds the address.
    case trap(vector: UInt8, errorCode: UInt32?, kind: TrapKind)
    /// A page-table entry that `MMUPolicy` forbids was about to be used.
    case illegalTranslation(entry: UInt32, address: GuestVirtual, isDirectory: Bool)
    /// Delivering `first` through its gate raised `second`, and the two do not add up to a single exception.
    case doubleFault(first: UInt8, second: UInt8)
    /// The budget of instructions is used up.
    case budgetSpent
    /// Somebody called `requestExit`.
    case interrupted
}
