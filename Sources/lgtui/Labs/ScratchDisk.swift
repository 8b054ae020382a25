// A disk that exists only while the program runs: the demo lab needs something to read and write, and nobody wants to
// find images in a folder afterwards. It is memory with a file descriptor, and its path leads through /proc.

import CLinux
import Glibc
import SystemPackage

/// An anonymous disk image. Keep it as long as guests use its path.
package final class ScratchDisk: Sendable {
    package let path: String
    private let descriptor: Int32

    /// - Parameter size: as for memory: `8m`, `512K`; no suffix means MiB.
    package init(size: String) throws(UsageError) {
        guard let bytes = Self.bytes(size) else {
            throw UsageError("\"\(size)\" is no size from 512 bytes to 1g, such as \"8m\"")
        }
        descriptor = memfd_create("lgtui-scratch", LINUX_MFD_CLOEXEC)
        guard descriptor >= 0, ftruncate(descriptor, Int(bytes)) == 0 else {
            throw UsageError("cannot make a disk in memory: \(Errno(rawValue: errno))")
        }
        path = "/proc/self/fd/\(descriptor)"
        Self.greet(descriptor)
    }

    deinit { close(descriptor) }

    private static func bytes(_ text: String) -> Int? {
        var digits = Substring(text)
        var shift = 20
        if let unit = digits.last, let known = ["k": 10, "m": 20, "g": 30][unit.lowercased()] {
            shift = known
            digits.removeLast()
        }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), number > 0,
            number <= 1 << 30
        else { return nil }
        let bytes = number << shift
        return (512...1 << 30).contains(bytes) ? bytes : nil
    }

    /// The first sector says what this is, so that reading an empty disk shows something.
    private static func greet(_ descriptor: Int32) {
        let text = "This is a scratch disk of lgtui. It lives in memory and ends with the program.\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }
}
