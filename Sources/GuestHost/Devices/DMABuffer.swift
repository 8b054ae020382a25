// The only structure of the DMA model: a list of at most sixteen pieces of guest memory and a word that says how much of
// them is used. The guest wrote it, so every address and length in it is a claim to be checked.

import Glibc
import Hypervisor
import I386

/// A `struct lguest_dma`, with all of its pieces found to be inside of guest memory.
package struct DMABuffer {
    package struct Piece {
        package let address: GuestPhysical
        package let bytes: UnsafeMutableRawBufferPointer
    }

    /// Where the structure itself lies.
    package let address: GuestPhysical
    package let pieces: [Piece]
    /// All pieces together; at most 16 × 65535.
    package let count: Int

    package static let maximumPieces = 16
    /// u32 used_len; u32 addr[16]; u16 len[16].
    package static let structureSize = 100

    /// H:150 Reads the list up to the first zero length, and believes a piece only when all of it is guest memory. From here on
    /// devices need no more checks: what a `DMABuffer` names may be touched.
    package init(at address: GuestPhysical, in memory: GuestMemory) throws(DeviceFault) {
        // Tables of the guest may lie at any address, but not across the end of memory.
        guard memory.bytes(at: address, count: Self.structureSize) != nil else {
            throw .guest("DMA structure at \(address) is outside of guest memory")
        }
        var pieces: [Piece] = []
        var total = 0
        for index in 0..<UInt32(Self.maximumPieces) {
            guard let length = memory.load16(at: GuestPhysical(address.rawValue + 68 + index * 2)), length != 0,
                let start = memory.load32(at: GuestPhysical(address.rawValue + 4 + index * 4))
            else { break }
            let piece = GuestPhysical(start)
            guard let bytes = memory.bytes(at: piece, count: Int(length)) else {
                throw .guest("DMA piece of \(length) bytes at \(piece) is outside of guest memory")
            }
            pieces.append(Piece(address: piece, bytes: bytes))
            total += Int(length)
        }
        self.address = address
        self.pieces = pieces
        count = total
    }

    /// Stores `used_len`.
    package func markUsed(_ count: Int, in memory: GuestMemory) {
        _ = memory.store32(UInt32(truncatingIfNeeded: count), at: address)
    }

    /// The pieces as system calls want them.
    package var vectors: [iovec] { pieces.map { iovec(iov_base: $0.bytes.baseAddress, iov_len: $0.bytes.count) } }

    /// Tells the CPU that the first `count` bytes of the pieces were written by somebody else.
    package func noteFilled(_ count: Int, in memory: GuestMemory) {
        var rest = count
        for piece in pieces where rest > 0 {
            memory.noteExternalWrite(at: piece.address, count: min(rest, piece.bytes.count))
            rest -= piece.bytes.count
        }
    }

    /// Scatters bytes over the pieces; returns how many found room.
    package func fill(from source: UnsafeRawBufferPointer, in memory: GuestMemory) -> Int {
        var done = 0
        for piece in pieces where done < source.count {
            let part = min(piece.bytes.count, source.count - done)
            piece.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[done..<done + part]))
            done += part
        }
        noteFilled(done, in: memory)
        return done
    }
}
