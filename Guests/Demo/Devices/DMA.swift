// `struct lguest_dma`: how bytes travel between guest and host (or guest and guest). Up to sixteen pieces of
// physical memory, and a word that says how much of them was used.

/// One descriptor, in memory of its own that never moves: the host keeps its address.
struct DMA {
    static let bytes = 100
    static let pieces = 16

    let physical: Physical

    init() { self.init(at: Physical(Heap.allocate(DMA.bytes, alignment: 128))) }

    private init(at physical: Physical) {
        self.physical = physical
        usedLength = 0
        setPiece(0, at: Physical(0), count: 0)
        setPiece(1, at: Physical(0), count: 0)
    }

    /// Descriptors in a row, for several transfers to arrive before anybody looks. Only the first is to be bound.
    static func array(count: Int) -> [DMA] {
        let start = Frames.take(
            run: (count * bytes + Int(pageSize) - 1) / Int(pageSize), Frames.Use.kernel.rawValue,
            Frames.Use.kernel.rawValue)
        return (0..<count).map { DMA(at: Physical(start.value + UInt32($0 * bytes))) }
    }

    /// Not 0: the other side has filled it. Zero gives it back.
    var usedLength: UInt32 {
        get { Word(physical.pointer, offset: 0).load() }
        nonmutating set { Word(physical.pointer, offset: 0).store(newValue) }
    }

    func setPiece(_ index: Int, at address: Physical, count: UInt16) {
        physical.pointer.storeBytes(of: address.value, toByteOffset: 4 + 4 * index, as: UInt32.self)
        physical.pointer.storeBytes(of: count, toByteOffset: 68 + 2 * index, as: UInt16.self)
    }

    /// Describes one run of memory, a page a piece, for no piece may cross a page. The run starts on a page.
    func describe(_ run: Physical, count: Int) {
        var rest = count
        for index in 0..<DMA.pieces {
            let piece = min(rest, Int(pageSize))
            setPiece(index, at: Physical(run.value + UInt32(index) * pageSize), count: UInt16(piece))
            if piece == 0 { break }
            rest -= piece
        }
    }

    func send(to key: UInt32) { Hypercall.call(.sendDMA, key, physical.value) }

    /// Offers this descriptor, and those behind it, for incoming transfers at `key`; the host raises `irq` after each.
    func bind(to key: UInt32, irq: Int, count: Int = 1) -> Bool {
        Hypercall.call(.bindDMA, key, physical.value, UInt32(count) << 8 | UInt32(irq)) != 0
    }
}
