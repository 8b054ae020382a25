// Whether a guest that was quiet says something. What it says while it boots is no news: with many guests every page would
// be marked before anybody has done anything.

package struct OutputWatch: Sendable {
    private var count = 0
    private var hasRested = false

    package init() {}

    /// Takes how often the guest has written by now. - Returns: whether that is news.
    package mutating func isNews(_ count: Int) -> Bool {
        defer { self.count = count }
        if count != self.count { return hasRested }
        if count > 0 { hasRested = true }
        return false
    }

    /// The guest was started again.
    package mutating func startOver() { hasRested = false }
}
