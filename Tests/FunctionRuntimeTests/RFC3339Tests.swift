import FoundationEssentials
import FunctionRuntime
import Testing

struct RFC3339Tests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_795_202_551.123, "2026-11-20T19:22:31.123Z"),
            (951_782_399.9994, "2000-02-28T23:59:59.999Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"), (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] as [(Double, String)])
    func `writes UTC with milliseconds`(seconds: Double, text: String) {
        #expect(RFC3339.string(from: Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(
        arguments: [
            ("2026-11-20T19:22:31Z", 1_795_202_551), ("2026-11-20t19:22:31.5z", 1_795_202_551.5),
            ("2026-11-20T20:22:31+01:00", 1_795_202_551), ("2026-11-20T13:52:31-05:30", 1_795_202_551),
            ("2000-02-29 00:00:00Z", 951_782_400),
        ] as [(String, Double)])
    func `reads any offset`(text: String, seconds: Double) {
        #expect(RFC3339.date(from: text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
    ])
    func `refuses what is no time`(text: String) {
        #expect(RFC3339.date(from: text) == nil)
    }

    @Test func `every day of four centuries survives the round trip`() {
        for day in stride(from: -80_000, to: 80_000, by: 1) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 0.25)
            #expect(RFC3339.date(from: RFC3339.string(from: date)) == date)
        }
    }
}
