import FunctionRuntime
import JSON
import Testing

struct FailureTests {
    @Test func `every code has a status of its own and a title`() {
        let statuses = Failure.Code.allCases.map(\.status)
        #expect(Set(statuses).count == statuses.count)
        #expect(statuses.allSatisfy { 400...599 ~= $0 })
        #expect(Failure.Code.allCases.allSatisfy { !$0.title.isEmpty })
    }

    @Test func `only what another try can mend comes again`() {
        let again = Failure.Code.allCases.filter { $0.retry == .backoff }
        #expect(Set(again) == [.limited, .upstream, .unavailable, .timeout, .canceled, .internal])
        #expect(Failure.notFound().retrying(.after(.seconds(1))).retry == .after(.seconds(1)))
    }

    @Test func `it becomes problem details`() {
        let failure = Failure.invalid([
            FieldError("prompt", "is missing"), FieldError("size.width", "must be a number"),
        ])
        #expect(
            failure.problem(traceID: "abc") == [
                "type": "urn:problem:invalid", "title": "The input is not valid", "status": 400,
                "detail": "prompt is missing; size.width must be a number",
                "errors": [
                    ["field": "prompt", "message": "is missing"],
                    ["field": "size.width", "message": "must be a number"],
                ], "traceId": "abc",
            ])
        #expect(Failure.notFound("no job").problem()["errors"] == nil)
    }

    @Test func `a limit tells when to come back, rounded up`() {
        let failure = Failure.limited(retryAfter: .milliseconds(1200))
        #expect(failure.headers["Retry-After"] == "2")
        #expect(failure.retry == .after(.milliseconds(1200)))
    }
}
