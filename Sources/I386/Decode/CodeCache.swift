// Where decoded code lives, and how it dies. Guests write their own code (loaders, patchers, page reuse), so every
// frame remembers which of its 64-byte granules have been decoded; a store elsewhere in the page costs a look at one
// bit, not a decoded page.

import Glibc
import Synchronization

/// The tables of decoded code of one CPU. All of it belongs to the CPU's thread.
final class CodeCache {
    /// Per frame: bit *i* is set when bytes 64·i … 64·i+63 hold decoded code.
    let granules: UnsafeMutablePointer<UInt64>
    /// Per frame: some TLB entry may allow stores without looking at `granules`.
    let writeMapped: UnsafeMutablePointer<UInt8>
    let frames: Int

    init(frames: Int) throws(HostMemoryError) {
        self.frames = frames
        granules = try GuestMemory.reserve(frames * 8).bindMemory(to: UInt64.self, capacity: frames)
        writeMapped = try GuestMemory.reserve(frames).bindMemory(to: UInt8.self, capacity: frames)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(granules), frames * 8)
        munmap(UnsafeMutableRawPointer(writeMapped), frames)
    }
}

extension CPU {
    /// The guest, or the CPU for it, has stored `count` bytes (inside one page) at a host address in guest memory.
    @inline(__always)
    func noteWrite(host: UnsafeMutableRawPointer, count: Int) {
        noteWrite(physical: host - memory.base, count: count)
    }
    @inline(__always)
    func noteWrite(physical: Int, count: Int) {
        if memory.frameHasCode[physical >> 12].load(ordering: .relaxed) != 0 {
            dropCode(physical: physical, count: count)
        }
    }
    @inline(never)
    func dropCode(physical: Int, count: Int) {
    }
}
