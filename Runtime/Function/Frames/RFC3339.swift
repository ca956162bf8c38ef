package import FoundationEssentials

/// Times as frames and bodies carry them: RFC 3339 in UTC with milliseconds, `2026-11-20T19:22:31.123Z`.
///
/// Written by hand because every invocation carries one and the general formatters cost more than the rest of a frame.
package enum RFC3339 {
    /// The text of a time, rounded to the millisecond.
    package static func string(from date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
        let (days, rest) = milliseconds.quotientAndFloorRemainder(dividingBy: 86_400_000)
        let (year, month, day) = civil(days: days)
        return String(unsafeUninitializedCapacity: 32) { buffer in
            var at = 0
            func put(_ value: Int64, _ width: Int, _ after: Character?) {
                var value = value
                for position in stride(from: at + width - 1, through: at, by: -1) {
                    buffer[position] = UInt8(48 + value % 10)
                    value /= 10
                }
                at += width
                if let after = after?.asciiValue {
                    buffer[at] = after
                    at += 1
                }
            }
            put(max(0, min(year, 9999)), 4, "-")
            put(month, 2, "-")
            put(day, 2, "T")
            put(rest / 3_600_000, 2, ":")
            put(rest / 60_000 % 60, 2, ":")
            put(rest / 1000 % 60, 2, ".")
            put(rest % 1000, 3, "Z")
            return at
        }
    }

    /// The time that a text of RFC 3339, section 5.6, means; nil when it is none.
    package static func date(from text: String) -> Date? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), 1...12 ~= month, day >= 1, day <= length(of: month, year),
            reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), hour < 24, reader.skip(":"), let minute = reader.number(2), minute < 60,
            reader.skip(":"), let second = reader.number(2), second <= 60, let fraction = reader.fraction(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private static func length(of month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 to year, month and day of the proleptic Gregorian calendar: years are counted from March,
    /// so that the leap day is the last of its year, in cycles of 400 years (146,097 days).
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (cycle, ofCycle) = (days + 719_468).quotientAndFloorRemainder(dividingBy: 146_097)
        let yearOfCycle = (ofCycle - ofCycle / 1460 + ofCycle / 36_524 - ofCycle / 146_096) / 365
        let dayOfYear = ofCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (cycle, yearOfCycle) = year.quotientAndFloorRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        var isAtEnd: Bool { at == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
            at += 1
            return true
        }

        mutating func number(_ width: Int) -> Int64? {
            guard at + width <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[at..<at + width] {
                guard 48...57 ~= byte else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            at += width
            return value
        }

        mutating func fraction() -> Double? {
            guard skip(".") else { return 0 }
            let start = at
            var value = 0.0
            var unit = 0.1
            while at < bytes.count, 48...57 ~= bytes[at] {
                value += Double(bytes[at] - 48) * unit
                unit /= 10
                at += 1
            }
            return at > start ? value : nil
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let sign: Int64 = skip("-") ? -1 : 1
            guard sign < 0 || skip("+"), let hours = number(2), hours < 24, skip(":"), let minutes = number(2),
                minutes < 60
            else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}

extension Int64 {
    fileprivate func quotientAndFloorRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
