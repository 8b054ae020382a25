// Two writers on one disk image end in a file system that both guests believe and neither should. So an image that is opened
// for writing is locked, and whoever comes second is told who came first.
//
// The lock is flock(2): it belongs to the open file, so that two guests of one process exclude each other, it vanishes with its
// owner whatever happens, it works on block devices (udev respects it there), and unlike an open-file-description lock it lets
// one ask for its holder: the kernel lists it in /proc/locks with the number of the process.

import Glibc
import Synchronization

/// An exclusive lock on an open file; released with this object or when the descriptor is closed.
package final class ImageLock: Sendable {
    private struct Place: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Which guest of this process holds what, for messages only; the lock itself is the kernel's business.
    private static let holders = Mutex<[Place: String]>([:])

    private let descriptor: Int32
    private let place: Place

    /// Locks `descriptor` for the guest called `owner`.
    package init(_ descriptor: Int32, path: String, owner: String) throws(LaunchError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("cannot be examined", path: path, errno: errno) }
        let place = Place(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard retryingInterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
            let code = errno
            guard code == EWOULDBLOCK else { throw .system("cannot be locked", path: path, errno: code) }
            let holder = Self.describeHolder(of: place, status)
            throw LaunchError(
                .system, path: path, "is in use for writing by \(holder)",
                advice: "stop it, copy the image, or open it read-only with ,ro")
        }
        Self.holders.withLock { $0[place] = owner }
        self.descriptor = descriptor
        self.place = place
    }

    deinit {
        // First the name, then the lock: the other way round could erase the name of the next holder.
        _ = Self.holders.withLock { $0.removeValue(forKey: place) }
        flock(descriptor, LOCK_UN)
    }

    private static func describeHolder(of place: Place, _ status: stat) -> String {
        guard let process = lockingProcess(of: status) else { return "another process" }
        if process == getpid(), let guest = holders.withLock({ $0[place] }) {
            return "guest '\(printable(guest))' of this program"
        }
        guard let command = readSmallFile("/proc/\(process)/comm") else {
            // A lock outlives the process that took it when a child inherited the file.
            return "a child of process \(process), which is gone"
        }
        return "process \(process) (\(printable(command.trimmingNewline)))"
    }

    /// The process that /proc/locks lists for a write flock on this file. Each line reads
    /// `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`, the file as major:minor in hex and inode in decimal.
    private static func lockingProcess(of status: stat) -> pid_t? {
        guard let table = readSmallFile("/proc/locks") else { return nil }
        let major = (status.st_dev >> 8) & 0xfff
        let minor = (status.st_dev & 0xff) | ((status.st_dev >> 12) & 0xfff00)
        func padded(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }
        let exact = "\(padded(UInt64(major))):\(padded(UInt64(minor))):\(status.st_ino)"
        var sameInode: pid_t?
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", let process = pid_t(words[4]), process > 0
            else { continue }
            if words[5] == exact { return process }
            // Layered file systems show one device here and another in stat; the inode is the better witness then.
            if words[5].hasSuffix(":\(status.st_ino)") { sameInode = process }
        }
        return sameInode
    }
}

extension String {
    fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}

/// The contents of a file in /proc, up to 1 MiB, or nil.
private func readSmallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count < 1 << 20 {
        let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 14) { buffer, count in
            count = max(0, retryingInterrupted { read(descriptor, buffer.baseAddress, buffer.count) })
        }
        if chunk.isEmpty { break }
        bytes += chunk
    }
    return String(decoding: bytes, as: UTF8.self)
}
