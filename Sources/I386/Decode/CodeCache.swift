// Where decoded code lives, and how it dies. Guests write their own code (loaders, patchers, page reuse), so every
// frame remembers which of its 64-byte granules have been decoded; a store elsewhere in the page costs a look at one
// bit, not a decoded page.

import Glibc
import Synchronization

/// The tables of decoded code of one CPU. All of it belongs to the CPU's thread.
final class CodeCache {
    /// Per frame: bit *i* is set when bytes 64·i … 64·i+63 hold decoded code.
    let granules: UnsafeMutablePointer<UInt64>
    /// Per frame: the first of the blocks with bytes in it.
    let blocks: UnsafeMutablePointer<BlockPointer?>
    /// Per frame: some TLB entry may allow stores without looking at `granules`.
    let writeMapped: UnsafeMutablePointer<UInt8>
    let frames: Int

    /// Blocks by physical and virtual address.
    let buckets: UnsafeMutablePointer<BlockPointer?>
    /// Blocks by virtual address alone, under the tag they were found with.
    let jumps: UnsafeMutablePointer<Link>
    /// Blocks are carved off here, one after the other, until it is full and everything is forgotten.
    let arena: UnsafeMutableRawPointer
    var used = 0
    /// Frames that were ever marked since the last wholesale drop.
    var marked: [UInt32] = []
    /// Counts wholesale drops, so that a caller knows whether its blocks survived.
    var generation: UInt64 = 0
    /// Blocks that died by stores into them.
    var deaths: UInt64 = 0
    /// Blocks ever built.
    var built: UInt64 = 0
    /// For instructions decoded on the spot.
    let scratch: BlockPointer

    /// 2¹⁵, which the shift in `bucket` knows too.
    static var bucketCount: Int { 1 << 15 }
    static var jumpCount: Int { 1 << 12 }
    static var arenaSize: Int { 24 << 20 }
    static var maximumInstructions: Int { 64 }
    /// A block of the greatest length, with the boundary op and the spare slot behind it.
    static var maximumBlockSize: Int { Block.headerSize + (maximumInstructions + 2) * MemoryLayout<Op>.stride }

    init(frames: Int) throws(HostMemoryError) {
        self.frames = frames
        // One reservation, cut into tables. Fresh pages are zero, and zero bytes mean "no code", "nil" and a link with
        // tag 0, which no CPU ever has.
        let sizes = [
            frames * 8, frames * 8, frames, Self.bucketCount * 8, Self.jumpCount * MemoryLayout<Link>.stride,
            Self.arenaSize, Self.maximumBlockSize,
        ]
        total = sizes.reduce(0) { $0 + ($1 + 63) & ~63 }
        start = try GuestMemory.reserve(total)
        var at = start
        func cut(_ i: Int) -> UnsafeMutableRawPointer {
            defer { at += (sizes[i] + 63) & ~63 }
            return at
        }
        granules = cut(0).bindMemory(to: UInt64.self, capacity: frames)
        blocks = cut(1).bindMemory(to: BlockPointer?.self, capacity: frames)
        writeMapped = cut(2).bindMemory(to: UInt8.self, capacity: frames)
        buckets = cut(3).bindMemory(to: BlockPointer?.self, capacity: Self.bucketCount)
        jumps = cut(4).bindMemory(to: Link.self, capacity: Self.jumpCount)
        arena = cut(5)
        scratch = cut(6).bindMemory(to: Block.self, capacity: 1)
    }

    deinit { munmap(start, total) }

    private let start: UnsafeMutableRawPointer
    private let total: Int

    @inline(__always) static func bucket(_ physical: UInt32, _ eip: UInt32) -> Int {
        Int((physical &* 0x9e37_79b1 ^ eip &* 0x85eb_ca6b) >> 17)
    }
    @inline(__always) static func jump(_ eip: UInt32) -> Int {
        Int((eip ^ eip >> 12) & UInt32(jumpCount - 1))
    }
}

extension CPU {
    // MARK: Marks

    /// A frame gets decoded code in `range` (offsets in the page): stores into it must be seen from now on.
    func markCode(frame: Int, _ first: Int, _ last: Int) {
        code.granules[frame] |= Self.granuleMask(first, last)
        guard memory.frameHasCode[frame].load(ordering: .relaxed) == 0 else { return }
        memory.frameHasCode[frame].store(1, ordering: .relaxed)
        code.marked.append(UInt32(frame))
        // Pairs with the fence in `noteExternalWrite`: the mark must be out before the bytes are read again.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard code.writeMapped[frame] != 0 else { return }
        code.writeMapped[frame] = 0
        let page = Int(bitPattern: memory.base + frame << 12)
        for i in 0..<Self.spaceCount where spaces[i].directory != AddressSpace.none {
            spaces[i].forEachUsed { e in
                guard e.pointee.writeTag != .max else { return e.pointee.readTag != .max }
                if e.pointee.addend &+ Int(e.pointee.writeTag & 0xffff_f000) == page {
                    e.pointee.writeTag |= TLBEntry.codeBit
                }
                return true
            }
        }
    }

    /// Blocks in one frame beyond which a store kills them all rather than look for the right ones.
    private static var crowd: Int { 512 }

