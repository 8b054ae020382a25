// The map of a network file. Its first page is the one that all guests see and that the ABI describes; whoever wrote the original
// launcher would recognise it. The rest is ours, for guests of other processes: a doorbell for every slot, and a ring for
// every pair of slots, as far as there are guests.

import Glibc

/// Where things lie in the file of a shared network.
///
///     page 0        6 bytes of MAC for each slot
///     page 1        our mark
///     page 2        doorbells, 256 bytes for each slot
///     page 45       rings, 33 pages each, one for each ordered pair of slots
package enum NetworkLayout {
    package static let page = 4096
    package static let macSize = 6
    /// As many MACs as fit into a page.
    package static let slots = page / macSize

    package static let markOffset = page
    /// Whoever changes anything about this map changes the number.
    package static let mark = Array("lgtui network 1\n".utf8)

    package static let doorbellOffset = 2 * page
    package static let doorbellSize = 256
    /// In a doorbell: a word that changes with every ring, whether the owner sleeps, and a bit for each sender.
    package static let bellField = 0
    package static let asleepField = 4
    package static let sendersField = 64
    package static let senderWords = (slots + 31) / 32

    /// Bytes before the rings.
    package static let headSize = 45 * page

    /// In a ring: how far the reader is, how far the writer is (free-running, modulo 2³²), and the bytes.
    package static let ringHeadField = 0
    package static let ringTailField = 64
    package static let ringDataField = page
    package static let ringCapacity = 128 << 10
    package static let ringSize = ringDataField + ringCapacity

    /// What precedes a frame in a ring: its length, and four bytes for nothing.
    package static let frameHeader = 8
    /// In place of a length: the next frame starts at the beginning of the ring.
    package static let skip: UInt32 = 0xffff_ffff
    /// More than any Ethernet frame, and little enough that a ring always has room for a few.
    package static let longestFrame = 32 << 10

    /// Where the ring from one slot to another begins. All rings among the first n slots are the first n² rings of the
    /// file, so that the file is no longer than its guests are many.
    package static func ring(from sender: Int, to receiver: Int) -> Int64 {
        let index = sender < receiver ? receiver * receiver + sender : sender * sender + sender + receiver
        return Int64(headSize) + Int64(index) * Int64(ringSize)
    }

    /// A slot is reserved by a lock of the byte with its number, as ever; a guest's id by one far behind any slot.
    package static func slotLock(_ slot: Int) -> Int64 { Int64(slot) }
    package static func idLock(_ id: UInt16) -> Int64 { (1 << 40) + Int64(id) }
}
