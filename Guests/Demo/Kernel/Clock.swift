// Time. The host offers three things: the date, refreshed whenever it interrupts us; a counter that may or may not be
// trusted; and one alarm. From these come a monotonic clock, sleep, and a tick that runs only while somebody is busy.

enum Clock {
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000

    nonisolated(unsafe) private static var scale: UInt64 = 0
    nonisolated(unsafe) private static var startTSC: UInt64 = 0
    nonisolated(unsafe) private static var startWall: UInt64 = 0
    nonisolated(unsafe) private static var latest: UInt64 = 0
    nonisolated(unsafe) private static var tick: UInt32 = 0
    nonisolated(unsafe) private(set) static var ticks: UInt32 = 0

    static var usesTSC: Bool { scale != 0 }

    /// Before this, `now` must not be asked.
    static func start() {
        let kHz = LguestData.tscKHz.load()
        if kHz >= 1000 { scale = (1_000_000 << 22) / UInt64(kHz) }
        startTSC = read_tsc()
        startWall = hostWall()
        Interrupts.handle(Interrupts.timer) {
            ticks &+= 1
            if tick != 0 { Hypercall.call(.setClockEvent, tick) }
        }
    }

    private static func hostWall() -> UInt64 {
        Interrupts.off { UInt64(LguestData.seconds.load()) * second + UInt64(LguestData.nanoseconds.load()) }
    }

    // G:360 What time is it? A question with two answers, depending on how much the host trusts its counter.
    /// Nanoseconds since boot; never runs backwards. Without a usable counter it advances only when an interrupt arrives.
    static func now() -> UInt64 {
        let time: UInt64
        if usesTSC {
            // delta × scale would overflow within the hour: multiply the halves.
            let delta = read_tsc() &- startTSC
            time = ((delta >> 32) &* scale) << 10 &+ ((delta & 0xFFFF_FFFF) &* scale) >> 22
        } else {
            let wall = hostWall()
            time = wall > startWall ? wall - startWall : 0
        }
        latest = max(latest, time)
        return latest
    }

    /// Nanoseconds since 1970, UTC.
    static func wall() -> UInt64 { startWall + now() }

    /// Runs `body` with a tick every `interval` nanoseconds, so that a busy loop's clock moves on any host.
    static func ticking(every interval: UInt32, _ body: () -> Void) {
        tick = interval
        Hypercall.call(.setClockEvent, interval)
        body()
        stopTicking()
    }

    /// Also called when a command was abandoned in the middle of it.
    static func stopTicking() {
        guard tick != 0 else { return }
        tick = 0
        Hypercall.call(.setClockEvent, 0)
    }

    /// Sleeps until the moment comes or `reasonToWake` holds after some interrupt.
    static func sleep(until deadline: UInt64, unless reasonToWake: () -> Bool) {
        while !reasonToWake() {
            let time = now()
            if time >= deadline { return }
            let rest = min(deadline - time, second)
            Hypercall.call(.setClockEvent, UInt32(truncatingIfNeeded: max(rest, 1000)))
            Interrupts.sleep(unless: reasonToWake)
        }
        Hypercall.call(.setClockEvent, tick)
    }
}
