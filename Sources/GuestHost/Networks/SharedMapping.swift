// Some pages of a network file in this process's memory. What lies there is written by whoever may open the file, at any moment
// and with any intention: so everything is read once, through atomics, and checked by whoever reads it.

import CLinux
import Glibc
import Synchronization

/// A guarded, shared mapping of part of a file.
package final class SharedMapping: @unchecked Sendable {
    package let base: UnsafeMutableRawPointer
    package let count: Int
    private var busGuard: BusGuard?

    /// Maps `count` bytes at `offset`, both multiples of the page. - Throws: what mmap says.
    package init(file descriptor: Int32, offset: Int64, count: Int) throws(NetworkFileError) {
        let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, off_t(offset))
        guard let base, base != MAP_FAILED else { throw NetworkFileError(errno) }
        guard let busGuard = BusGuard(start: base, count: count) else {
            munmap(base, count)
            throw NetworkFileError(ENOMEM)
        }
        self.base = base
        self.count = count
        self.busGuard = busGuard
    }

    deinit {
        // In this order: the addresses may belong to somebody else a moment after.
        busGuard = nil
        munmap(base, count)
    }

    /// A word that other processes change.
    package func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        precondition(offset >= 0 && offset + 4 <= count && offset % 4 == 0)
        // SAFETY: inside the mapping and aligned; any 32 bits are a valid Atomic<UInt32>.
        return (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
}

/// An errno on the way to whoever can put it into a sentence.
package struct NetworkFileError: Error, Equatable {
    package let code: Int32
    init(_ code: Int32) { self.code = code }
}
