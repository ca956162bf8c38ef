/// The date formats of both protocols, all in UTC, from and to milliseconds since 1970.
enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Fri, 20 Nov 2026 21:15:55 GMT` (RFC 9110, section 5.6.7).
    static func rfc1123(_ milliseconds: Int64) -> String {
        let parts = Parts(milliseconds)
        let weekday = weekdays[Int((parts.days % 7 + 7) % 7)]
        return "\(weekday), \(two(parts.day)) \(months[Int(parts.month) - 1]) \(parts.year) \(parts.time) GMT"
    }

    /// `2026-11-20T21:15:55.123Z`.
    static func iso8601(_ milliseconds: Int64) -> String {
        let parts = Parts(milliseconds)
        return "\(parts.date)T\(parts.time).\(pad(parts.milliseconds, 3))Z"
    }

    /// `2026-11-20T21:15:55.1230000Z`, as Azure writes snapshots and versions.
    static func ticks(_ milliseconds: Int64, fraction: Int64 = 0) -> String {
        let parts = Parts(milliseconds)
        return "\(parts.date)T\(parts.time).\(pad(parts.milliseconds * 10_000 + fraction, 7))Z"
    }

    /// `20261120T211555Z`, as signatures write it.
    static func basic(_ milliseconds: Int64) -> String {
        iso8601(milliseconds).filter { $0 != "-" && $0 != ":" }.prefix(15) + "Z"
    }

    /// Reads `Fri, 20 Nov 2026 21:15:55 GMT`, also with a numeric zone in place of GMT.
    static func parseRFC1123(_ text: String) -> Int64? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "-" || $0 == "," })
        let offset = words.count > 4 && (Int64(words[0]) == nil) ? 1 : 0
        guard words.count >= offset + 4, let day = Int64(words[offset]),
            let month = months.firstIndex(where: { $0.lowercased() == words[offset + 1].prefix(3).lowercased() }),
            let year = Int64(words[offset + 2])
        else { return nil }
        return time(words[offset + 3]).map {
            milliseconds(year < 100 ? year + 2000 : year, Int64(month) + 1, day) + $0
        }
    }

    /// Reads `2026-11-20T21:15:55.123Z`, with any number of decimals or none, with or without the time of day.
    static func parseISO8601(_ text: String) -> Int64? {
        guard let end = text.last, end == "Z" || end.isNumber else { return nil }
        let parts = (end == "Z" ? text.dropLast() : text[...]).split(separator: "T", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2 else { return nil }
        let date = first.split(separator: "-").compactMap { Int64($0) }
        guard date.count == 3, (1...12).contains(date[1]), (1...31).contains(date[2]) else { return nil }
        let start = milliseconds(date[0], date[1], date[2])
        return parts.count == 1 ? start : time(parts[1]).map { start + $0 }
    }

    /// Reads `20261120T211555Z`.
    static func parseBasic(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), (1...12).contains(month),
            (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        return milliseconds(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000
    }

    /// Reads `21:15:55.1234567` or `21:15`.
    private static func time(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":")
        guard parts.count == 2 || parts.count == 3, let hour = Int64(parts[0]), let minute = Int64(parts[1]),
            (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        guard parts.count == 3 else { return (hour * 60 + minute) * 60_000 }
        let second = parts[2].split(separator: ".")
        guard let whole = second.first.flatMap({ Int64($0) }), (0..<61).contains(whole) else { return nil }
        let decimals = second.count > 1 ? String(second[1].prefix(3)) : ""
        let fraction = Int64(decimals + String(repeating: "0", count: 3 - decimals.count)) ?? 0
        return ((hour * 60 + minute) * 60 + whole) * 1000 + fraction
    }

    /// Midnight of a day of the Gregorian calendar.
    static func milliseconds(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86_400_000
    }

    fileprivate static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    fileprivate static func pad(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private struct Parts {
        let days: Int64
        let year: Int64
        let month: Int64
        let day: Int64
        let seconds: Int64
        let milliseconds: Int64

        init(_ time: Int64) {
            days = (time >= 0 ? time : time - 86_399_999) / 86_400_000
            let rest = time - days * 86_400_000
            seconds = rest / 1000
            milliseconds = rest % 1000
            let shifted = days + 719_468
            let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let shiftedMonth = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
            month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        }

        var date: String { "\(pad(year, 4))-\(two(month))-\(two(day))" }
        var time: String { "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))" }
    }
}
