/// Five cron fields in UTC, as crontab(5) has them: minute, hour, day of month, month, day of week.
///
/// When both the day of the month and the day of the week are restricted, a day counts when either fits.
struct CronSchedule: Sendable, Hashable {
    private let minutes: CronField
    private let hours: CronField
    private let days: CronField
    private let months: CronField
    private let weekdays: CronField

    init(_ text: String) throws(ScheduleError) {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 5 else { throw ScheduleError(text, "it has \(fields.count) fields, not 5") }
        do {
            minutes = try CronField(fields[0], "minute", 0...59)
            hours = try CronField(fields[1], "hour", 0...23)
            days = try CronField(fields[2], "day of the month", 1...31)
            months = try CronField(
                fields[3], "month", 1...12,
                names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
            weekdays = try CronField(
                fields[4], "day of the week", 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
                isCyclic: true)
        } catch {
            throw ScheduleError(text, error.text)
        }
        guard next(afterMinute: 0) != nil else { throw ScheduleError(text, "no such day ever comes") }
    }

    /// The next minute that fits.
    /// - Parameter minute: minutes since 1970; the answer is later.
    func next(afterMinute minute: Int) -> Int? {
        let start = minute + 1
        var day = start.floorDivided(by: 1440)
        var timeOfDay = start - day * 1440
        // A leap day can be eight years away (1896 to 1904, 2096 to 2104), and on a given weekday forty.
        for _ in 0..<(41 * 366) {
            if matches(day: day), let time = nextTime(from: timeOfDay) { return day * 1440 + time }
            day += 1
            timeOfDay = 0
        }
        return nil
    }

    private func nextTime(from time: Int) -> Int? {
        let (hour, minute) = (time / 60, time % 60)
        if hours.contains(hour), let minute = minutes.next(from: minute) { return hour * 60 + minute }
        guard let hour = hours.next(from: hour + 1), let minute = minutes.next(from: 0) else { return nil }
        return hour * 60 + minute
    }

    private func matches(day: Int) -> Bool {
        let date = CalendarDay(sinceEpoch: day)
        guard months.contains(date.month) else { return false }
        let (fitsMonth, fitsWeek) = (days.contains(date.day), weekdays.contains(date.weekday))
        return days.isRestricted && weekdays.isRestricted ? fitsMonth || fitsWeek : fitsMonth && fitsWeek
    }
}
