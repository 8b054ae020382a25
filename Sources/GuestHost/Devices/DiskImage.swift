// The file or block device behind a guest's disk. Its whole job is one system call per request, straight between the disk and
// guest memory: scatter/gather, past the host's page cache where the file system allows it, since the guest has a cache of
// its own and two caches of the same bytes only cost memory.

import CLinux
import Glibc

/// The two calls that move data, replaceable so that tests can make disks fail in ways that real ones only do at night.
package protocol VectorIO: Sendable {
    /// `preadv(2)`/`pwritev(2)`: the number of bytes moved, or −1 with `errno` set.
    func read(_ descriptor: Int32, _ vectors: [iovec], at offset: Int64) -> Int
    func write(_ descriptor: Int32, _ vectors: [iovec], at offset: Int64) -> Int
}

/// The real thing.
package struct HostVectorIO: VectorIO {
    package init() {}
    package func read(_ descriptor: Int32, _ vectors: [iovec], at offset: Int64) -> Int {
        preadv(descriptor, vectors, Int32(vectors.count), off_t(offset))
    }
    package func write(_ descriptor: Int32, _ vectors: [iovec], at offset: Int64) -> Int {
        pwritev(descriptor, vectors, Int32(vectors.count), off_t(offset))
    }
}

/// An open disk image. Belongs to one guest's thread.
package final class DiskImage: @unchecked Sendable {
    package static let sectorSize = 512

    package let path: String
    package let readOnly: Bool
    /// Whole sectors; a few bytes at the end of a ragged file are not part of the disk.
    package let sectors: UInt64
    /// Whether O_DIRECT is on. It may go off once, when the file system turns out not to mean it.
    package private(set) var isDirect: Bool
    /// Requests that had to be copied.
    package private(set) var bounces: UInt64 = 0

    private var descriptor: Int32
    private let isRegular: Bool
    private let io: any VectorIO
    private var lock: ImageLock?
    private var bounce: UnsafeMutableRawBufferPointer?

    /// Opens, locks and measures an image.
    ///
    /// - Parameters:
    ///   - owner: the guest's name, for those who find the image locked.
    ///   - direct: tests may forbid O_DIRECT.
    package init(
        _ disk: GuestConfiguration.Disk, owner: String, direct: Bool = true, io: any VectorIO = HostVectorIO()
    ) throws(LaunchError) {
        let path = disk.path
        // O_NONBLOCK so that a FIFO with nobody at its other end is an error and not a wait without end.
        let flags = (disk.readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK
        let opened = retryingInterrupted { open(path, flags) }
        guard opened >= 0 else {
            var error = LaunchError.system("cannot be opened as a disk", path: path, errno: errno)
            if errno == EACCES, !disk.readOnly, access(path, R_OK) == 0 {
                error.advice = "it may be read but not written: add ,ro to the disk"
            }
            throw error
        }
        do throws(LaunchError) {
            var status = stat()
            guard fstat(opened, &status) == 0 else { throw .system("cannot be examined", path: path, errno: errno) }
            let type = status.st_mode & S_IFMT
            guard type == S_IFREG || type == S_IFBLK else {
                throw LaunchError(
                    .image, path: path, type == S_IFDIR ? "is a folder" : "is neither a file nor a block device",
                    advice: "a disk is a disk image or a block device")
            }
            let size = lseek(opened, 0, SEEK_END)
            guard size >= 0 else { throw .system("cannot be measured", path: path, errno: errno) }
            guard size >= Self.sectorSize else {
                throw LaunchError(
                    .image, path: path, "is too small for a disk",
                    at: "\(size) bytes, one sector is \(Self.sectorSize)",
                    advice: "make an image first, for example with truncate -s 64M")
            }
            lock = disk.readOnly ? nil : try ImageLock(opened, path: path, owner: owner)
            // Sector numbers are 32 bits wide in this protocol: a larger disk ends there.
            sectors = min(UInt64(size) / UInt64(Self.sectorSize), UInt64(UInt32.max))
            isRegular = type == S_IFREG
        } catch {
            Glibc.close(opened)
            throw error
        }
        self.path = path
        self.io = io
        descriptor = opened
        readOnly = disk.readOnly
        _ = fcntl(opened, F_SETFL, fcntl(opened, F_GETFL) & ~O_NONBLOCK)
        isDirect = direct && Self.enableDirect(opened)
    }

    deinit {
        bounce?.deallocate()
        close()
    }

    /// Unlocks and closes the image; whoever waits for it can have it from here on.
    package func close() {
        guard descriptor >= 0 else { return }
        // In this order: unlocking needs the descriptor.
        lock = nil
        Glibc.close(descriptor)
        descriptor = -1
    }

    package enum Direction: Sendable { case read, write }

    /// What became of a transfer: bytes moved, and the error that kept it from moving more, if one did.
    package struct Outcome: Equatable, Sendable {
        package var count: Int
        package var error: Int32?
    }

    /// H:172 Moves `count` bytes between `vectors` and the image at `offset`. Never beyond the end: the caller has checked that
    /// against `sectors`, and a regular file that became shorter since then is not made longer again.
    package func transfer(_ direction: Direction, _ vectors: [iovec], count: Int, at offset: UInt64) -> Outcome {
        if direction == .write, isRegular {
            var status = stat()
            if fstat(descriptor, &status) == 0, UInt64(max(status.st_size, 0)) < offset + UInt64(count) {
                return Outcome(count: 0, error: ENXIO)
            }
        }
        guard isDirect else { return moveAll(direction, vectors, at: offset) }
        if vectors.allSatisfy(Self.isAligned) {
            let outcome = moveAll(direction, vectors, at: offset)
            guard outcome.error == EINVAL, outcome.count == 0 else { return outcome }
        }
        let outcome = moveThroughBounce(direction, vectors, count: count, at: offset)
        guard outcome.error == EINVAL, outcome.count == 0 else { return outcome }
        // Even an aligned buffer was refused: this file wants larger blocks than sectors. The page cache does not mind.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~LINUX_O_DIRECT)
        isDirect = false
        return moveAll(direction, vectors, at: offset)
    }

    /// Repeats the call until all is moved. One call does it but for signals, ends of files and full disks, and for the
    /// latter two the second call says which it is.
    private func moveAll(_ direction: Direction, _ vectors: [iovec], at offset: UInt64) -> Outcome {
        var rest = vectors
        var done = 0
        while !rest.isEmpty {
            let position = Int64(clamping: offset + UInt64(done))
            let moved = retryingInterrupted {
                direction == .read ? io.read(descriptor, rest, at: position) : io.write(descriptor, rest, at: position)
            }
            if moved < 0 { return Outcome(count: done, error: errno) }
            if moved == 0 { return Outcome(count: done, error: nil) }
            done += moved
            rest = rest.dropping(moved)
        }
        return Outcome(count: done, error: nil)
    }

    private func moveThroughBounce(_ direction: Direction, _ vectors: [iovec], count: Int, at offset: UInt64) -> Outcome
    {
        bounces += 1
        let buffer = bounceBuffer(count)
        if direction == .write {
            var position = 0
            for vector in vectors {
                // SAFETY: the vectors cover guest memory that the caller checked, `count` bytes in all; so does the buffer.
                if let base = vector.iov_base {
                    buffer.baseAddress?.advanced(by: position).copyMemory(from: base, byteCount: vector.iov_len)
                }
                position += vector.iov_len
            }
        }
        let outcome = moveAll(direction, [iovec(iov_base: buffer.baseAddress, iov_len: count)], at: offset)
        if direction == .read {
            var position = 0
            for vector in vectors where position < outcome.count {
                let part = min(vector.iov_len, outcome.count - position)
                // SAFETY: as above, and no more than what was read.
                if let base = buffer.baseAddress { vector.iov_base?.copyMemory(from: base + position, byteCount: part) }
                position += part
            }
        }
        return outcome
    }

    private func bounceBuffer(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if let bounce, bounce.count >= count { return bounce }
        bounce?.deallocate()
        let new = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1 << 16), alignment: 4096)
        bounce = new
        return new
    }

    private static func isAligned(_ vector: iovec) -> Bool {
        (UInt(bitPattern: vector.iov_base) | UInt(vector.iov_len)) & UInt(sectorSize - 1) == 0
    }

    /// Turns O_DIRECT on where it works for single sectors, which a read of one finds out: some file systems refuse the
    /// flag, others accept it and then want 4096 bytes at a time, for which a guest's small requests would be no good.
    private static func enableDirect(_ descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | LINUX_O_DIRECT) == 0 else { return false }
        let probe = UnsafeMutableRawBufferPointer.allocate(byteCount: sectorSize, alignment: 4096)
        defer { probe.deallocate() }
        if retryingInterrupted({ pread(descriptor, probe.baseAddress, sectorSize, 0) }) == sectorSize { return true }
        _ = fcntl(descriptor, F_SETFL, flags)
        return false
    }
}

extension [iovec] {
    /// What is left after the first `count` bytes.
    fileprivate func dropping(_ count: Int) -> [iovec] {
        var left = count
        var rest: [iovec] = []
        for vector in self {
            let skipped = Swift.min(left, vector.iov_len)
            left -= skipped
            if skipped < vector.iov_len {
                rest.append(iovec(iov_base: vector.iov_base.map { $0 + skipped }, iov_len: vector.iov_len - skipped))
            }
        }
        return rest
    }
}
