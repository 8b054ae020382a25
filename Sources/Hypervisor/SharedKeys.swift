// Guests find each other by memory that they share: two guests that map the same page of the same file can address each
// other at the same place in it. This registry is where a sender looks for whoever bound that place, and the only thing
// that all guests of a process have in common.

import Glibc
import I386
import Synchronization
import SystemPackage

/// One page of a file that several guests map. Equal pages are the same memory, wherever each guest sees it.
public struct SharedPage: Hashable, Sendable {
    public var device: UInt64
    public var inode: UInt64
    /// Index of the page in the file.
    public var page: UInt64

    public init(device: UInt64, inode: UInt64, page: UInt64) {
        self.device = device
        self.inode = inode
        self.page = page
    }

    /// A page that no file and no other guest has: behind it is only what its guest's launcher puts there.
    public static func unique() -> SharedPage {
        SharedPage(
            device: .max, inode: uniqueCount.wrappingAdd(1, ordering: .relaxed).newValue, page: .max)
    }
    private static let uniqueCount = Atomic<UInt64>(0)

    /// The page of an open file at a byte offset.
    public init(of file: FileDescriptor, offset: Int64 = 0) throws(Errno) {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), page: UInt64(max(0, offset)) / 4096)
    }
}

/// What a key really names.
enum DMAPlace: Hashable, Sendable {
    /// Memory of this guest alone: the other end is the launcher.
    case own(DMAKey)
    /// Memory that other guests may share: a page, and the offset in it.
    case shared(SharedPage, offset: UInt32)
}

// H:630
/// Who receives what, among the guests of this process.
///
/// The lock is held for a look-up, never during a transfer: a sender takes the binding and lets go of the registry.
package final class SharedKeys: Sendable {
    /// The registry of this process.
    package static let process = SharedKeys()
    private let bindings = Mutex<[DMAPlace: [DMABinding]]>([:])

    package init() {}

    func add(_ binding: DMABinding) {
        bindings.withLock { $0[binding.place, default: []].append(binding) }
    }

    func remove(_ binding: DMABinding) {
        bindings.withLock { bindings in
            bindings[binding.place]?.removeAll { $0 === binding }
            if bindings[binding.place]?.isEmpty == true { bindings[binding.place] = nil }
        }
    }

    /// Whoever bound `place` last, other than the sender itself.
    func receiver(at place: DMAPlace, not sender: Mailbox) -> DMABinding? {
        bindings.withLock { $0[place]?.last { $0.owner !== sender } }
    }

    /// What `owner` itself bound last at `place`.
    func binding(at place: DMAPlace, of owner: Mailbox) -> DMABinding? {
        bindings.withLock { $0[place]?.last { $0.owner === owner } }
    }

    /// How many places are bound.
    package var count: Int { bindings.withLock { $0.count } }
}
