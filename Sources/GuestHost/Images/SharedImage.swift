// Ten guests of one kernel should cost one kernel. The original launcher got that by mapping the vmlinux privately; so do
// we, with one twist: we map a sealed copy that lives in memory (memfd), laid out as guest-physical memory wants it, not
// the file itself. A file that somebody truncates while it is mapped turns the next page fault into SIGBUS, and a
// kernel that is rebuilt in place turns under a running guest into two halves of two kernels. The copy can do neither: it is
// sealed against shrinking and writing. It also lets a bzImage, an initrd and the built-in demo be shared in the same way.

import CLinux
import Glibc

/// Bytes destined for guest-physical memory, in a sealed memory file that any number of guests map privately.
package final class SharedImage: Sendable {
    /// Whole pages: `count` bytes at `offset` in the file belong at `physical`.
    package struct Extent: Equatable, Sendable {
        package let physical: UInt64
        package let count: UInt64
        package let offset: UInt64

        package init(physical: UInt64, count: UInt64, offset: UInt64) {
            self.physical = physical
            self.count = count
            self.offset = offset
        }
    }

    package let descriptor: Int32
    package let extents: [Extent]
    /// Bytes of file that were copied in.
    package let byteCount: UInt64

    /// Where bytes of `source` go. `physical` need not be aligned.
    struct Piece {
        let physical: UInt64
        let count: UInt64
        let sourceOffset: UInt64
    }

    private init(descriptor: Int32, extents: [Extent], byteCount: UInt64) {
        self.descriptor = descriptor
        self.extents = extents
        self.byteCount = byteCount
    }

    deinit { close(descriptor) }

    /// Copies pieces of a source to their places. Later pieces overwrite earlier ones where they overlap; pages that two
    /// pieces share hold both.
    convenience init(copying pieces: [Piece], of source: some ImageSource) throws(LaunchError) {
        let extents = Self.extents(covering: pieces)
        let file = try MemoryFile(name: source.name)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var total: UInt64 = 0
        for piece in pieces {
            // Every piece lies in one extent, for extents are the union of pieces.
            guard let extent = extents.last(where: { $0.physical <= piece.physical }) else { continue }
            var done: UInt64 = 0
            while done < piece.count {
                let wanted = Int(min(piece.count - done, UInt64(buffer.count)))
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
                let got = try source.read(at: piece.sourceOffset + done, into: part)
                guard got > 0 else {
                    throw LaunchError(
                        .image, path: source.name, "became shorter while it was read",
                        at: "at offset \(hex(piece.sourceOffset + done))", advice: "try again when it is complete")
                }
                try file.write(
                    UnsafeRawBufferPointer(rebasing: part[..<got]),
                    at: extent.offset + (piece.physical - extent.physical) + done)
                done += UInt64(got)
            }
            total += piece.count
        }
        self.init(
            descriptor: try file.seal(size: extents.last.map { $0.offset + $0.count } ?? 0), extents: extents,
            byteCount: total)
    }

    /// Collects what `produce` writes, one contiguous run from `physical` (page aligned) on.
    convenience init(
        streamingTo physical: UInt64, name: String,
        produce: (_ write: (UnsafeRawBufferPointer) throws(LaunchError) -> Void) throws(LaunchError) -> Void
    ) throws(LaunchError) {
        let file = try MemoryFile(name: name)
        var end: UInt64 = 0
        try produce { (bytes) throws(LaunchError) in
            try file.write(bytes, at: end)
            end += UInt64(bytes.count)
        }
        let size = roundedToPage(end)
        self.init(
            descriptor: try file.seal(size: size),
            extents: size == 0 ? [] : [Extent(physical: physical, count: size, offset: 0)], byteCount: end)
    }

    /// The smallest set of page ranges that holds all pieces, in ascending order, packed one after another in the file.
    private static func extents(covering pieces: [Piece]) -> [Extent] {
        var merged: [(start: UInt64, end: UInt64)] = []
        let ranges = pieces.filter { $0.count > 0 }.map {
            (start: $0.physical & ~4095, end: roundedToPage($0.physical + $0.count))
        }
        for range in ranges.sorted(by: { $0.start < $1.start }) {
            if let last = merged.last, range.start <= last.end {
                merged[merged.count - 1].end = max(last.end, range.end)
            } else {
                merged.append(range)
            }
        }
        var offset: UInt64 = 0
        return merged.map { range in
            defer { offset += range.end - range.start }
            return Extent(physical: range.start, count: range.end - range.start, offset: offset)
        }
    }

    /// Shows the bytes of one extent to `body`. The pages exist already, so looking costs no memory.
    func withBytes<Result>(
        of extent: Extent, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(LaunchError) -> Result {
        // SAFETY: the file is sealed against shrinking and `extent` lies inside it, so no access can fault; the mapping is
        // gone before this function returns.
        let address = mmap(nil, Int(extent.count), PROT_READ, MAP_SHARED, descriptor, off_t(extent.offset))
        guard let address, address != MAP_FAILED else {
            throw .system("cannot map \(extent.count) bytes of a kernel image", errno: errno)
        }
        defer { munmap(address, Int(extent.count)) }
        return body(UnsafeRawBufferPointer(start: address, count: Int(extent.count)))
    }
}

func roundedToPage(_ bytes: UInt64) -> UInt64 { (bytes + 4095) & ~4095 }

/// A memory file while it is being written.
private struct MemoryFile: ~Copyable {
    private let descriptor: Int32
    private let name: String

    init(name: String) throws(LaunchError) {
        self.name = name
        descriptor = memfd_create("lgtui-image", LINUX_MFD_CLOEXEC | LINUX_MFD_ALLOW_SEALING)
        guard descriptor >= 0 else {
            throw .system("cannot be copied into memory (memfd_create)", path: name, errno: errno)
        }
    }

    deinit { close(descriptor) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(LaunchError) {
        var done = 0
        while done < bytes.count {
            let put = retryingInterrupted {
                pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset) + off_t(done))
            }
            guard put > 0 else {
                throw .system("cannot be copied into memory", path: name, errno: put == 0 ? ENOSPC : errno)
            }
            done += put
        }
    }

    /// Fixes size and contents for good and returns a descriptor that the caller owns.
    consuming func seal(size: UInt64) throws(LaunchError) -> Int32 {
        let seals = LINUX_F_SEAL_SHRINK | LINUX_F_SEAL_GROW | LINUX_F_SEAL_WRITE | LINUX_F_SEAL_SEAL
        guard ftruncate(descriptor, off_t(size)) == 0, fcntl(descriptor, LINUX_F_ADD_SEALS, seals) == 0 else {
            throw .system("cannot be sealed in memory", path: name, errno: errno)
        }
        let owned = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard owned >= 0 else { throw .system("cannot be kept open", path: name, errno: errno) }
        return owned
    }
}
