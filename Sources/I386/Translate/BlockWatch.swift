// Waiting for one piece of code to become hot, and getting to see its translation: for `lgtui debug block`.

import Synchronization

/// What has become of the code at one address. Any thread may look.
public final class BlockWatch: Sendable {
    public enum Finding: Sendable, Equatable {
        /// As far as anybody has noticed, it has not run.
        case unseen
        /// It has been decoded, so it has run, but too seldom to be translated.
        case cold
        /// The translation that it became part of, in words.
        case translated(String)
        /// There is nobody here who translates.
        case noTranslator
    }

    public let address: GuestVirtual
    private let current = Mutex(Finding.unseen)

    public init(address: GuestVirtual) { self.address = address }

    public var finding: Finding { current.withLock { $0 } }

    var isWaiting: Bool {
        switch finding {
        case .unseen, .cold: true
        case .translated, .noTranslator: false
        }
    }
    func note(_ finding: Finding) {
        current.withLock { $0 = finding }
    }
    func note(isDecoded: @autoclosure () -> Bool) {
        if finding == .unseen, isDecoded() { note(.cold) }
    }
}

extension CPU {
    /// The code at the watched address has been decoded.
    var isDecoded: Bool {
        guard let watch, let at = physicalAddress(of: watch.address.rawValue), UInt64(at.rawValue) < memory.size else {
            return false
        }
        let frame = Int(at.rawValue >> 12)
        var next = code.blocks[frame]
        while let block = next {
            var isHit = false
            block.forEachRange(inFrame: frame) { first, last in
                if (first...last).contains(Int(at.rawValue & 0xfff)) { isHit = true }
            }
            if isHit { return true }
            next = block.nextBlock(inFrame: frame)
        }
        return false
    }
}
