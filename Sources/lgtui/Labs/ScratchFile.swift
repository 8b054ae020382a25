// A file that exists only while the program runs: the demo lab needs something to read and write and a wire to talk
// over, and nobody wants to find images in a folder afterwards. It is memory with a file descriptor, and its path leads
// through /proc.

import CLinux
import Glibc
import SystemPackage

/// An anonymous disk image or network file. Keep it as long as guests use its path.
package final class ScratchFile: Sendable {
    package let path: String
    private let descriptor: Int32

    /// A disk, of a size written as for memory: `8m`, `512K`; no suffix means MiB.
    package static func disk(size: String) throws(UsageError) -> ScratchFile {
        guard let bytes = bytes(size) else {
            throw UsageError("\"\(size)\" is no size from 512 bytes to 1g, such as \"8m\"")
        }
        let file = try ScratchFile(size: bytes)
        file.greet()
        return file
    }

    /// A network that guests of this program can be on, and nobody else.
    package static func network() throws(UsageError) -> ScratchFile { try ScratchFile(size: 0) }

    private init(size: Int) throws(UsageError) {
        descriptor = memfd_create("lgtui-scratch", LINUX_MFD_CLOEXEC)
        guard descriptor >= 0, ftruncate(descriptor, size) == 0 else {
            throw UsageError("cannot make a file in memory: \(Errno(rawValue: errno))")
        }
        path = "/proc/self/fd/\(descriptor)"
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
    private func greet() {
        let text = "This is a scratch disk of lgtui. It lives in memory and ends with the program.\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }
}
