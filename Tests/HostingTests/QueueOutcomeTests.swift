import FunctionRuntime
import Testing

@testable import Hosting

struct QueueOutcomeTests {
    private static func report(started: Int) -> CrashReport {
        CrashReport(
            function: "Work", instance: "Work-1", processIdentifier: 7, ending: .signalled(11), standardError: [],
            inFlight: ["a", "b"], started: Array(["a", "b", "c"].prefix(started)))
    }

    private static let crash = "Work was ended by signal 11 (SIGSEGV)"

    @Test(
        arguments: [
            (nil, 1, .acknowledge),
            (.function(.invalid("no")), 1, .kill(reason: "invalid: no")),
            (.function(.internal("no")), 1, .retry(hint: nil, reason: "internal: no")),
            (.function(.internal("no")), 5, .kill(reason: "attempt 5 of 5 failed: internal: no")),
            (
                .function(.upstream("wait").retrying(.after(.seconds(9)))), 4,
                .retry(hint: .seconds(9), reason: "upstream: wait")
            ),
            (
                .function(.upstream("wait").retrying(.after(.seconds(9)))), 5,
                .kill(reason: "attempt 5 of 5 failed: upstream: wait")
            ),
            (.crashed(report(started: 0), started: false), 5, .postpone(reason: crash)),
            (.crashed(report(started: 1), started: true), 1, .retry(hint: nil, reason: crash)),
            (.crashed(report(started: 1), started: true), 5, .kill(reason: "attempt 5 of 5 failed: \(crash)")),
            (.crashed(report(started: 2), started: true), 5, .isolate(reason: crash)),
            (.deadline, 2, .retry(hint: nil, reason: "the deadline passed")),
            (.deadline, 5, .kill(reason: "attempt 5 of 5 failed: the deadline passed")),
            (.canceled(.drain), 5, .release),
            (.canceled(.user), 1, .kill(reason: "it was canceled")),
            (.unavailable(.stopping), 5, .release),
            (.unavailable(.queueFull), 5, .postpone(reason: "the function is busy")),
            (
                .unavailable(.cannotStart("no database")), 5,
                .postpone(reason: "the function does not start: no database")
            ),
        ] as [(InvocationFailure?, Int, QueueOutcome)])
    func `the type of a failure decides what becomes of the message`(
        failure: InvocationFailure?, attempt: Int, outcome: QueueOutcome
    ) {
        #expect(QueueOutcome(failure, attempt: attempt, of: 5, isAlone: false, isStopping: false) == outcome)
    }

    @Test func `a crash of a message that runs alone is its own`() {
        let failure = InvocationFailure.crashed(Self.report(started: 2), started: true)
        let outcome = QueueOutcome(failure, attempt: 1, of: 5, isAlone: true, isStopping: false)
        #expect(outcome == .retry(hint: nil, reason: Self.crash))
    }

    @Test func `a message that was taken back is given back, unless it is done`() {
        let failure = InvocationFailure.function(Failure(.canceled, "taken back"))
        #expect(QueueOutcome(failure, attempt: 5, of: 5, isAlone: false, isStopping: true) == .release)
        #expect(QueueOutcome(nil, attempt: 5, of: 5, isAlone: false, isStopping: true) == .acknowledge)
    }

    @Test func `suspects run one at a time while nothing else does`() throws {
        var intake = QueueIntake(capacity: 4)
        #expect(intake.room == 4)
        for _ in 0..<3 { intake.begin() }
        intake.suspect()
        intake.suspect()
        #expect(intake.room == nil)
        #expect(intake.begin() == nil)
        #expect(intake.beginIsolated() == nil)
        intake.end()
        #expect(intake.beginIsolated() != nil)
        #expect(intake.beginIsolated() == nil)
        #expect(intake.begin() == nil)
        intake.endIsolated()
        #expect(intake.begin() == nil)
        #expect(intake.beginIsolated() != nil)
        intake.endIsolated()
        #expect(intake.begin() != nil)
        #expect(intake.room == 4)
        intake.isPaused = true
        #expect(intake.room == nil)
    }
}
