// malloc for Swift: arrays and closures ask for memory through posix_memalign and give it back through free.
//
// Small blocks come in powers of two, cut from a frame that holds only blocks of one size, so that free() can look
// up a block's size by its address and blocks are aligned to their size. A free block holds the link to the next one.
// Anything above half a page is a run of whole frames.

enum Heap {
    private static let smallest = 4  // 2^4 bytes
    private static let largest = 11  // 2^11 bytes

    nonisolated(unsafe) private static var free:
        (
            UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
        ) = (0, 0, 0, 0, 0, 0, 0, 0)
    nonisolated(unsafe) private(set) static var liveBlocks = 0
    nonisolated(unsafe) private(set) static var liveBytes = 0

    private static func withList<R>(_ exponent: Int, _ body: (inout UInt32) -> R) -> R {
        withUnsafeMutableBytes(of: &free) { raw in
            body(&raw.bindMemory(to: UInt32.self)[exponent - smallest])
        }
    }

    // G:420 Where Swift's arrays and closures come from.
    static func allocate(_ size: Int, alignment: Int) -> UnsafeMutableRawPointer {
        let wanted = max(size, alignment, 1 << smallest)
        liveBlocks += 1
        guard wanted <= 1 << largest else {
            let frames = (wanted + Int(pageSize) - 1) / Int(pageSize)
            liveBytes += frames * Int(pageSize)
            return Frames.take(run: frames, Frames.Use.large.rawValue, Frames.Use.largeRest.rawValue).pointer
        }
        let exponent = Int.bitWidth - (wanted - 1).leadingZeroBitCount
        liveBytes += 1 << exponent
        return withList(exponent) { head in
            if head == 0 { head = carve(exponent) }
            let block = Physical(head).pointer
            head = block.load(as: UInt32.self)
            return block
        }
    }

    /// Cuts a new frame into blocks, each linked to the next; returns the first.
    private static func carve(_ exponent: Int) -> UInt32 {
        let kind = Frames.Use.blocks.rawValue + UInt8(exponent)
        let frame = Frames.take(run: 1, kind, kind)
        let step = 1 << exponent
        for offset in stride(from: 0, to: Int(pageSize) - step, by: step) {
            frame.pointer.storeBytes(of: frame.value + UInt32(offset + step), toByteOffset: offset, as: UInt32.self)
        }
        return frame.value
    }

    static func release(_ pointer: UnsafeMutableRawPointer) {
        let block = Physical(pointer)
        let use = Frames.use(of: block)
        liveBlocks -= 1
        switch use {
        case Frames.Use.large.rawValue:
            var frame = block
            repeat {
                Frames.release(frame)
                liveBytes -= Int(pageSize)
                frame.value += pageSize
            } while Frames.use(of: frame) == Frames.Use.largeRest.rawValue
        case (Frames.Use.blocks.rawValue + UInt8(smallest))...(Frames.Use.blocks.rawValue + UInt8(largest)):
            let exponent = Int(use - Frames.Use.blocks.rawValue)
            liveBytes -= 1 << exponent
            withList(exponent) { head in
                pointer.storeBytes(of: head, as: UInt32.self)
                head = block.value
            }
        default:
            Hypercall.crash("free of \(hex: block.value), which is nobody's")
        }
    }

    /// Bytes where the host can read them, for good.
    static func physicalCopy(_ bytes: [UInt8]) -> Physical {
        let copy = allocate(max(bytes.count, 1), alignment: 4)
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count) }
        return Physical(copy)
    }
}

@c(posix_memalign)
public func posixMemalign(
    _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32 {
    result.pointee = Heap.allocate(size, alignment: alignment)
    return 0
}

@c(heap_free)
public func freeBlock(_ pointer: UnsafeMutableRawPointer?) {
    if let pointer { Heap.release(pointer) }
}
