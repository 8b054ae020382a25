// Files that the user asked for by name: what was copied, what is on a screen.

import Glibc
import SystemPackage

/// Writes `bytes` to `file`, replacing what was there, and says how it went.
package func writeFile(_ file: String, _ bytes: [UInt8]) -> PaneNews {
    let path = file.hasPrefix("~/") ? homeDirectory() + file.dropFirst() : file
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o666)
    guard descriptor >= 0 else {
        return PaneNews("\(file) cannot be written: \(Errno(rawValue: errno))".onOneLine, isBad: true)
    }
    let isWritten = writeAll(descriptor, bytes)
    let code = errno
    // Some file systems find out that they are full only now.
    if close(descriptor) == 0 && isWritten {
        return PaneNews("\(bytes.count) bytes written to \(file)".onOneLine)
    }
    return PaneNews("\(file) is not complete: \(Errno(rawValue: isWritten ? errno : code))".onOneLine, isBad: true)
}

private func homeDirectory() -> String { getenv("HOME").map { String(cString: $0) } ?? "" }
