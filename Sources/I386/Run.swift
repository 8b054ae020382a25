// The outer loop.
import Glibc

extension CPU {
    public func run(budget: Int) -> Exit {
        resynchronise()
        return .budgetSpent
    }
}
func monotonicNanoseconds() -> UInt64 {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return UInt64(bitPattern: Int64(t.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(t.tv_nsec))
}
