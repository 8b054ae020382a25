// A kernel comes from a file or out of the program itself (the demo guest is a byte array inside lgtui). Loading code
// sees neither: it asks for bytes at an offset and gets them, or fewer, or an error that names the file.

import Glibc

/// Random access to the bytes of one image.
package protocol ImageSource {
    /// For messages: the path as typed, or the name of a built-in image.
    var name: String { get }
    /// Bytes in all.
    var count: UInt64 { get }
    /// Copies the bytes from `offset` on; returns how many there were, fewer than asked only at the end.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(LaunchError) -> Int
}

extension ImageSource {
    /// Exactly `count` bytes, or the sentence about a file that ends too early.
    func bytes(at offset: UInt64, count: Int, what: String) throws(LaunchError) -> [UInt8] {
        var failure: LaunchError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(LaunchError) {
                filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard bytes.count == count else {
            throw LaunchError(
                .image, path: name, "ends inside its \(what)",
                at: "\(count) bytes wanted at offset \(hex(offset)), the file has \(self.count)",
                advice: "the file is truncated: copy or build it again")
        }
        return bytes
    }
}

/// An image that is already in memory.
package struct MemoryImage: ImageSource {
    package let name: String
    let contents: [UInt8]
    package var count: UInt64 { UInt64(contents.count) }

    package init(name: String, contents: [UInt8]) {
        self.name = name
        self.contents = contents
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset < count, let start = Int(exactly: offset) else { return 0 }
        let count = min(buffer.count, contents.count - start)
        contents.withUnsafeBytes { source in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
        }
        return count
    }
}

/// An image in a file that is open for reading; closes it when it goes.
package final class FileImage: ImageSource {
    package let name: String
    package let count: UInt64
    package let identity: FileIdentity
    private let descriptor: Int32

    /// Opens a regular file. Folders, pipes and devices are refused: an image is measured before it is read.
    package init(path: String) throws(LaunchError) {
        let descriptor = retryingInterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw .system("cannot be opened", path: path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw .system("cannot be examined", path: path, errno: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw LaunchError(
                .image, path: path, isFolder ? "is a folder" : "is not a regular file",
                advice: "name the kernel or initrd file itself")
        }
        self.name = path
        self.descriptor = descriptor
        count = UInt64(max(status.st_size, 0))
        identity = FileIdentity(status)
    }

    deinit { close(descriptor) }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(LaunchError) -> Int {
        guard let start = off_t(exactly: offset) else { return 0 }
        var done = 0
        while done < buffer.count {
            let got = retryingInterrupted {
                pread(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, start &+ off_t(done))
            }
            guard got >= 0 else { throw .system("cannot be read at offset \(hex(offset))", path: name, errno: errno) }
            if got == 0 { break }
            done += got
        }
        return done
    }
}

/// What makes a file the same file as a moment ago: where it lies, how long it is, and when it last changed.
package struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// Repeats a system call that a signal interrupted. SIGWINCH and friends arrive at the worst times.
func retryingInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
