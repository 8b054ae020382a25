// Guests behind taps may meet on a bridge, or on a wire beyond it, whatever program they belong to; and a guest's MAC is made
// of its id. So all guests with taps on one machine draw their ids from one file of locks, which like every lock here
// vanish with their owners.

import CLinux
import Glibc
import Synchronization

/// Ids that are taken on this machine.
final class IDFile: Sendable {
    private let descriptor: Int32
    private let claimed = Mutex<[UInt16]>([])

    /// The first place that takes a file. Where none does, ids are unique in this process only, as they always are.
    package init(folders: [String] = ["/run/lock", "/run", "/tmp"]) {
        var descriptor: Int32 = -1
        for folder in folders where descriptor < 0 {
            let path = "\(folder)/lgtui-taps.\(geteuid())"
            // Not through somebody else's symbolic link, and not a file that somebody else made.
            let candidate = retryingInterrupted { open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
            guard candidate >= 0 else { continue }
            var status = stat()
            if fstat(candidate, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG {
                descriptor = candidate
            } else {
                close(candidate)
            }
        }
        self.descriptor = descriptor
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func claim(_ id: UInt16) -> Bool {
        guard descriptor >= 0 else { return true }
        guard OpenFileLock.take(NetworkLayout.idLock(id), of: descriptor) else { return false }
        claimed.withLock { $0.append(id) }
        return true
    }

    func giveBack(_ id: UInt16) {
        guard descriptor >= 0 else { return }
        claimed.withLock { $0.removeAll { $0 == id } }
        OpenFileLock.release(NetworkLayout.idLock(id), of: descriptor)
    }

    func giveBackAll() {
        for id in claimed.withLock({ $0 }) { giveBack(id) }
    }
}
