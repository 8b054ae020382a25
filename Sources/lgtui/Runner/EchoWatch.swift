// When the answer to a key may be drawn. Frames come at most thirty times a second, which nobody notices in a flood and
// everybody while typing: so what a guest says right after a key does not wait for its turn.

package struct EchoWatch {
    /// Until when the answer is awaited.
    private var until: UInt64 = 0
    /// Answers come in pieces: so many are drawn at once, and later ones not more often than `frameTime`.
    private var credit = 0
    package private(set) var lastFrame: UInt64 = 0
    /// Until when it is not worth while to fall asleep.
    private var vigilUntil: UInt64 = 0
    /// Since when others make room.
    private var lastPause: UInt64 = 0

    package static let frameTime: UInt64 = 5_000_000
    package static let patience: UInt64 = 50_000_000
    /// A guest that has nothing else to do answers after some 200 µs. To be woken takes about as long where idle processors sleep.
    private static let vigil: UInt64 = 400_000
    /// How long others stand still for an answer, and how rarely: whoever holds a key down, in an editor that has reached
    /// the end of its line, must not stop the rest of the world.
    package static let longestPause = Duration.milliseconds(4)
    private static let pauseInterval: UInt64 = 20_000_000
    private static let pieces = 4

    package init() {}

    /// A key has gone to the guest.
    /// - Returns: whether others shall make room for the answer.
    package mutating func begin(at now: UInt64) -> Bool {
        until = now &+ Self.patience
        credit = Self.pieces
        vigilUntil = now &+ Self.vigil
        guard now &- lastPause >= Self.pauseInterval else { return false }
        lastPause = now
        return true
    }

    /// Whether the answer may come any moment, so that one looks again and again instead of sleeping.
    package func isAtHand(at now: UInt64) -> Bool { now < vigilUntil }

    package func isAwaited(at now: UInt64) -> Bool { now < until }

    /// From when on what has come of the answer may be drawn.
    package var nextFrame: UInt64 { credit > 0 ? 0 : lastFrame &+ Self.frameTime }

    package mutating func drawn(at now: UInt64) {
        credit = max(0, credit - 1)
        lastFrame = now
        vigilUntil = 0
    }
}
