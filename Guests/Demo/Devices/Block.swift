// A disk. One page shared with the launcher describes the request; the data travels by DMA, and an interrupt
// says that it is done. One request at a time, at most sixteen pages: that is all the original protocol has.

enum DiskError: Error {
    case pastTheEnd
    case hostError
    case interrupted

    var text: StaticString {
        switch self {
        case .pastTheEnd: "that is past the end of the disk"
        case .hostError: "the host reports an error"
        case .interrupted: "interrupted"
        }
    }
}

final class BlockDevice: Device {
    static let sectorSize = 512
    /// Sectors of one request: sixteen pages.
    static let mostSectors = DMA.pieces * Int(pageSize) / sectorSize

    let descriptor: DeviceDescriptor
    let letter: UInt8
    private let page: UnsafeMutableRawPointer
    private let key: UInt32
    private let reply = DMA()
    private let request = DMA()
    /// Where every transfer lands or starts: pages in a row, so that a request is one piece to us.
    private let buffer: Physical
    private(set) var requests: UInt32 = 0
    private(set) var errors: UInt32 = 0

    /// Every disk, in the order of the bus: lgba, lgbb, ...
    nonisolated(unsafe) private(set) static var all: [BlockDevice] = []

    init?(on descriptor: DeviceDescriptor) {
        self.descriptor = descriptor
        letter = UInt8(ascii: "a") + UInt8(truncatingIfNeeded: BlockDevice.all.count)
        guard descriptor.pages >= 1 else { return nil }
        page = Paging.mapDevice(frame: descriptor.frame, count: descriptor.pages)
        key = descriptor.frame * pageSize
        buffer = Frames.take(run: DMA.pieces, Frames.Use.kernel.rawValue, Frames.Use.kernel.rawValue)
        guard reply.bind(to: key, irq: descriptor.irq) else { return nil }
        // The handler has nothing to do: whoever asked is asleep in `perform` and looks at the result.
        Interrupts.handle(descriptor.irq) {}
        BlockDevice.all.append(self)
    }

    private func register(_ offset: Int) -> Word { Word(page, offset: offset) }
    private var type: Word { register(0) }
    private var sector: Word { register(4) }
    private var bytes: Word { register(8) }
    private var result: Word { register(12) }

    var sectors: UInt32 { register(16).load() }
    var name: Text { "lgb\([letter])" }
    var summary: Text { "\(sectors) sectors, \(requests) requests, \(errors) errors" }

    /// Reads sectors. The bytes are good until the next request to this disk.
    func read(_ first: UInt32, count: Int) throws(DiskError) -> UnsafeRawBufferPointer {
        let length = try check(first, count)
        reply.describe(buffer, count: length)
        request.setPiece(0, at: Physical(0), count: 0)
        try perform(write: false, first, length)
        return UnsafeRawBufferPointer(start: buffer.pointer, count: length)
    }

    /// Writes whole sectors; `fill` puts the bytes in place.
    func write(_ first: UInt32, count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) throws(DiskError) {
        let length = try check(first, count)
        fill(UnsafeMutableRawBufferPointer(start: buffer.pointer, count: length))
        reply.setPiece(0, at: Physical(0), count: 0)
        request.describe(buffer, count: length)
        try perform(write: true, first, length)
    }

    private func check(_ first: UInt32, _ count: Int) throws(DiskError) -> Int {
        guard count > 0, count <= BlockDevice.mostSectors, first < sectors, UInt32(count) <= sectors - first else {
            throw .pastTheEnd
        }
        return count * BlockDevice.sectorSize
    }

    // G:530 A disk request from beginning to end: the form, the call, the nap, the result.
    private func perform(write: Bool, _ first: UInt32, _ length: Int) throws(DiskError) {
        type.store(write ? 1 : 0)
        sector.store(first)
        bytes.store(UInt32(length))
        result.store(0)
        reply.usedLength = 0
        requests &+= 1
        request.send(to: key)
        while result.load() == 0 {
            Interrupts.sleep { self.result.load() != 0 }
        }
        reply.usedLength = 0
        if result.load() != 1 {
            errors &+= 1
            throw .hostError
        }
        if console.interrupted { throw .interrupted }
    }
}
