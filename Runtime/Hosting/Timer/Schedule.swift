/// When a timer fires: `every <n>(ms|s|m|h)`, counted from the beginning of 1970 so that all hosts agree, or five cron
/// fields. Everything is UTC: there is no daylight saving to skip or repeat a firing.
///
///     let schedule = try Schedule("*/15 8-18 * * MON-FRI")
///     let due = schedule.next(after: now)
package struct Schedule: Sendable, Hashable {
    private enum Rule: Sendable, Hashable {
        case every(milliseconds: Int64)
        case cron(CronSchedule)
    }

    /// As it was written.
    package let text: String
    private let rule: Rule

    /// - Throws: `ScheduleError` with a sentence that says what is wrong.
    package init(_ text: String) throws(ScheduleError) {
        self.text = text
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.first == "every" else {
            rule = .cron(try CronSchedule(text))
            return
        }
        guard words.count == 2 else { throw ScheduleError(text, "\"every\" is followed by one interval") }
        let digits = words[1].prefix(while: \.isNumber)
        let units: [Substring: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
        guard let unit = units[words[1].dropFirst(digits.count)] else {
            throw ScheduleError(text, "the unit of \"\(words[1])\" is not ms, s, m or h")
        }
        guard let count = Int64(digits), count > 0, count <= 366 * 24 * 3_600_000 / unit else {
            throw ScheduleError(text, "the interval is longer than nothing and at most a year")
        }
        rule = .every(milliseconds: count * unit)
    }

    /// The first due time after a time.
    /// - Parameter time: milliseconds since 1970.
    package func next(after time: Int64) -> Int64 {
        switch rule {
        case .every(let interval):
            return Int64(Int(time).floorDivided(by: Int(interval)) + 1) * interval
        case .cron(let cron):
            guard let minute = cron.next(afterMinute: Int(time).floorDivided(by: 60_000)) else {
                preconditionFailure("a schedule that never fires was refused when it was read")
            }
            return Int64(minute) * 60_000
        }
    }

    /// The last due time up to `now` of those that were missed since `due`; `due` itself when none was.
    package func latest(from due: Int64, upTo now: Int64) -> Int64 {
        if case .every(let interval) = rule {
            return max(due, Int64(Int(now).floorDivided(by: Int(interval))) * interval)
        }
        var due = due
        while true {
            let next = next(after: due)
            if next > now { return due }
            due = next
        }
    }
}
