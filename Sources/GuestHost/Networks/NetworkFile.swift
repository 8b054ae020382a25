// The file that makes a network. Opening it takes a slot, and the slot is ours as long as the file is open: no server, no
// registration, nothing to forget. Whoever may open the file may take part, and nobody else.

import CLinux
import Glibc
import Hypervisor
import Synchronization
import SystemPackage

/// One guest's place on a shared network.
package final class NetworkFile: Sendable {
    package let descriptor: Int32
    package let slot: Int
    /// What other guests of this process know the first page as.
    package let page: SharedPage
    /// Everything before the rings.
    package let head: SharedMapping
    private let isMM2007: Bool
    private let claimedIDs = Mutex<[UInt16]>([])
    private let isLeft = Atomic<Bool>(false)

    /// H:180 Opens or creates the file and takes the first free slot.
    package init(path: String, dialect: Dialect) throws(LaunchError) {
        let descriptor = retryingInterrupted { open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600) }
        guard descriptor >= 0 else { throw .system("cannot be opened as a network", path: path, errno: errno) }
        do throws(LaunchError) {
            try Self.prepare(descriptor, path: path)
            guard
                let slot = (0..<NetworkLayout.slots).first(where: {
                    OpenFileLock.take(NetworkLayout.slotLock($0), of: descriptor)
                })
            else {
                throw LaunchError(
                    .system, path: path, "has no free place: all \(NetworkLayout.slots) are taken or cannot be locked",
                    advice: "stop a guest, or use another file, on a file system with locks")
            }
            do {
                page = try SharedPage(of: FileDescriptor(rawValue: descriptor))
                head = try SharedMapping(file: descriptor, offset: 0, count: NetworkLayout.headSize)
            } catch let error as Errno {
                throw LaunchError.system("cannot be examined", path: path, errno: error.rawValue)
            } catch {
                throw LaunchError.system(
                    "cannot be mapped", path: path, errno: (error as? NetworkFileError)?.code ?? EINVAL)
            }
            self.slot = slot
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        isMM2007 = dialect == .mm2007
        cleanUp()
        forgetOldMail()
    }

    deinit { close(descriptor) }

    /// Makes sure that this is a network file, or becomes one, and not somebody's disk.
    private static func prepare(_ descriptor: Int32, path: String) throws(LaunchError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("cannot be examined", path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LaunchError(
                .system, path: path, "is not a regular file", advice: "name a file, or one that does not exist yet")
        }
        var mark = [UInt8](repeating: 0, count: NetworkLayout.mark.count)
        let got = retryingInterrupted { pread(descriptor, &mark, mark.count, off_t(NetworkLayout.markOffset)) }
        // A page alone is what the original launcher made. Zeroes are a file that somebody is making at this moment.
        let isOurs = got == mark.count && (mark == NetworkLayout.mark || mark.allSatisfy { $0 == 0 })
        let isNew = status.st_size == 0 || status.st_size == off_t(NetworkLayout.page)
        guard isNew || (isOurs && (mark == NetworkLayout.mark || isBlankHead(descriptor, status.st_size))) else {
            throw LaunchError(
                .system, path: path, "is not a network file", at: "\(status.st_size) bytes without its mark",
                advice: "name a file that does not exist yet, and it will be made")
        }
        try grow(descriptor, from: 0, count: Int64(NetworkLayout.headSize), path: path)
        guard
            retryingInterrupted({
                pwrite(descriptor, NetworkLayout.mark, NetworkLayout.mark.count, off_t(NetworkLayout.markOffset))
            }) == NetworkLayout.mark.count
        else {
            throw .system("cannot be made a network", path: path, errno: errno)
        }
    }

    /// Whether a file without a mark is one that another process has just grown: exactly so long, and nothing in it.
    private static func isBlankHead(_ descriptor: Int32, _ size: off_t) -> Bool {
        guard size == off_t(NetworkLayout.headSize) else { return false }
        var bytes = [UInt8](repeating: 0, count: NetworkLayout.headSize)
        let got = retryingInterrupted { pread(descriptor, &bytes, bytes.count, 0) }
        return got == bytes.count && bytes.allSatisfy { $0 == 0 }
    }

    private static func grow(_ descriptor: Int32, from start: Int64, count: Int64, path: String) throws(LaunchError) {
        guard let code = reserve(descriptor, from: start, count: count) else { return }
        throw .system("has no room for a network", path: path, errno: code)
    }

    /// Makes part of the file exist, with blocks on the disk behind it: a full disk should be an error here, not a bus
    /// error later. Never makes it shorter, whoever else does the same at the same time. - Returns: nil, or an errno.
    static func reserve(_ descriptor: Int32, from start: Int64, count: Int64) -> Int32? {
        if retryingInterrupted({ fallocate(descriptor, 0, off_t(start), off_t(count)) }) == 0 { return nil }
        guard errno == EOPNOTSUPP || errno == ENOSYS else { return errno }
        // Some file systems cannot. A part that does not exist yet has no user whose last byte this could be.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return errno }
        if Int64(status.st_size) >= start + count { return nil }
        var zero: UInt8 = 0
        return retryingInterrupted { pwrite(descriptor, &zero, 1, off_t(start + count - 1)) } == 1 ? nil : errno
    }

    // MARK: Slots

    private var unused: UInt8 { isMM2007 ? 0xff : 0 }

    private func setUnused(_ slot: Int) {
        for index in 0..<NetworkLayout.macSize {
            (head.base + slot * NetworkLayout.macSize + index).storeBytes(of: unused, as: UInt8.self)
        }
    }

    /// Whether a slot shows a MAC: in one dialect zeroes are none, in the other ones.
    func isShown(_ slot: Int) -> Bool {
        let first = (head.base + slot * NetworkLayout.macSize).load(as: UInt8.self)
        return first != 0 && first != 0xff
    }

    /// The MAC that the guest in a slot shows, without the bit that asks for every packet; nil when it shows none.
    package func address(of slot: Int) -> [UInt8]? {
        guard isShown(slot) else { return nil }
        var mac = (0..<NetworkLayout.macSize).map {
            (head.base + slot * NetworkLayout.macSize + $0).load(as: UInt8.self)
        }
        mac[0] &= 0xfe
        return mac
    }

    package func isTaken(_ other: Int) -> Bool { OpenFileLock.isTaken(NetworkLayout.slotLock(other), of: descriptor) }

    /// How many other slots show a MAC.
    package var peers: Int { (0..<NetworkLayout.slots).count { $0 != slot && isShown($0) } }

    /// H:182 Wipes out what those left behind who went without a word.
    private func cleanUp() {
        setUnused(slot)
        for other in 0..<NetworkLayout.slots where other != slot { wipeIfDead(other) }
    }

    /// Marks a slot as unused if its owner is gone. Its lock is held meanwhile, lest somebody moves in.
    @discardableResult
    func wipeIfDead(_ other: Int) -> Bool {
        let first = (head.base + other * NetworkLayout.macSize).load(as: UInt8.self)
        if first == unused { return !isTaken(other) }
        guard OpenFileLock.take(NetworkLayout.slotLock(other), of: descriptor) else { return false }
        setUnused(other)
        OpenFileLock.release(NetworkLayout.slotLock(other), of: descriptor)
        return true
    }

    /// What was sent to the slot's former owner is not for us: empties all rings that lead here.
    private func forgetOldMail() {
        for word in 0..<NetworkLayout.senderWords {
            head.word(doorbell(slot) + NetworkLayout.sendersField + 4 * word).pointee.store(0, ordering: .relaxed)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        for sender in 0..<NetworkLayout.slots where sender != slot {
            let ring = NetworkLayout.ring(from: sender, to: slot)
            // Beyond the end of the file there are no rings, and none of any later sender either.
            guard ring + Int64(NetworkLayout.ringSize) <= Int64(status.st_size) else {
                if sender > slot { break }
                continue
            }
            var tail: UInt32 = 0
            guard pread(descriptor, &tail, 4, off_t(ring) + off_t(NetworkLayout.ringTailField)) == 4 else { continue }
            var head: UInt32 = 0
            guard pread(descriptor, &head, 4, off_t(ring) + off_t(NetworkLayout.ringHeadField)) == 4, head != tail
            else { continue }
            _ = pwrite(descriptor, &tail, 4, off_t(ring) + off_t(NetworkLayout.ringHeadField))
        }
    }

    package func doorbell(_ slot: Int) -> Int { NetworkLayout.doorbellOffset + slot * NetworkLayout.doorbellSize }

    // MARK: Ids

    /// Reserves a guest id on this network, if nobody has it and nobody shows a MAC that is made of it.
    package func claimID(_ id: UInt16) -> Bool {
        let mac: [UInt8] = [2, 0, UInt8(id & 255), UInt8(id >> 8), 0, 0]
        for other in 0..<NetworkLayout.slots where other != slot && address(of: other) == mac { return false }
        guard OpenFileLock.take(NetworkLayout.idLock(id), of: descriptor) else { return false }
        claimedIDs.withLock { $0.append(id) }
        return true
    }

    package func giveBackID(_ id: UInt16) {
        claimedIDs.withLock { $0.removeAll { $0 == id } }
        OpenFileLock.release(NetworkLayout.idLock(id), of: descriptor)
    }

    /// Leaves the network: nobody sends here any more, and the slot is free.
    package func leave() {
        guard !isLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
        setUnused(slot)
        for id in claimedIDs.withLock({ $0 }) { giveBackID(id) }
        OpenFileLock.release(NetworkLayout.slotLock(slot), of: descriptor)
    }
}
