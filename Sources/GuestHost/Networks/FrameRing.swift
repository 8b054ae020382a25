// One ring for every ordered pair of guests, so that each has exactly one writer and one reader and neither needs a lock that
// could be held by the dead. The writer publishes a frame by moving `tail` after it; killed before that, it has written
// nothing. The reader believes no number in the ring: each keeps its own position to itself and only shows it to the
// other.

import CLinux
import Glibc
import Synchronization

/// The writing end. Belongs to the sending guest's thread.
package struct RingWriter {
    private let mapping: SharedMapping
    private var tail: UInt32

    /// Takes over where the slot's former owner stopped: what that one published is complete, and stays.
    package init(_ mapping: SharedMapping) {
        self.mapping = mapping
        let head = mapping.word(NetworkLayout.ringHeadField).pointee.load(ordering: .acquiring)
        tail = mapping.word(NetworkLayout.ringTailField).pointee.load(ordering: .acquiring)
        if tail & 7 != 0 || tail &- head > UInt32(NetworkLayout.ringCapacity) {
            tail = head & ~7
            mapping.word(NetworkLayout.ringTailField).pointee.store(tail, ordering: .releasing)
        }
    }

    private var used: UInt32 { tail &- mapping.word(NetworkLayout.ringHeadField).pointee.load(ordering: .acquiring) }

    /// Whether the reader has taken everything.
    package var isEmpty: Bool { used == 0 }

    /// H:186 Writes a frame. - Returns: false when there is no room.
    package mutating func write(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, count: Int) -> Bool {
        guard count > 0, count <= NetworkLayout.longestFrame else { return false }
        let needed = (NetworkLayout.frameHeader + count + 7) & ~7
        let used = used
        var place = Int(tail) & (NetworkLayout.ringCapacity - 1)
        // A frame is never cut in two: one that does not fit before the end starts over at the beginning.
        let wasted = place + needed > NetworkLayout.ringCapacity ? NetworkLayout.ringCapacity - place : 0
        guard used <= UInt32(NetworkLayout.ringCapacity),
            Int(used) + wasted + needed <= NetworkLayout.ringCapacity
        else { return false }
        if wasted > 0 {
            mapping.word(NetworkLayout.ringDataField + place).pointee.store(NetworkLayout.skip, ordering: .relaxed)
            place = 0
        }
        mapping.word(NetworkLayout.ringDataField + place).pointee.store(UInt32(count), ordering: .relaxed)
        // SAFETY: place + needed is at most the capacity, and `done` grows to at most `count`.
        var target = mapping.base + NetworkLayout.ringDataField + place + NetworkLayout.frameHeader
        var rest = count
        for piece in pieces {
            guard let source = piece.baseAddress else { continue }
            let part = min(piece.count, rest)
            target.copyMemory(from: source, byteCount: part)
            target += part
            rest -= part
        }
        tail = tail &+ UInt32(wasted + needed)
        mapping.word(NetworkLayout.ringTailField).pointee.store(tail, ordering: .releasing)
        return true
    }
}

/// The reading end. Belongs to the receiving guest's network thread.
package struct RingReader {
    private let mapping: SharedMapping
    private var head: UInt32
    /// Bytes of the ring that the frame at hand occupies.
    private var step: UInt32 = 0
    /// How often the ring held what no writer writes.
    package private(set) var garbage: UInt64 = 0

    package init(_ mapping: SharedMapping) {
        self.mapping = mapping
        head = mapping.word(NetworkLayout.ringHeadField).pointee.load(ordering: .acquiring)
    }

    private func publish() {
        mapping.word(NetworkLayout.ringHeadField).pointee.store(head, ordering: .releasing)
    }

    /// H:188 The next frame, or nil when there is none. Its bytes stay where they are until `consume`; they are somebody
    /// else's memory and may change, its length may not.
    package mutating func next() -> UnsafeRawBufferPointer? {
        let capacity = UInt32(NetworkLayout.ringCapacity)
        let tail = mapping.word(NetworkLayout.ringTailField).pointee.load(ordering: .acquiring)
        var used = tail &- head
        // Shown every time: should somebody have overwritten it, the writer learns the truth here.
        publish()
        if used == 0 { return nil }
        guard used <= capacity else { return resynchronise(tail) }
        var place = Int(head & (capacity - 1)) & ~7
        var length = mapping.word(NetworkLayout.ringDataField + place).pointee.load(ordering: .relaxed)
        if length == NetworkLayout.skip {
            let rest = capacity - UInt32(place)
            guard rest <= used, place != 0 else { return resynchronise(tail) }
            head = head &+ rest
            used -= rest
            if used == 0 {
                publish()
                return nil
            }
            place = 0
            length = mapping.word(NetworkLayout.ringDataField).pointee.load(ordering: .relaxed)
        }
        guard length > 0, length <= UInt32(NetworkLayout.longestFrame) else { return resynchronise(tail) }
        let needed = (Int(length) + NetworkLayout.frameHeader + 7) & ~7
        guard needed <= Int(used), place + needed <= NetworkLayout.ringCapacity else { return resynchronise(tail) }
        step = UInt32(needed)
        // SAFETY: place + needed lies inside the ring, as just checked with numbers that nobody else can change.
        return UnsafeRawBufferPointer(
            start: mapping.base + NetworkLayout.ringDataField + place + NetworkLayout.frameHeader, count: Int(length))
    }

    /// Gives the frame's room back to the writer.
    package mutating func consume() {
        head = head &+ step
        step = 0
        publish()
    }

    /// Gives up on what is in the ring; the next frame that is written will be read again.
    private mutating func resynchronise(_ tail: UInt32) -> UnsafeRawBufferPointer? {
        garbage &+= 1
        head = tail
        publish()
        return nil
    }
}
