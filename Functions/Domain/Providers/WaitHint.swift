package import FoundationEssentials

/// The value of a `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.
package struct WaitHint: Sendable, Hashable {
    /// How long to wait, from now; a day at most.
    package let duration: Duration

    /// - Returns: nil when it is neither.
    package init?(_ text: String, now: Date = Date()) {
        let seconds: Double
        if let number = Double(text) {
            guard number.isFinite, number >= 0 else { return nil }
            seconds = number
        } else if let date = Self.date(text) {
            seconds = max(0, date.timeIntervalSince(now))
        } else {
            return nil
        }
        duration = .seconds(min(seconds, 86_400))
    }

    private static let months = [
        "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06", "Jul": "07", "Aug": "08",
        "Sep": "09", "Oct": "10", "Nov": "11", "Dec": "12",
    ]

    /// `Fri, 20 Nov 2026 21:15:55 GMT` (RFC 9110, section 5.6.7).
    private static func date(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months[String(parts[2])] else { return nil }
        return try? Date("\(parts[3])-\(month)-\(parts[1])T\(parts[4])Z", strategy: .iso8601)
    }
}
