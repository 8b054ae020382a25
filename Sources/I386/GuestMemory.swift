// All of guest-physical space as one lazily mapped range of host memory. Also the place where two threads meet: device
// threads write guest memory behind the CPU's back, and the CPU must then forget what it decoded there.

import Glibc
import Synchronization

/// The host refused memory or a file mapping; carries errno.
public struct HostMemoryError: Error, Sendable, Equatable, CustomStringConvertible {
    public var errno: Int32
    public init(errno: Int32) { self.errno = errno }
    public var description: String { String(cString: strerror(errno)) }
}

/// Guest-physical memory [0, size), shared between one CPU and any number of device threads.
///
/// The guest's bytes are deliberately racy, as on the real machine. What makes the class safe to share: its own fields
/// never change after init, except the atomics and the mutex below and the tables that belong to the CPU's thread.
public final class GuestMemory: @unchecked Sendable {
    /// Host address of physical 0.
    public let base: UnsafeMutableRawPointer
    /// Bytes; a multiple of 4096, at most 4 GiB.
    public let size: UInt64

    // What the CPU should look at on its next block edge: bit 0 = somebody wants it to stop, bit 1 = decoded code was
    // overwritten, bit 2 = somebody wants to know where it is. One word for both, because the loop looks at every edge.
    let attention: UnsafeMutablePointer<Atomic<UInt32>>
    static let exitRequested: UInt32 = 1
    static let codeOverwritten: UInt32 = 2
    static let sampleRequested: UInt32 = 4

    // One byte per frame: the CPU has decoded code from it. Written by the CPU's thread, read by all.
    let frameHasCode: UnsafeMutablePointer<Atomic<UInt8>>
    // Ranges of physical bytes, inclusive, that changed under decoded code.
    let overwritten = Mutex<[ClosedRange<UInt64>]>([])

    /// Reserves `size` bytes of zeroes; pages cost nothing until touched.
    ///
    /// - Parameter size: bytes, a multiple of 4096, 4096 … 4 GiB.
    /// - Throws: EINVAL for such a size as cannot be, ENOMEM when the host has no address space left.
    public init(size: UInt64) throws(HostMemoryError) {
        guard size >= 4096, size <= 1 << 32, size % 4096 == 0 else { throw HostMemoryError(errno: EINVAL) }
        let frames = Int(size / 4096)
        base = try Self.reserve(Int(size))
        do throws(HostMemoryError) {
            // SAFETY: zero bytes are a valid Atomic<UInt8>(0): its representation is that of the integer.
            frameHasCode = try Self.reserve(frames).bindMemory(to: Atomic<UInt8>.self, capacity: frames)
        } catch {
            munmap(base, Int(size))
            throw error
        }
        self.size = size
        attention = .allocate(capacity: 1)
        attention.initialize(to: Atomic(0))
    }

    deinit {
        munmap(base, Int(size))
        munmap(UnsafeMutableRawPointer(frameHasCode), Int(size / 4096))
        attention.deinitialize(count: 1)
        attention.deallocate()
    }

    static func reserve(_ count: Int) throws(HostMemoryError) -> UnsafeMutableRawPointer {
        let p = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let p, p != MAP_FAILED else { throw HostMemoryError(errno: errno) }
        return p
    }

    /// The host's view of `count` bytes at `at`, or nil when any of them is outside of memory. Whoever writes through it
    /// calls `noteExternalWrite` afterwards.
    public func bytes(at: GuestPhysical, count: Int) -> UnsafeMutableRawBufferPointer? {
        guard count >= 0, UInt64(at.rawValue) <= size, UInt64(count) <= size - UInt64(at.rawValue) else { return nil }
        // SAFETY: the range was just checked against the mapping, which lives as long as self.
        return UnsafeMutableRawBufferPointer(start: base + Int(at.rawValue), count: count)
    }

