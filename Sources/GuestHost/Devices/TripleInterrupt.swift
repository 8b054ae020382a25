// ^C belongs to the guest: it stops a program in there. But a guest may be too far gone to listen, and then three of
// them in a row, quickly, end the guest itself. It is a hack from 2007 that works surprisingly well.

/// Counts ^C that arrive alone and close together.
package struct TripleInterrupt {
    package static let needed = 3
    package static let window = Duration.seconds(1)

    private var times: [ContinuousClock.Instant] = []

    package init() {}

    /// Looks at what arrived as one piece of input at `now`. Returns how many ^C in a row that makes, each alone in its
    /// piece and all within a second; anything else makes it none. Three is the end.
    package mutating func observe(
        _ input: some Collection<UInt8>, at now: ContinuousClock.Instant
    ) -> Int {
        guard input.count == 1, input.first == 3 else {
            times.removeAll()
            return 0
        }
        times.removeAll { $0 + Self.window < now }
        times.append(now)
        let count = times.count
        if count >= Self.needed { times.removeAll() }
        return count
    }
}
