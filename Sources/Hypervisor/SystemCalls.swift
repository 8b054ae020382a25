// The four system calls that a character device needs, behind a protocol, so that tests can hand back EINTR, EIO or
// half a read at will: kernels do that rarely, and never when asked.

import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

// H:810
/// The system calls of a device handle. All of them throw the plain C error and retry nothing.
public protocol SystemCalls: Sendable {
    /// `open(2)` for reading and writing, close-on-exec.
    func open(_ path: FilePath) throws(Errno) -> FileDescriptor
    /// `read(2)`: the number of bytes, perhaps fewer than asked, 0 at the end.
    func read(_ descriptor: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int
    /// `write(2)`: whatever the device answers; for some lguest requests that is a value, not a count.
    func write(_ descriptor: FileDescriptor, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int
    /// `close(2)`; an error has nowhere to go and is dropped.
    func close(_ descriptor: FileDescriptor)
}

/// The real thing.
public struct HostSystemCalls: SystemCalls {
    public init() {}

    public func open(_ path: FilePath) throws(Errno) -> FileDescriptor {
        // SAFETY: the path is a NUL-terminated string for the length of the call.
        let descriptor = path.withPlatformString { Glibc.open($0, O_RDWR | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: descriptor)
    }

    public func read(
        _ descriptor: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        // SAFETY: the kernel writes at most `count` bytes into a buffer of that size.
        let count = Glibc.read(descriptor.rawValue, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return count
    }

    public func write(_ descriptor: FileDescriptor, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        // SAFETY: the kernel reads at most `count` bytes of a buffer of that size.
        let answer = Glibc.write(descriptor.rawValue, bytes.baseAddress, bytes.count)
        guard answer >= 0 else { throw Errno(rawValue: errno) }
        return answer
    }

    public func close(_ descriptor: FileDescriptor) { _ = Glibc.close(descriptor.rawValue) }
}
