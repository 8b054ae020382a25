// System calls as a program likes them, and a heap that only grows: a program's end gives everything back anyway.

enum System {
    static func write(_ text: Text) {
        text.bytes.withUnsafeBytes { bytes in
            _ = system_call(4, UInt32(UInt(bitPattern: bytes.baseAddress)), UInt32(bytes.count))
        }
    }

    /// One line, without its line feed; nil at the end of input.
    static func readLine() -> [UInt8]? {
        var line = [UInt8](repeating: 0, count: 256)
        let count = line.withUnsafeMutableBytes { bytes in
            Int32(bitPattern: system_call(3, UInt32(UInt(bitPattern: bytes.baseAddress)), UInt32(bytes.count)))
        }
        guard count > 0 else { return nil }
        return Array(line.prefix(Int(count) - 1))
    }

    static func sleep(milliseconds: UInt32) { _ = system_call(162, milliseconds, 0) }

    /// Seconds since 1970.
    static func time() -> UInt32 { system_call(13, 0, 0) }

    static func exit(_ status: UInt32) -> Never {
        while true { _ = system_call(1, status, 0) }
    }

    nonisolated(unsafe) private static var next: UInt32 = 0
    nonisolated(unsafe) private static var end: UInt32 = 0

    static func allocate(_ size: Int, alignment: Int) -> UnsafeMutableRawPointer? {
        if next == 0 {
            next = system_call(45, 0, 0)
            end = next
        }
        let mask = UInt32(max(alignment, 16)) - 1
        let block = (next + mask) & ~mask
        next = block + UInt32(size)
        if next > end {
            end = system_call(45, (next + 0xFFFF) & ~0xFFFF, 0)
            if end < next { exit(12) }
        }
        return UnsafeMutableRawPointer(bitPattern: UInt(block))
    }
}

@c(posix_memalign)
public func posixMemalign(
    _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32 {
    result.pointee = System.allocate(size, alignment: alignment)
    return 0
}

@c(heap_free)
public func freeBlock(_ pointer: UnsafeMutableRawPointer?) {}
