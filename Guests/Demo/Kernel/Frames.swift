// Who owns each page frame: one byte a frame, in a table right behind the kernel. That is all the bookkeeping there
// is; the heap keeps its own notes in the same bytes.

enum Frames {
    enum Use: UInt8 {
        case free = 0
        case kernel = 1
        case pageTable = 2
        case program = 3
        case device = 4
        /// 16 + n: the frame is cut into blocks of 2^n bytes.
        case blocks = 16
        /// The first frame of a large allocation, and the frames after it.
        case large = 64
        case largeRest = 65
    }

    nonisolated(unsafe) private static var table: UnsafeMutablePointer<UInt8> = Physical(0).pointer.assumingMemoryBound(
        to: UInt8.self)
    nonisolated(unsafe) private(set) static var count = 0
    nonisolated(unsafe) private static var hint = 0

    /// Takes over [0, memory). `reserved` is what must stay as it is: an initrd, and the page tables we still run on.
    static func start(memory: UInt32, reserved: (start: UInt32, end: UInt32)) {
        // Memory beyond the device window has no address in the straight line: this kernel leaves it alone.
        count = Int(min(memory, Layout.deviceWindow - Layout.kernelBase) / pageSize)
        let first = (Physical(linear: address_of_kernel_end()).value + UInt32(count) + pageSize - 1) / pageSize
        table = Physical(linear: address_of_kernel_end()).pointer.bindMemory(to: UInt8.self, capacity: count)
        // The rest of the table is zero already, and untouched memory costs the host nothing.
        for frame in 0..<min(Int(first), count) { table[frame] = Use.kernel.rawValue }
        let last = min((reserved.end + pageSize - 1) / pageSize, UInt32(count))
        for frame in min(reserved.start / pageSize, last)..<last { table[Int(frame)] = Use.kernel.rawValue }
        hint = Int(first)
    }

    /// One zeroed frame.
    static func take(_ use: Use = .kernel) -> Physical { take(run: 1, use.rawValue, use.rawValue) }

    /// Neighbouring frames, zeroed.
    static func take(run: Int, _ use: UInt8, _ rest: UInt8) -> Physical {
        guard let start = find(run, from: hint, to: count) ?? find(run, from: 0, to: count) else {
            Hypercall.crash("out of memory: no \(run) free page frames in a row")
        }
        for frame in start..<start + run { table[frame] = frame == start ? use : rest }
        hint = start + run
        let physical = Physical(UInt32(start) * pageSize)
        physical.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: run * Int(pageSize))
        return physical
    }

    private static func find(_ run: Int, from first: Int, to end: Int) -> Int? {
        var length = 0
        var frame = first
        while frame < end {
            length = table[frame] == Use.free.rawValue ? length + 1 : 0
            frame += 1
            if length == run { return frame - run }
        }
        return nil
    }

    static func release(_ physical: Physical) {
        let frame = Int(physical.value / pageSize)
        table[frame] = Use.free.rawValue
        hint = min(hint, frame)
    }

    static func release(from start: UInt32, to end: UInt32) {
        let last = min(Int(end / pageSize), count)  // what lies out of reach was never ours
        for frame in min(Int(start / pageSize), last)..<last { table[frame] = Use.free.rawValue }
    }

    static func use(of physical: Physical) -> UInt8 {
        let frame = Int(physical.value / pageSize)
        return frame < count ? table[frame] : Use.device.rawValue
    }

    /// How many frames each use has.
    static func tally(_ wanted: (UInt8) -> Bool) -> Int {
        var result = 0
        for frame in 0..<count where wanted(table[frame]) { result += 1 }
        return result
    }
}