    /// Whether any byte in a range (offsets in the page) may belong to a block.
    func holdsCode(frame: Int, _ first: Int, _ last: Int) -> Bool {
        code.granules[frame] & Self.granuleMask(first, last) != 0
    }

    private static func granuleMask(_ first: Int, _ last: Int) -> UInt64 {
        let low = UInt64.max << UInt64(first >> 6)
        let high = UInt64.max >> UInt64(63 - last >> 6)
        return low & high
    }

    // MARK: Stores

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

    /// Kills the blocks that have bytes in `physical ..< physical + count`, which lies inside one page.
    @inline(never)
    func dropCode(physical: Int, count: Int) {
        let frame = physical >> 12
        let first = physical & 0xfff
        let last = min(first + count, 4096) - 1
        guard count > 0, code.granules[frame] & Self.granuleMask(first, last) != 0 else { return }

        var kept: UInt64 = 0
        var walked = 0
        var next = code.blocks[frame]
        while let block = next {
            next = block.nextBlock(inFrame: frame)
            walked += 1
            if walked > Self.crowd {
                // A guest that maps one frame a thousand times could make every store as slow as it likes.
                while let victim = code.blocks[frame] { kill(victim) }
                kept = 0
                break
            }
            var hit = false
            block.forEachRange(inFrame: frame) { if $0 <= last, $1 >= first { hit = true } }
            if hit {
                kill(block)
            } else {
                block.forEachRange(inFrame: frame) { kept |= Self.granuleMask($0, $1) }
            }
        }
        code.granules[frame] = kept
        if kept == 0 { memory.frameHasCode[frame].store(0, ordering: .relaxed) }
    }

    private func kill(_ block: BlockPointer) {
        block.pointee.isDead = true
        code.deaths &+= 1
        translator?.kill(block: block)
        let bucket = code.buckets + CodeCache.bucket(block.pointee.physical, block.pointee.eip)
        if bucket.pointee == block {
            bucket.pointee = block.pointee.hashNext
        } else {
            var at = bucket.pointee
            while let b = at {
                if b.pointee.hashNext == block {
                    b.pointee.hashNext = block.pointee.hashNext
                    break
                }
                at = b.pointee.hashNext
            }
        }
        unlist(block, frame: block.firstFrame)
        if let second = block.secondFrame { unlist(block, frame: second) }
    }

    /// Takes a block out of the list of a frame.
    private func unlist(_ block: BlockPointer, frame: Int) {
        let after = block.nextBlock(inFrame: frame)
        if code.blocks[frame] == block {
            code.blocks[frame] = after
            return
        }
        var at = code.blocks[frame]
        while let b = at {
            let next = b.nextBlock(inFrame: frame)
            if next == block {
                b.setNextBlock(after, inFrame: frame)
                return
            }
            at = next
        }
    }

    /// Invalidates every chained jump of every address space by giving each a new tag.
    func forgetChains() {
        for i in 0..<Self.spaceCount {
            renew(i, user: false)
            renew(i, user: true)
        }
        retag()
    }

    /// Empties the arena. Only between blocks: nobody may be running one.
    func dropAllCode() {
        for frame in code.marked {
            code.granules[Int(frame)] = 0
            code.blocks[Int(frame)] = nil
            memory.frameHasCode[Int(frame)].store(0, ordering: .relaxed)
        }
        code.marked.removeAll(keepingCapacity: true)
        for i in 0..<CodeCache.bucketCount { code.buckets[i] = nil }
        code.used = 0
        translator?.flush()
        code.generation &+= 1
        forgetChains()
    }

    /// Drops what other threads have overwritten since the last look.
    func dropOverwritten() {
        let ranges = memory.overwritten.withLock { ranges in
            let taken = ranges
            ranges.removeAll()
            return taken
        }
        for range in ranges {
            for frame in Int(range.lowerBound >> 12)...Int(range.upperBound >> 12) {
                let first = max(Int(range.lowerBound), frame << 12)
                let last = min(Int(range.upperBound), frame << 12 | 0xfff)
                noteWrite(physical: first, count: last - first + 1)
            }
        }
    }
}

extension UnsafeMutablePointer<Block> {
    /// The frame of its first byte, and of its last if that is another.
    var firstFrame: Int { Int(pointee.physical >> 12) }
    var secondFrame: Int? {
        let second = Int(pointee.secondPage >> 12)
        return pointee.secondPage == .max || second == firstFrame ? nil : second
    }
    func nextBlock(inFrame frame: Int) -> BlockPointer? {
        firstFrame == frame ? pointee.frameNext : pointee.secondFrameNext
    }
    func setNextBlock(_ next: BlockPointer?, inFrame frame: Int) {
        if firstFrame == frame {
            pointee.frameNext = next
        } else {
            pointee.secondFrameNext = next
        }
    }
    /// Calls `body` with the first and last byte, as page offsets, of each piece of the block in a frame: one, or two
    /// when a frame is mapped behind itself.
    @inline(__always) func forEachRange(inFrame frame: Int, _ body: (Int, Int) -> Void) {
        let start = Int(pointee.physical & 0xfff)
        let end = start + Int(pointee.bytes)
        if firstFrame == frame { body(start, min(end, 4096) - 1) }
        if pointee.secondPage != .max, Int(pointee.secondPage >> 12) == frame { body(0, end - 4097) }
    }
}