    @inline(__always)
    private func load<T: FixedWidthInteger & BitwiseCopyable>(_ at: GuestPhysical, as: T.Type) -> T? {
        guard UInt64(at.rawValue) + UInt64(MemoryLayout<T>.size) <= size else { return nil }
        // SAFETY: checked above; guest bytes may be any value.
        return base.loadUnaligned(fromByteOffset: Int(at.rawValue), as: T.self)
    }
    @inline(__always)
    private func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ at: GuestPhysical) -> Bool {
        guard UInt64(at.rawValue) + UInt64(MemoryLayout<T>.size) <= size else { return false }
        // SAFETY: checked above.
        base.storeBytes(of: value, toByteOffset: Int(at.rawValue), as: T.self)
        noteExternalWrite(at: at, count: MemoryLayout<T>.size)
        return true
    }

    /// Little-endian loads at any alignment; nil outside of memory.
    public func load8(at: GuestPhysical) -> UInt8? { load(at, as: UInt8.self) }
    public func load16(at: GuestPhysical) -> UInt16? { load(at, as: UInt16.self) }
    public func load32(at: GuestPhysical) -> UInt32? { load(at, as: UInt32.self) }
    /// Stores at any alignment, seen by the CPU even where it has decoded code; false outside of memory.
    public func store8(_ value: UInt8, at: GuestPhysical) -> Bool { store(value, at) }
    public func store16(_ value: UInt16, at: GuestPhysical) -> Bool { store(value, at) }
    public func store32(_ value: UInt32, at: GuestPhysical) -> Bool { store(value, at) }

    /// Maps a file over part of memory, in place of the zeroes.
    ///
    /// - Parameters:
    ///   - offset: in the file, page aligned. - count: bytes; the last page may be partial.
    ///   - shared: guest stores reach the file; otherwise they stay private to this guest.
    /// - Throws: EINVAL outside of memory or off a page border, or what mmap says.
    ///
    /// A file that is truncated while mapped raises SIGBUS in the process: map what nobody shrinks, or copy.
    public func map(file fd: Int32, offset: Int64, count: Int, at: GuestPhysical, shared: Bool) throws(HostMemoryError)
    {
        guard count > 0, at.rawValue % 4096 == 0, offset >= 0, offset % 4096 == 0, count <= Int(size),
            let target = bytes(at: at, count: (count + 4095) & ~4095)
        else { throw HostMemoryError(errno: EINVAL) }
        let flags = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED
        // SAFETY: MAP_FIXED replaces pages of our own reservation only: the range was checked.
        let p = mmap(target.baseAddress, count, PROT_READ | PROT_WRITE, flags, fd, off_t(offset))
        guard p != MAP_FAILED else { throw HostMemoryError(errno: errno) }
        noteExternalWrite(at: at, count: count)
    }

    /// Tells the CPU that bytes changed without it: DMA, a loader, a hypervisor. Callable from any thread, after the
    /// bytes are written; cheap when no code was decoded there.
    public func noteExternalWrite(at: GuestPhysical, count: Int) {
        guard count > 0, UInt64(at.rawValue) < size else { return }
        let first = UInt64(at.rawValue)
        let last = min(first + UInt64(count), size) - 1
        // The CPU marks a frame before it reads code from it and we look for the mark after writing: with a full fence
        // on both sides, at least one of us sees the other.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        var hit = false
        for frame in Int(first >> 12)...Int(last >> 12) where frameHasCode[frame].load(ordering: .relaxed) != 0 {
            hit = true
            break
        }
        guard hit else { return }
        overwritten.withLock { ranges in
            // A CPU that does not run does not drain the list either: past some length one wide range has to do.
            if ranges.count < 1024 {
                ranges.append(first...last)
            } else {
                let low = ranges.reduce(first) { min($0, $1.lowerBound) }
                let high = ranges.reduce(last) { max($0, $1.upperBound) }
                ranges = [low...high]
            }
        }
        _ = attention.pointee.bitwiseOr(Self.codeOverwritten, ordering: .releasing)
    }

    /// Bytes of guest memory that occupy host memory now, by `mincore`.
    public var residentBytes: UInt64 {
        let chunk = 1 << 26
        var pages = 0
        withUnsafeTemporaryAllocation(byteCount: chunk / 4096, alignment: 8) { vector in
            guard let p = vector.bindMemory(to: UInt8.self).baseAddress else { return }
            for start in stride(from: 0, to: Int(size), by: chunk) {
                let count = min(chunk, Int(size) - start)
                // SAFETY: mincore only reports on our own mapping and fills one byte per page of the chunk.
                guard mincore(base + start, count, p) == 0 else { return }
                for i in 0..<count / 4096 where p[i] & 1 != 0 { pages += 1 }
            }
        }
        return UInt64(pages) * 4096
    }
}
