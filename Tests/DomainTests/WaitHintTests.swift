import Domain
import FoundationEssentials
import Testing

struct WaitHintTests {
    @Test(
        arguments: [
            ("5", .seconds(5)), ("0.5", .milliseconds(500)), ("0", .zero), ("1e9", .seconds(86_400)),
            ("Fri, 20 Nov 2026 21:16:55 GMT", .seconds(60)), ("Fri, 20 Nov 2026 21:14:55 GMT", .zero), ("-5", nil),
            ("", nil), ("nan", nil), ("inf", nil), ("soon", nil), ("Fri, 20 Now 2026 21:16:55 GMT", nil),
            ("Fri, 20 Nov 2026 21:16:55 CET", nil),
        ] as [(String, Duration?)])
    func `a wait is a number of seconds or a date`(text: String, wait: Duration?) throws {
        let now = try Date("2026-11-20T21:15:55Z", strategy: .iso8601)
        #expect(WaitHint(text, now: now)?.duration == wait)
    }
}
