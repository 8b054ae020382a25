// Lines from other guests. The interrupt handler puts them into a page of sixteen, the shell shows them when it suits the
// user: above the prompt, not in the middle of a word.

enum Chat {
    private static let lines: UInt32 = 16
    private static let lineBytes = 256
    /// Sender and length come first.
    private static let header = 8
    static let most = lineBytes - header

    nonisolated(unsafe) private static var page = Physical(0).pointer
    nonisolated(unsafe) private static var counters = Physical(0).pointer
    /// Lines that ever arrived, and lines that were shown.
    private static var arrived: Word { Word(counters, offset: 0) }
    private static var shown: Word { Word(counters, offset: 4) }

    static func start() {
        page = Frames.take().pointer
        counters = Frames.take().pointer
    }

    private static func line(_ number: UInt32) -> UnsafeMutableRawPointer {
        page + Int(number % lines) * lineBytes
    }

    /// Runs in the interrupt handler.
    static func arrived(from sender: IPv4, _ text: UnsafeMutableRawPointer, count: Int) {
        let place = line(arrived.load())
        let count = min(count, most)
        place.storeBytes(of: sender.value, as: UInt32.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: count), toByteOffset: 4, as: UInt32.self)
        (place + header).copyMemory(from: text, byteCount: count)
        arrived.store(arrived.load() &+ 1)
    }

    static var hasNews: Bool { arrived.load() != shown.load() }

    /// The lines that nobody has seen, each with its line feed. Too many at once, and the oldest are gone.
    static func takeNews() -> Text { lines(from: shown.load()) }

    /// The lines that are still there.
    static var all: Text { lines(from: 0) }

    private static func lines(from first: UInt32) -> Text {
        Interrupts.off {
            let end = arrived.load()
            shown.store(end)
            var result = Text()
            for number in max(first, end > lines ? end - lines : 0)..<end {
                let place = line(number)
                let count = Int(place.load(fromByteOffset: 4, as: UInt32.self))
                let bytes = [UInt8](UnsafeRawBufferPointer(start: place + header, count: count))
                result =
                    "\(result)\u{1B}[36m\(IPv4(place.load(as: UInt32.self)).text)\u{1B}[0m \(Text.printable(bytes))\n"
            }
            return result
        }
    }
}
