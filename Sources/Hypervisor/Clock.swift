// The guest has one timer: it fires once and raises line 0. There is no timer thread behind it. The guest's own thread
// looks at the clock between two stretches of guest code, and sleeps with the deadline when the guest is halted.

import I386

// H:460
/// The one-shot timer (SET_CLOCKEVENT), and a feeling for how much code fits into the time left.
struct GuestClock {
    /// When to fire, in monotonic nanoseconds.
    private(set) var deadline: UInt64?

    /// Fires `nanoseconds` from now; 0 disarms.
    mutating func arm(in nanoseconds: UInt32) {
        deadline = nanoseconds == 0 ? nil : HostTime.monotonic() &+ UInt64(nanoseconds)
    }

    /// Whether the deadline has passed; if so it is used up.
    mutating func fires(at now: UInt64) -> Bool {
        guard let deadline, now >= deadline else { return false }
        self.deadline = nil
        return true
    }
}

/// How far the processor may run before someone has to look at the clock again.
///
/// The processor counts instructions, the guest wants nanoseconds. The ratio is measured as we go; being wrong costs a
/// look at the clock too many, or some microseconds of delay.
struct Pace {
    /// Instructions per microsecond; deliberately low at first.
    private(set) var speed: UInt64 = 50
    /// No stretch is shorter, or we would do little but look at the clock.
    static let shortest = 2_000
    /// With nothing due, a stretch this long is only there to keep the counters fresh.
    static let longest = 4_000_000
    /// With a line waiting that the guest keeps disabled: short enough to be prompt when it is enabled.
    static let prompt = 1_000
    /// With a line waiting that the guest has blocked by name, which it does for longer and with less haste.
    static let patient = 50_000

    func budget(nanoseconds: UInt64) -> Int {
        let fits = (nanoseconds / 1_000).multipliedReportingOverflow(by: speed)
        guard !fits.overflow, fits.partialValue < UInt64(Self.longest) else { return Self.longest }
        return max(Self.shortest, Int(fits.partialValue))
    }

    /// Learns from a stretch that ran to its end.
    mutating func learn(instructions: UInt64, nanoseconds: UInt64) {
        guard instructions >= UInt64(Self.shortest), nanoseconds > 0 else { return }
        let seen = instructions &* 1_000 / nanoseconds
        speed = max(10, min(20_000, (speed &* 3 &+ seen) / 4))
    }
}
