// One process, many guests, few kernels: the library hands the same unpacked image to every guest that asks for the
// same file while somebody still uses it, and forgets it afterwards. "The same file" means the same inode, length and time of
// change, so that a rebuilt kernel is a new one.

import Glibc
import Synchronization

/// Images in use by the guests of this process.
package final class ImageLibrary: Sendable {
    /// The one that guests use when nobody says otherwise.
    package static let shared = ImageLibrary()

    private enum Key: Hashable {
        case kernelFile(FileIdentity)
        case kernelBytes(name: String, count: Int)
        case initrd(FileIdentity, padding: UInt64)
    }

    private struct Entry {
        weak var image: SharedImage?
        weak var kernel: KernelImage?
        /// The contents that a `kernelBytes` stands for; the name alone proves nothing.
        var bytes: [UInt8] = []
        var isAlive: Bool { image != nil || kernel != nil }
    }

    private let entries = Mutex<[Key: Entry]>([:])

    package init() {}

    /// The kernel from `source`, unpacked now or earlier. Loading happens under the lock: guests that start together
    /// and want the same kernel wait for the first one instead of unpacking it as well.
    package func kernel(from source: KernelSource, memory: MemorySize) throws(LaunchError) -> KernelImage {
        let kernel: KernelImage
        switch source {
        case .file(let path):
            let file = try FileImage(path: path)
            kernel = try find(.kernelFile(file.identity)) { () throws(LaunchError) in
                try KernelImage(reading: file, memory: memory)
            }
        case .bytes(let name, let bytes):
            kernel = try find(.kernelBytes(name: name, count: bytes.count), bytes: bytes) { () throws(LaunchError) in
                try KernelImage(reading: MemoryImage(name: name, contents: bytes), memory: memory)
            }
        }
        // One that was loaded for a larger guest may still be too large for this one.
        guard kernel.end <= memory.bytes else {
            throw LaunchError(
                .image, path: source.name, "does not fit into \(memory) of guest memory",
                at: "it ends at \(hex(kernel.end))", advice: "give the guest more memory")
        }
        return kernel
    }

    /// An initrd file, placed so that it starts `padding` bytes into a page (see `BootLayout`).
    package func initrd(_ file: FileImage, padding: UInt64) throws(LaunchError) -> SharedImage {
        let key = Key.initrd(file.identity, padding: padding)
        return try entries.withLock { (entries) throws(LaunchError) in
            if let image = entries[key]?.image { return image }
            let image = try SharedImage(
                copying: [.init(physical: padding, count: file.count, sourceOffset: 0)], of: file)
            entries = entries.filter { $0.value.isAlive }
            entries[key] = Entry(image: image)
            return image
        }
    }

    /// How many images are alive; for tests.
    package var count: Int { entries.withLock { $0.values.count(where: \.isAlive) } }

    private func find(
        _ key: Key, bytes: [UInt8] = [], load: () throws(LaunchError) -> KernelImage
    ) throws(LaunchError) -> KernelImage {
        try entries.withLock { (entries) throws(LaunchError) in
            if let entry = entries[key], entry.bytes == bytes, let kernel = entry.kernel { return kernel }
            let kernel = try load()
            entries = entries.filter { $0.value.isAlive }
            entries[key] = Entry(kernel: kernel, bytes: bytes)
            return kernel
        }
    }
}
