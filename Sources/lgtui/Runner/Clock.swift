// One steady clock for everything that times out or is a rate.

import Glibc

/// Nanoseconds since some moment in the past; never goes back.
package func steadyNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The local time as `20261126-124500`, for the names of files.
package func localTimeStamp() -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Local time.
package func secondsSinceMidnight() -> Int {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    return Int(parts.tm_hour) * 3600 + Int(parts.tm_min) * 60 + Int(parts.tm_sec)
}

/// Runs `body` on a thread of its own, for what may take a while and must not hold up the screen.
package func inBackground(_ body: @escaping @Sendable () -> Void) {
    // No thread to be had: late is better than never.
    if !startInBackground(body) { body() }
}

/// Runs `body` on a thread of its own; false, and nothing has run, when there is none to be had.
package func startInBackground(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let status = pthread_create(
        &thread, nil,
        { argument in
            // SAFETY: the argument is the box that pthread_create was given, retained for this thread.
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    if status == 0 {
        pthread_detach(thread)
    } else {
        box.release()
    }
    return status == 0
}

/// What to add to `steadyNanoseconds` to get nanoseconds since 1970.
package func wallClockOffset() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return (UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)) &- steadyNanoseconds()
}

/// `14:03:07`, local time, of nanoseconds since 1970; with milliseconds `14:03:07.123`.
package func timeOfDay(_ nanoseconds: UInt64, milliseconds: Bool = false) -> String {
    var seconds = time_t(truncatingIfNeeded: nanoseconds / 1_000_000_000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let text = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return milliseconds ? text + "." + padded(Int(nanoseconds / 1_000_000 % 1000), 3) : text
}
