import FoundationEssentials
import FunctionRuntime
import Hosting
import Testing

struct ScheduleTests {
    /// Milliseconds since 1970.
    private static func time(_ text: String) -> Int64 {
        Int64(RFC3339.date(from: text)!.timeIntervalSince1970 * 1000)
    }

    private static func text(_ time: Int64) -> String {
        RFC3339.string(from: Date(timeIntervalSince1970: Double(time) / 1000))
    }

    @Test(
        arguments: [
            ("every 5s", "2026-11-20T10:00:01.500Z", "2026-11-20T10:00:05.000Z"),
            ("every 5s", "2026-11-20T10:00:05.000Z", "2026-11-20T10:00:10.000Z"),
            ("every 250ms", "2026-11-20T10:00:00.001Z", "2026-11-20T10:00:00.250Z"),
            ("every 2m", "2026-11-20T10:01:00.000Z", "2026-11-20T10:02:00.000Z"),
            ("every 24h", "2026-11-20T10:01:00.000Z", "2026-11-21T00:00:00.000Z"),
            ("every  1h", "1969-12-31T22:30:00.000Z", "1969-12-31T23:00:00.000Z"),
        ])
    func `an interval is counted from the beginning of 1970`(schedule: String, after: String, due: String) throws {
        #expect(try Self.text(Schedule(schedule).next(after: Self.time(after))) == due)
    }

    @Test(
        arguments: [
            // Every minute, and never the minute that has begun.
            ("* * * * *", "2026-11-20T10:00:00.000Z", "2026-11-20T10:01:00.000Z"),
            ("* * * * *", "2026-11-20T10:00:59.999Z", "2026-11-20T10:01:00.000Z"),
            // Steps, ranges, lists, and steps within ranges.
            ("*/15 * * * *", "2026-11-20T10:46:00.000Z", "2026-11-20T11:00:00.000Z"),
            ("5/20 * * * *", "2026-11-20T10:06:00.000Z", "2026-11-20T10:25:00.000Z"),
            ("10-20/5 * * * *", "2026-11-20T10:16:00.000Z", "2026-11-20T10:20:00.000Z"),
            ("10-20/5 * * * *", "2026-11-20T10:20:00.000Z", "2026-11-20T11:10:00.000Z"),
            ("0,30,45 9-17 * * *", "2026-11-20T17:45:00.000Z", "2026-11-21T09:00:00.000Z"),
            ("0 0 * * *", "2026-11-20T10:00:00.000Z", "2026-11-21T00:00:00.000Z"),
            ("59 23 * * *", "2026-12-31T23:59:00.000Z", "2027-01-01T23:59:00.000Z"),
            // Months, by number and by name, in any case.
            ("0 0 1 1 *", "2026-11-20T10:00:00.000Z", "2027-01-01T00:00:00.000Z"),
            ("0 0 1 feb-apr *", "2026-11-20T10:00:00.000Z", "2027-02-01T00:00:00.000Z"),
            ("0 0 31 * *", "2026-11-20T10:00:00.000Z", "2026-12-31T00:00:00.000Z"),
            ("0 0 31 4,6,7 *", "2026-11-20T10:00:00.000Z", "2027-07-31T00:00:00.000Z"),
            // Days of the week; 0 and 7 are both Sunday. 2026-11-20 is a Friday.
            ("0 12 * * MON-FRI", "2026-11-20T12:00:00.000Z", "2026-11-23T12:00:00.000Z"),
            ("0 12 * * 0", "2026-11-20T12:00:00.000Z", "2026-11-22T12:00:00.000Z"),
            ("0 12 * * 7", "2026-11-20T12:00:00.000Z", "2026-11-22T12:00:00.000Z"),
            ("0 12 * * sat,SUN", "2026-11-21T12:00:00.000Z", "2026-11-22T12:00:00.000Z"),
            ("0 12 * * 5-7", "2026-11-21T12:00:00.000Z", "2026-11-22T12:00:00.000Z"),
            // Both days restricted: either fits. One of them with a star: both have to.
            ("0 0 13 * FRI", "2026-11-20T10:00:00.000Z", "2026-11-27T00:00:00.000Z"),
            ("0 0 13 * FRI", "2026-12-11T00:00:00.000Z", "2026-12-13T00:00:00.000Z"),
            ("0 0 */2 * FRI", "2026-11-20T10:00:00.000Z", "2026-11-27T00:00:00.000Z"),
            ("0 0 13 * *", "2026-11-20T10:00:00.000Z", "2026-12-13T00:00:00.000Z"),
            // Leap years: 2028 is one, 2100 is none.
            ("0 0 29 2 *", "2026-11-20T10:00:00.000Z", "2028-02-29T00:00:00.000Z"),
            ("0 0 29 2 *", "2096-03-01T00:00:00.000Z", "2104-02-29T00:00:00.000Z"),
            ("0 0 28 2 *", "2100-02-28T00:00:00.000Z", "2101-02-28T00:00:00.000Z"),
            // The hours at which clocks change elsewhere are ordinary here.
            ("30 2 * * *", "2026-03-28T03:00:00.000Z", "2026-03-29T02:30:00.000Z"),
            ("30 2 * * *", "2026-10-25T02:30:00.000Z", "2026-10-26T02:30:00.000Z"),
        ])
    func `five cron fields give the next minute that fits`(schedule: String, after: String, due: String) throws {
        #expect(try Self.text(Schedule(schedule).next(after: Self.time(after))) == due)
    }

