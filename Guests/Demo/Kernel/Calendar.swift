// Seconds since 1970 as a date, and nanoseconds as something to read. Pure: tested on the host.

public struct Calendar: Equatable {
    public var year: UInt32
    public var month: UInt32
    public var day: UInt32
    public var hour: UInt32
    public var minute: UInt32
    public var second: UInt32
    /// 0 is Sunday.
    public var weekday: UInt32

    /// A moment in UTC. Good for about eleven million years.
    public init(seconds: UInt64) {
        let days = UInt32(truncatingIfNeeded: seconds / 86_400)
        let time = UInt32(truncatingIfNeeded: seconds % 86_400)
        (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
        weekday = (days + 4) % 7  // the first of January 1970 was a Thursday

        // Count in years that begin in March: the leap day is then the last day of its year and disturbs nothing.
        let sinceMarchZero = days + 719_468
        let era = sinceMarchZero / 146_097
        let dayOfEra = sinceMarchZero % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    public var weekdayName: StaticString {
        switch weekday {
        case 0: "Sun"
        case 1: "Mon"
        case 2: "Tue"
        case 3: "Wed"
        case 4: "Thu"
        case 5: "Fri"
        default: "Sat"
        }
    }

    /// Thu 2026-11-26 09:41:08
    public var text: Text {
        "\(weekdayName) \(year)-\(month, width: 2, fill: "0")-\(day, width: 2, fill: "0") \(timeText)"
    }

    public var timeText: Text {
        "\(hour, width: 2, fill: "0"):\(minute, width: 2, fill: "0"):\(second, width: 2, fill: "0")"
    }

    /// 2 d 03:04:05.678
    public static func duration(_ nanoseconds: UInt64) -> Text {
        let milliseconds = nanoseconds / 1_000_000
        let seconds = milliseconds / 1000
        let days = seconds / 86_400
        let clock: Text = """
            \(seconds / 3600 % 24, width: 2, fill: "0"):\(seconds / 60 % 60, width: 2, fill: "0"):\
            \(seconds % 60, width: 2, fill: "0").\(milliseconds % 1000, width: 3, fill: "0")
            """
        return days > 0 ? "\(days) d \(clock)" : clock
    }
}
