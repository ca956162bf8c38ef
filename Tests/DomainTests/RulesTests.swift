import FoundationEssentials
import FunctionRuntime
import JSON
import Testing

@testable import Domain

struct RulesTests {
    @Test func `only the transitions of the picture exist`() {
        let drawn: [JobState: Set<JobState>] = [
            .awaitingUpload: [.queued, .canceled, .failed], .queued: [.processing, .canceled],
            .processing: [.completed, .failed, .queued, .canceled], .completed: [], .failed: [.queued],
            .canceled: [.queued],
        ]
        for from in JobState.allCases {
            for to in JobState.allCases { #expect(from.mayBecome(to) == drawn[from]?.contains(to), "\(from) to \(to)") }
        }
    }

    @Test(arguments: [
        (RetryClass.invalid, Decision.fail), (.refused, .fail), (.quota, .fail),
    ])
    func `what would fail again is not tried again`(failure: RetryClass, decision: Decision) {
        var generator = SystemRandomNumberGenerator()
        #expect(Decision.after(failure, .sample(), using: &generator) == decision)
    }

    @Test(arguments: [RetryClass.unavailable, .lost])
    func `what may pass is tried again until the attempts are spent`(failure: RetryClass) {
        var generator = SystemRandomNumberGenerator()
        guard case .requeue(let wait, counts: true) = Decision.after(failure, .sample(attempts: 4), using: &generator)
        else {
            Issue.record("the fourth of five attempts was the last")
            return
        }
        #expect(wait <= .seconds(16))
        #expect(Decision.after(failure, .sample(attempts: 5), using: &generator) == .fail)
        #expect(Decision.after(failure, .sample(attempts: 5, forgiven: 1), using: &generator) != .fail)
    }

    @Test func `a rate limit is waited out as long as was asked, and is no attempt`() {
        var generator = SystemRandomNumberGenerator()
        let decision = Decision.after(
            .limited(wait: .seconds(10)), .sample(attempts: 9, forgiven: 4), using: &generator)
        guard case .requeue(let wait, counts: false) = decision else {
            Issue.record("a rate limit ended the job: \(decision)")
            return
        }
        #expect(wait >= .seconds(10) && wait <= .seconds(11))
    }

    @Test func `a job has an hour, whatever it waits for`() {
        var generator = SystemRandomNumberGenerator()
        let job = Job.sample(queuedAt: Date().addingTimeInterval(-3590))
        #expect(Decision.after(.limited(wait: .seconds(60)), job, using: &generator) == .fail)
        #expect(Decision.after(.limited(wait: .seconds(1)), job, using: &generator) != .fail)
    }

    @Test func `waits double up to their cap and spread over all of it`() {
        let backoff = Backoff(base: .seconds(2), cap: .seconds(60))
        #expect((1...7).map { backoff.bound(failures: $0) } == [2, 4, 8, 16, 32, 60, 60].map(Duration.seconds))
        #expect(backoff.bound(failures: 10_000) == .seconds(60))
        var generator = SystemRandomNumberGenerator()
        let waits = (0..<200).map { _ in backoff.wait(failures: 1, using: &generator) }
        #expect(waits.allSatisfy { $0 >= .zero && $0 <= .seconds(2) })
        #expect(waits.contains { $0 < .milliseconds(500) } && waits.contains { $0 > .milliseconds(1500) })
    }

    @Test func `polls come soon at first and then less and less often`() {
        let schedule = PollSchedule(first: .milliseconds(100), factor: 2, longest: .seconds(1))
        #expect(
            (1...6).map { schedule.wait(before: $0) } == [100, 200, 400, 800, 1000, 1000].map(Duration.milliseconds))
    }

    @Test func `ids made later sort later and say which version they are`() {
        let ids = (0..<100).map { UUID.version7(at: Date(timeIntervalSince1970: 1_700_000_000 + Double($0))).text }
        #expect(ids == ids.sorted())
        #expect(ids.allSatisfy { $0[$0.index($0.startIndex, offsetBy: 14)] == "7" })
        #expect(ids.allSatisfy { "89ab".contains($0[$0.index($0.startIndex, offsetBy: 19)]) })
    }

    private static let refusals: [(String, JSONObject, String)] = [
        ("", [:], "prompt"),
        ("   \n", [:], "prompt"),
        (String(repeating: "x", count: 4001), [:], "prompt"),
        ("a\u{0}b", [:], "prompt"),
        ("a", ["a": "b\u{0}"], "parameters"),
        ("a", ["prompt": "b"], "parameters.prompt"),
        ("a", ["a": .string(String(repeating: "x", count: 20_000))], "parameters"),
    ]

    @Test(arguments: refusals)
    func `a request beyond the rules is refused by field`(prompt: String, parameters: JSONObject, field: String) {
        let failure = #expect(throws: Failure.self) { try NewJob(prompt: prompt, parameters: parameters) }
        #expect(failure?.errors.map(\.field) == [field])
    }

    @Test func `the same request has the same fingerprint, whatever the order of its parameters`() throws {
        let one = try NewJob(prompt: " a ", parameters: ["a": 1, "b": ["c": 2, "d": 3]], idempotencyKey: "k")
        let two = try NewJob(prompt: "a", parameters: ["b": ["d": 3, "c": 2], "a": 1], idempotencyKey: "k")
        let other = try NewJob(prompt: "a", parameters: ["a": 1, "b": ["c": 2, "d": 4]], idempotencyKey: "k")
        #expect(one.fingerprint == two.fingerprint)
        #expect(one.fingerprint != other.fingerprint)
    }

    @Test(arguments: [("%21", nil, "cursor"), (nil, 0, "limit"), (nil, 101, "limit")] as [(String?, Int?, String)])
    func `a list beyond the rules is refused by field`(cursor: String?, limit: Int?, field: String) {
        let failure = #expect(throws: Failure.self) { try JobQuery(cursor: cursor, limit: limit) }
        #expect(failure?.errors.map(\.field) == [field])
    }

    @Test func `a cursor finds its job again`() throws {
        let id = UUID.version7()
        #expect(try JobQuery(cursor: JobQuery.cursor(after: id)).cursor == id)
    }
}

extension Job {
    static func sample(attempts: Int = 1, forgiven: Int = 0, queuedAt: Date = Date()) -> Job {
        Job(
            id: .version7(), userID: .version7(), status: .processing, prompt: "a", parameters: [:], workflowID: nil,
            priority: .normal, inputImageID: nil, resultImageIDs: [], attempts: attempts, maxAttempts: 5,
            forgiven: forgiven,
            progress: 0, errorCode: nil, errorMessage: nil, provider: nil, providerJobID: nil, nextAttemptAt: queuedAt,
            processingTime: nil, createdAt: queuedAt, queuedAt: queuedAt, startedAt: queuedAt, completedAt: nil,
            eventSequence: 1)
    }
}
