// Memory for generated code. The same pages are mapped twice: written through one mapping, executed through the other,
// so that at no address anything is both writable and executable, and a stray store of ours finds no code to spoil.

import CLinux
import Glibc

/// A fixed range of executable memory. Pages cost nothing until code is put there.
final class CodeMemory {
    /// Where code is written.
    let writable: UnsafeMutableRawPointer
    /// The same bytes where they run.
    let executable: UnsafeRawPointer
    let size: Int

    init(size: Int) throws(HostMemoryError) {
        let fd = memfd_create("lgtui-code", LINUX_MFD_CLOEXEC)
        guard fd >= 0 else { throw HostMemoryError(errno: errno) }
        defer { close(fd) }
        guard ftruncate(fd, off_t(size)) == 0 else { throw HostMemoryError(errno: errno) }
        writable = try Self.map(fd, size, PROT_READ | PROT_WRITE)
        do throws(HostMemoryError) {
            executable = UnsafeRawPointer(try Self.map(fd, size, PROT_READ | PROT_EXEC))
        } catch {
            munmap(writable, size)
            throw error
        }
        self.size = size
    }

    deinit {
        munmap(writable, size)
        munmap(UnsafeMutableRawPointer(mutating: executable), size)
    }

    private static func map(_ fd: Int32, _ size: Int, _ rights: Int32) throws(HostMemoryError)
        -> UnsafeMutableRawPointer
    {
        let p = mmap(nil, size, rights, MAP_SHARED, fd, 0)
        guard let p, p != MAP_FAILED else { throw HostMemoryError(errno: errno) }
        return p
    }
}
