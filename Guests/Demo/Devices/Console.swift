// The console: bytes out by DMA to one key, bytes in by DMA into a buffer bound at key 0. Output is gathered
// into a page and leaves when the page is full or when we are about to wait; input goes through a ring, so that the
// host's buffer is free again at once and only a full ring holds the typist up.

final class Console: Device {
    private let output = Frames.take().pointer
    private let outputDMA = DMA()
    private let outputKey: UInt32
    private var outputCount = 0

    private let inputDMA = DMA()
    private let inputBuffer = Frames.take().pointer
    private let ring = Frames.take().pointer.assumingMemoryBound(to: UInt8.self)
    private let ringSize = Int(pageSize)
    /// Bytes ever put into the ring, ever taken out, and taken of the host's buffer. The interrupt handler moves the
    /// first, everyone else the second; readers must see that, hence volatile.
    private let counters = Frames.take().pointer
    private var written: Word { Word(counters, offset: 0) }
    private var read: Word { Word(counters, offset: 4) }
    private var interruptFlag: Word { Word(counters, offset: 8) }
    private var consumed: UInt32 = 0

    /// While a command runs, ^C is not a byte but a request to stop.
    private var catchesInterrupts = false

    private(set) var bytesOut: UInt64 = 0
    private(set) var bytesIn: UInt64 = 0

    init(outputKey: UInt32) { self.outputKey = outputKey }

    // MARK: Output

    func print(_ text: Text) { write(text.bytes) }

    /// Writes bytes, with the carriage return that every line feed needs on a raw terminal.
    func write(_ bytes: [UInt8]) { put(bytes, afterLineFeeds: true) }

    /// Writes bytes as they are: for whoever has already thought about carriage returns.
    func writeRaw(_ bytes: [UInt8]) { put(bytes, afterLineFeeds: false) }

    private func put(_ bytes: [UInt8], afterLineFeeds addsReturns: Bool) {
        let page = output.assumingMemoryBound(to: UInt8.self)
        var count = outputCount
        for byte in bytes {
            if count + 2 > Int(pageSize) {
                outputCount = count
                flush()
                count = 0
            }
            if addsReturns, byte == UInt8(ascii: "\n") {
                page[count] = UInt8(ascii: "\r")
                count += 1
            }
            page[count] = byte
            count += 1
        }
        outputCount = count
    }

    // G:510 Output. The host has written it by the time the call returns: the guest stood still meanwhile.
    func flush() {
        guard outputCount > 0 else { return }
        outputDMA.setPiece(0, at: Physical(output), count: UInt16(outputCount))
        outputDMA.setPiece(1, at: Physical(0), count: 0)
        bytesOut += UInt64(outputCount)
        outputCount = 0
        outputDMA.usedLength = 0
        outputDMA.send(to: outputKey)
    }

    /// Sends the same bytes, a page at most, `count` times or until ^C. They are put down once, and each transfer names
    /// them as often as it has pieces.
    /// - Returns: how often they were sent.
    func repeatRaw(_ bytes: [UInt8], count: UInt64) -> UInt64 {
        flush()
        let size = min(bytes.count, Int(pageSize))
        guard size > 0 else { return 0 }
        bytes.withUnsafeBytes { output.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: size) }
        var sent: UInt64 = 0
        while sent < count, !interrupted {
            let batch = Int(min(count - sent, UInt64(DMA.pieces)))
            for index in 0..<batch { outputDMA.setPiece(index, at: Physical(output), count: UInt16(size)) }
            if batch < DMA.pieces { outputDMA.setPiece(batch, at: Physical(0), count: 0) }
            outputDMA.usedLength = 0
            outputDMA.send(to: outputKey)
            sent += UInt64(batch)
        }
        bytesOut += sent * UInt64(size)
        return sent
    }

    // MARK: Input

    private var descriptorOnBus: DeviceDescriptor?
    var descriptor: DeviceDescriptor { descriptorOnBus ?? DeviceDescriptor(index: 0, memory: counters) }
    var name: Text { "hvc0" }
    var summary: Text { "\(bytesIn) bytes in, \(bytesOut) out, output key \(outputKey)" }

    /// The bus has found us. Output never needed the descriptor; input needs its interrupt.
    func attach(to descriptor: DeviceDescriptor) -> (any Device)? {
        descriptorOnBus = descriptor
        inputDMA.setPiece(0, at: Physical(inputBuffer), count: UInt16(pageSize))
        inputDMA.setPiece(1, at: Physical(0), count: 0)
        Interrupts.handle(descriptor.irq) { console.takeInput() }
        return inputDMA.bind(to: 0, irq: descriptor.irq) ? self : nil
    }

    // G:520 Input, from the interrupt that says a buffer was filled.
    /// Moves what the host delivered into the ring. Runs with interrupts off: as the handler, and when a reader has made
    /// room.
    private func takeInput() {
        let available = inputDMA.usedLength
        guard available > 0 else { return }
        while consumed < available, written.load() &- read.load() < UInt32(ringSize) {
            let byte = inputBuffer.load(fromByteOffset: Int(consumed), as: UInt8.self)
            consumed += 1
            bytesIn += 1
            if byte == 3, catchesInterrupts {
                interruptFlag.store(1)
                read.store(written.load())  // what was typed before ^C was meant for the command it stops
                continue
            }
            ring[Int(written.load() % UInt32(ringSize))] = byte
            written.store(written.load() &+ 1)
        }
        if consumed >= available {
            consumed = 0
            inputDMA.usedLength = 0  // free for the next
        }
    }

    var hasInput: Bool { written.load() != read.load() }

    /// Whether ^C was typed since `beginCommand`.
    var interrupted: Bool { interruptFlag.load() != 0 }

    /// From here on ^C stops the command. One that was typed ahead counts too: whoever types faster than we read means it.
    func beginCommand() {
        Interrupts.off {
            interruptFlag.store(0)
            catchesInterrupts = true
            var position = read.load()
            while position != written.load() {
                let byte = ring[Int(position % UInt32(ringSize))]
                position &+= 1
                if byte == 3 {
                    interruptFlag.store(1)
                    read.store(position)
                }
            }
        }
    }

    func endCommand() {
        Interrupts.off {
            catchesInterrupts = false
            interruptFlag.store(0)
        }
    }

    /// The next byte; waits for it, at most until `deadline`. nil at the deadline, when interrupted, or when there is
    /// something else to do.
    func readByte(until deadline: UInt64 = .max, unless hasOtherWork: () -> Bool = { false }) -> UInt8? {
        flush()
        if deadline == .max {
            while !hasInput, !interrupted, !hasOtherWork() {
                Interrupts.sleep { self.hasInput || self.interrupted || hasOtherWork() }
            }
        } else {
            Clock.sleep(until: deadline) { self.hasInput || self.interrupted || hasOtherWork() }
        }
        guard hasInput else { return nil }
        return Interrupts.off {
            let byte = ring[Int(read.load() % UInt32(ringSize))]
            read.store(read.load() &+ 1)
            takeInput()
            return byte
        }
    }
}
