// The disk as the guest sees it: one page with a form to fill in (read or write, which sector, how many bytes), a DMA to ring
// the bell, and a reply buffer in which the answer arrives. One request at a time; simple, and hard to get wrong.

import Glibc
import Hypervisor
import I386
import Synchronization

/// Device type 3.
package final class Block: HostDevice {
    /// Offsets in the device's page (`struct lguest_block_page`).
    private enum Field {
        static let type: UInt32 = 0
        static let sector: UInt32 = 4
        static let bytes: UInt32 = 8
        static let result: UInt32 = 12
        static let sectorCount: UInt32 = 16
    }

    private static let resultDone: UInt32 = 1
    private static let resultError: UInt32 = 2
    /// After so many error lines in one life a disk only counts.
    private static let errorLinesLimit: UInt64 = 16

    package let name: String
    package let outputKey: DMAKey
    private let page: GuestPhysical
    private let irq: IRQ
    private let image: DiskImage
    private let verbose: Bool
    private let log: @Sendable (String) -> Void
    private let figures = Mutex(BlockCounters())

    /// - Parameters:
    ///   - index: 0 for lgba, 1 for lgbb.
    ///   - page: the device's page; also its key.
    package init(
        index: Int, page: GuestPhysical, irq: IRQ, image: DiskImage, verbose: Bool = false,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        name = "lgb" + String(UnicodeScalar(UInt8(ascii: "a") + UInt8(clamping: min(index, 25))))
        self.page = page
        outputKey = DMAKey(page)
        self.irq = irq
        self.image = image
        self.verbose = verbose
        self.log = log
    }

    package var counters: DeviceCounters {
        DeviceCounters(name: name, irq: irq, figures: .block(figures.withLock { $0 }))
    }

    /// Puts the size of the disk into the page, before the guest starts.
    package func announce(in memory: GuestMemory) -> Bool {
        figures.withLock { $0.isDirect = image.isDirect }
        return memory.store32(UInt32(clamping: image.sectors), at: page.advanced(by: Field.sectorCount))
    }

    /// H:170 Serves one request. The DMA carries the data of a write; a read's data go to the reply buffer, which the guest
    /// has bound at the same key. The answer goes data, result, length, interrupt: the guest may look only after the last.
    package func handleOutput(_ buffer: DMABuffer, port: DevicePort) throws(DeviceFault) -> UInt32 {
        let start = ContinuousClock.now
        let memory = port.memory
        guard let type = memory.load32(at: page), let sector = memory.load32(at: page.advanced(by: Field.sector)),
            let wanted = memory.load32(at: page.advanced(by: Field.bytes))
        else { throw .guest("block device \(name) has lost its page") }
        guard let reply = try port.takeBuffer(for: outputKey) else {
            throw .guest("block request on \(name) without a reply buffer")
        }

        let isWrite = type != 0
        let data = isWrite ? buffer : reply.buffer
        let offset = UInt64(sector) * UInt64(DiskImage.sectorSize)
        if verbose { log("Block: \(isWrite ? "WRITE" : "READ") at offset \(offset), \(data.count) bytes (\(name))") }

        let outcome: Result<Int, Refusal>
        if isWrite, image.readOnly {
            outcome = .failure(.readOnly)
        } else if !data.count.isMultiple(of: DiskImage.sectorSize) {
            outcome = .failure(.notWholeSectors)
        } else if UInt64(sector) + UInt64(data.count / DiskImage.sectorSize) > image.sectors {
            outcome = .failure(.pastEnd)
        } else {
            let done = image.transfer(isWrite ? .write : .read, data.vectors, count: data.count, at: offset)
            if !isWrite { data.noteFilled(done.count, in: memory) }
            outcome = done.count == data.count ? .success(done.count) : .failure(.failed(done))
        }

        let moved: Int
        var isGood: Bool
        switch outcome {
        case .success(let count):
            moved = count
            // A byte count that is not the sum of the pieces is an error after the fact, as it has always been.
            isGood = UInt64(wanted) == UInt64(count)
            if !isGood { complain("request for \(wanted) bytes came with \(count) bytes of memory", sector) }
        case .failure(let refusal):
            moved = refusal.moved
            isGood = false
            complain(
                "\(isWrite ? "write" : "read") of \(data.count) bytes at sector \(sector) failed: \(refusal.reason)",
                sector)
        }
        _ = memory.store32(
            isGood ? Self.resultDone : Self.resultError, at: page.advanced(by: Field.result))
        count(isWrite: isWrite, moved: moved, isGood: isGood, since: start)
        try port.complete(reply, count: isWrite ? 0 : moved)
        return 0
    }

    package func close() { image.close() }

    private enum Refusal: Error {
        case readOnly, notWholeSectors, pastEnd
        case failed(DiskImage.Outcome)

        var moved: Int { if case .failed(let outcome) = self { outcome.count } else { 0 } }

        var reason: String {
            switch self {
            case .readOnly: "the disk is read-only"
            case .notWholeSectors: "not a whole number of sectors"
            case .pastEnd: "past the end of the disk"
            case .failed(let outcome):
                switch outcome.error {
                case ENXIO: "the file has become shorter"
                case let code?: errorText(code)
                case nil: "only \(outcome.count) bytes were moved"
                }
            }
        }
    }

    private func complain(_ text: String, _ sector: UInt32) {
        let errors = figures.withLock { $0.errors }
        guard errors < Self.errorLinesLimit else { return }
        let last = errors == Self.errorLinesLimit - 1 ? "; further errors of this disk are only counted" : ""
        log("\(name): \(text) (\(printable(image.path)))\(last)")
    }

    private func count(isWrite: Bool, moved: Int, isGood: Bool, since start: ContinuousClock.Instant) {
        let (seconds, attoseconds) = start.duration(to: .now).components
        let nanoseconds = UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
        figures.withLock {
            if isWrite {
                $0.writes += 1
                $0.bytesWritten += UInt64(moved)
            } else {
                $0.reads += 1
                $0.bytesRead += UInt64(moved)
            }
            if !isGood { $0.errors += 1 }
            $0.bounced = image.bounces
            $0.isDirect = image.isDirect
            $0.latency.note(nanoseconds: nanoseconds)
        }
    }
}

extension GuestPhysical {
    /// An address inside the same page or structure; the caller knows that there is no end of memory in between.
    func advanced(by offset: UInt32) -> GuestPhysical { GuestPhysical(rawValue &+ offset) }
}
