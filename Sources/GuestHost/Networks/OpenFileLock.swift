// Byte-range locks that belong to an open file and not to a process: two guests of one process exclude each other with them
// just as two programs do, and the kernel drops them with the last descriptor, however its owner ended. (Linux, fcntl(2),
// "Open file description locks". They conflict with the classic kind, which is what the original launcher took.)

import CLinux
import Glibc

/// Locks of single bytes of a file. The bytes need not exist.
enum OpenFileLock {
    private static func request(_ kind: Int32, _ byte: Int64) -> flock {
        var request = flock()
        request.l_type = Int16(kind)
        request.l_whence = Int16(SEEK_SET)
        request.l_start = off_t(byte)
        request.l_len = 1
        return request
    }

    /// Locks a byte if nobody else has it; never waits.
    static func take(_ byte: Int64, of descriptor: Int32) -> Bool {
        var request = request(F_WRLCK, byte)
        return fcntl(descriptor, LINUX_F_OFD_SETLK, &request) == 0
    }

    static func release(_ byte: Int64, of descriptor: Int32) {
        var request = request(F_UNLCK, byte)
        _ = fcntl(descriptor, LINUX_F_OFD_SETLK, &request)
    }

    /// Whether somebody other than `descriptor` has locked the byte.
    static func isTaken(_ byte: Int64, of descriptor: Int32) -> Bool {
        var request = request(F_WRLCK, byte)
        return fcntl(descriptor, LINUX_F_OFD_GETLK, &request) == 0 && request.l_type != Int16(F_UNLCK)
    }
}
