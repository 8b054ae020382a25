// The same door as `LguestDevice`, in the bytes of the original: what a launcher of 2007 would write to and read from the
// character device. The embedded hypervisor answers in this form too, which lets one test drive both ends of it.

import I386
import SystemPackage

/// How the initialisation request names the guest's memory.
public enum InitializeForm: Sendable {
    /// As in 2007: one guest a process, guest-physical 0 at process address 0.
    case classic
    /// Ours: the host address of guest-physical 0 comes first, as a 64-bit word, so that one process can have several
    /// guests. (Later kernels put such a word into the same place.)
    case withBase
}

/// The words of an INITIALIZE request after its number (and base).
struct InitializeWords {
    var frameLimit: PageFrame
    var pageDirectory: GuestPhysical
    var start: GuestVirtual
    var pageOffset: UInt32

    static let byteCount = 16

    /// All words little-endian, number first. - Returns: 20 bytes, or 28 with a base.
    func bytes(base: UInt64?) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        append(RequestNumber.initialize)
        if let base { append(base) }
        append(frameLimit.rawValue)
        append(pageDirectory.rawValue)
        append(start.rawValue)
        append(pageOffset)
        return bytes
    }
}

extension UnsafeRawBufferPointer {
    /// A little-endian word, or nil when it does not fit in.
    fileprivate func word(_ offset: Int) -> UInt32? {
        guard offset >= 0, offset + 4 <= count else { return nil }
        return UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

// H:820
extension EmbeddedLguest {
    /// Serves one `write(2)`. - Returns: what the call returns: a byte count, an address, or 0.
    /// - Throws: as the requests do; EFAULT when the bytes end too soon.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        guard let number = bytes.word(0) else { throw .badAddress }
        try admit(initializing: number == RequestNumber.initialize, breaking: number == RequestNumber.breakOut)
        switch number {
        case RequestNumber.initialize:
            let arguments = bytes.count - InitializeWords.byteCount
            guard arguments >= 4, let limit = bytes.word(arguments), let directory = bytes.word(arguments + 4),
                let start = bytes.word(arguments + 8), let offset = bytes.word(arguments + 12)
            else { throw .badAddress }
            try initialize(
                frameLimit: PageFrame(limit), pageDirectory: GuestPhysical(directory), start: GuestVirtual(start),
                pageOffset: offset)
            return bytes.count - 4
        case RequestNumber.getDMA:
            guard let key = bytes.word(4) else { throw .badAddress }
            return Int(try getDMA(key: DMAKey(key)).dma.rawValue)
        case RequestNumber.irq:
            guard let irq = bytes.word(4) else { throw .badAddress }
            try raise(IRQ(irq))
            return 0
        case RequestNumber.breakOut:
            guard let on = bytes.word(4) else { throw .badAddress }
            try breakOut(on != 0)
            return 0
        default:
            throw .invalidArgument
        }
    }

    /// Serves one `read(2)`: runs the guest, and once ENOENT was thrown, gives the reason with a NUL after it.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        if wasMourned, let reason = deathReason() {
            let text = Array(reason.utf8) + [0]
            let count = min(text.count, buffer.count)
            buffer.copyBytes(from: text.prefix(count))
            return count
        }
        do throws(Errno) {
            let sent = try run()
            guard buffer.count >= 8 else { throw Errno.badAddress }
            buffer.storeBytes(of: sent.dma.rawValue.littleEndian, toByteOffset: 0, as: UInt32.self)
            buffer.storeBytes(of: sent.key.rawValue.littleEndian, toByteOffset: 4, as: UInt32.self)
            return 8
        } catch {
            if error == .noSuchFileOrDirectory { wasMourned = true }
            throw error
        }
    }
}
