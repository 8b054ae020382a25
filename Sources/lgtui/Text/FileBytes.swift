// Small files (labs, themes, configuration) are read whole. A name that leads to a directory, a device that never
// ends or a file of gigabytes must give one line, not a hang.

import Glibc
import SystemPackage

/// What is in the folder at `path`, at most `limit` names, `.` and `..` left out; nothing when it cannot be read.
package func folderEntries(_ path: String, limit: Int = 1000) -> [(name: String, isFolder: Bool)] {
    guard let listing = opendir(path) else { return [] }
    defer { closedir(listing) }
    var found: [(name: String, isFolder: Bool)] = []
    while let entry = readdir(listing), found.count < limit {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            // SAFETY: d_name is a NUL-terminated array inside of the entry.
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { found.append((name, entry.pointee.d_type == UInt8(DT_DIR))) }
    }
    return found
}

/// Reads a regular file (or a pipe such as `<(…)`) of at most `limit` bytes.
package func readSmallFile(_ path: String, limit: Int = TomlDocument.maximumBytes) throws(Diagnostic) -> [UInt8] {
    func fail(_ text: String) -> Diagnostic { Diagnostic(file: path, text: text) }
    if path.isEmpty { throw fail("the file name is empty") }
    // O_NONBLOCK: opening a FIFO without a writer must not hang before we have looked at what it is.
    let fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard fd >= 0 else { throw fail("cannot be read: \(Errno(rawValue: errno))") }
    defer { close(fd) }
    var status = stat()
    guard fstat(fd, &status) == 0 else { throw fail("cannot be read: \(Errno(rawValue: errno))") }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw fail("is a directory, not a file")
    case S_IFIFO: _ = fcntl(fd, F_SETFL, 0)
    default: throw fail("is not a regular file")
    }
    var bytes: [UInt8] = []
    while true {
        let chunk = 64 << 10
        var count = 0
        let wanted = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, filled in
            count = read(fd, buffer.baseAddress, chunk)
            filled = max(0, count)
        }
        if count < 0 {
            if errno == EINTR { continue }
            throw fail("cannot be read: \(Errno(rawValue: errno))")
        }
        if count == 0 { return bytes }
        bytes += wanted
        if bytes.count > limit { throw fail("is larger than \(limit >> 10) KiB, so it is not a text of ours") }
    }
}
