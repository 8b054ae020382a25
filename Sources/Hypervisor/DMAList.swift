// The scatter list of every transfer. It lies in guest memory, where the guest may change it at any moment, so it is
// copied out once and only the copy is believed.

import I386

/// `struct lguest_dma`: up to 16 pieces of guest memory.
public struct DMAList: Sendable {
    public struct Piece: Hashable, Sendable {
        public var address: GuestPhysical
        public var length: UInt16
        public init(address: GuestPhysical, length: UInt16) {
            self.address = address
            self.length = length
        }
    }

    /// Bytes of the structure; arrays of them are packed.
    public static let size = 100
    public static let maximumPieces = 16
    /// `used_len` comes first: nonzero marks the buffer as filled.
    public static let usedLengthOffset: UInt32 = 0

    public let usedLength: UInt32
    /// Pieces before the first of length zero.
    public private(set) var count: Int
    private var pieces: [16 of Piece]

    /// Reads a list. - Returns: nil when it does not lie in memory.
    public init?(at address: GuestPhysical, in memory: GuestMemory) {
        guard let bytes = memory.bytes(at: address, count: Self.size) else { return nil }
        // SAFETY: all offsets are below 100: 4 bytes used_len, 16 addresses, 16 lengths.
        usedLength = bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
        pieces = [16 of Piece] { index in
            Piece(
                address: GuestPhysical(bytes.loadUnaligned(fromByteOffset: 4 + index * 4, as: UInt32.self)),
                length: bytes.loadUnaligned(fromByteOffset: 68 + index * 2, as: UInt16.self))
        }
        var count = 0
        while count < Self.maximumPieces, pieces[count].length != 0 { count += 1 }
        self.count = count
    }

    public subscript(index: Int) -> Piece { pieces[index] }

    /// The sum of all pieces, in bytes.
    public var byteCount: Int {
        var sum = 0
        for index in 0..<count { sum += Int(pieces[index].length) }
        return sum
    }

    /// The first piece that crosses a page border or reaches `limit`: guest-to-guest transfers allow neither.
    func firstBadPiece(limit: UInt64) -> Piece? {
        for index in 0..<count {
            let piece = pieces[index]
            let end = UInt64(piece.address.rawValue) + UInt64(piece.length)
            if end > limit || Int(piece.address.rawValue & 4095) + Int(piece.length) > 4096 { return piece }
        }
        return nil
    }
}

extension DMAList {
    /// The pieces that hold the first `limit` bytes.
    func prefix(_ limit: Int) -> DMAList {
        var list = self
        var rest = limit
        for index in 0..<count {
            guard rest > 0 else {
                list.count = index
                break
            }
            if Int(pieces[index].length) > rest { list.pieces[index].length = UInt16(truncatingIfNeeded: rest) }
            rest -= Int(list.pieces[index].length)
        }
        return list
    }

    /// Spreads bytes over the pieces, which were checked against `memory`. - Returns: how many found room.
    func scatter(_ bytes: UnsafeRawBufferPointer, in memory: GuestMemory) -> UInt32 {
        var done = 0
        for index in 0..<count where done < bytes.count {
            let part = min(Int(pieces[index].length), bytes.count - done)
            guard let room = memory.bytes(at: pieces[index].address, count: part) else { break }
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + part]))
            memory.noteExternalWrite(at: pieces[index].address, count: part)
            done += part
        }
        return UInt32(done)
    }

    /// Copies as much as the shorter of two lists holds; both were checked against their memories.
    /// - Returns: bytes copied.
    static func copy(
        _ source: DMAList, in sourceMemory: GuestMemory, to target: DMAList, in targetMemory: GuestMemory
    ) -> UInt32 {
        var (from, to) = (0, 0)
        var (fromOffset, toOffset) = (0, 0)
        var total: UInt32 = 0
        while from < source.count, to < target.count {
            let (input, output) = (source[from], target[to])
            let length = min(Int(input.length) - fromOffset, Int(output.length) - toOffset)
            let inputAddress = GuestPhysical(input.address.rawValue &+ UInt32(fromOffset))
            let outputAddress = GuestPhysical(output.address.rawValue &+ UInt32(toOffset))
            guard let bytes = sourceMemory.bytes(at: inputAddress, count: length),
                let room = targetMemory.bytes(at: outputAddress, count: length)
            else { break }
            room.copyMemory(from: UnsafeRawBufferPointer(bytes))
            targetMemory.noteExternalWrite(at: outputAddress, count: length)
            total &+= UInt32(length)
            fromOffset += length
            toOffset += length
            if fromOffset == Int(input.length) { (from, fromOffset) = (from + 1, 0) }
            if toOffset == Int(output.length) { (to, toOffset) = (to + 1, 0) }
        }
        return total
    }
}