    @Test(
        arguments: [
            ("", "it has 0 fields, not 5"),
            ("* * * *", "it has 4 fields, not 5"),
            ("* * * * * *", "it has 6 fields, not 5"),
            ("60 * * * *", "\"60\" is no minute (0–59)"),
            ("* 24 * * *", "\"24\" is no hour (0–23)"),
            ("* * 0 * *", "\"0\" is no day of the month (1–31)"),
            ("* * * 13 *", "\"13\" is no month (1–12)"),
            ("* * * * 8", "\"8\" is no day of the week (0–7)"),
            ("* * * * FRY", "\"FRY\" is no day of the week"),
            ("20-10 * * * *", "the range \"20-10\" of the minute runs backwards"),
            ("*/0 * * * *", "the step \"0\" of the minute is not a number above 0"),
            ("*/x * * * *", "the step \"x\" of the minute is not a number above 0"),
            ("1,,2 * * * *", "the minute has an empty part"),
            ("-1 * * * *", "\"\" is no minute"),
            ("0 0 30 2 *", "no such day ever comes"),
            ("every", "\"every\" is followed by one interval"),
            ("every 5 s", "\"every\" is followed by one interval"),
            ("every 5d", "the unit of \"5d\" is not ms, s, m or h"),
            ("every s", "the interval is longer than nothing"),
            ("every 0s", "the interval is longer than nothing"),
            ("every 99999999999999999999s", "the interval is longer than nothing"),
            ("every 9000h", "at most a year"),
        ])
    func `says what is wrong with a schedule and what one looks like`(schedule: String, problem: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule(schedule) }
        #expect(error!.description.contains(problem), "\(error!)")
        #expect(error!.description.contains("want \"every 5s\", or five cron fields"))
    }

    @Test(
        arguments: [
            ("every 5s", "2026-11-20T10:00:05.000Z", "2026-11-20T10:00:22.000Z", "2026-11-20T10:00:20.000Z"),
            ("every 5s", "2026-11-20T10:00:05.000Z", "2026-11-20T10:00:09.999Z", "2026-11-20T10:00:05.000Z"),
            ("* * * * *", "2026-11-20T10:00:00.000Z", "2026-11-20T10:03:30.000Z", "2026-11-20T10:03:00.000Z"),
            ("0 0 1 1 *", "2026-01-01T00:00:00.000Z", "2026-11-20T10:03:30.000Z", "2026-01-01T00:00:00.000Z"),
        ])
    func `missed times come down to the latest`(schedule: String, due: String, now: String, latest: String) throws {
        #expect(try Self.text(Schedule(schedule).latest(from: Self.time(due), upTo: Self.time(now))) == latest)
    }

    @Test func `a year of hourly firings has no gap and no repetition`() throws {
        let schedule = try Schedule("7 * * * *")
        var due = Self.time("2027-12-31T23:30:00.000Z")
        for _ in 0..<(366 * 24) {
            let next = schedule.next(after: due)
            #expect(next - (due - due % 3_600_000) == 3_600_000 + 7 * 60_000)
            due = next
        }
        #expect(Self.text(due) == "2028-12-31T23:07:00.000Z")
    }
}
