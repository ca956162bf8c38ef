/// Why a text is no schedule; the sentence says what one looks like.
package struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ text: String, _ problem: String) {
        description =
            "\"\(text)\" is not a schedule: \(problem) (want \"every 5s\", or five cron fields in UTC such as "
            + "\"*/15 8-18 * * MON-FRI\")"
    }
}
