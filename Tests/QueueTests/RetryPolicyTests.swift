import Queue
import Testing

struct RetryPolicyTests {
    @Test(arguments: [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (1000, 300), (0, 1)])
    func `doubles the ceiling after each attempt, up to the limit`(attempt: Int, seconds: Int) {
        #expect(RetryPolicy().ceiling(afterAttempt: attempt) == .seconds(seconds))
    }

    @Test func `spreads the wait over everything below the ceiling`() {
        let policy = RetryPolicy(base: .seconds(2), limit: .seconds(60))
        #expect(policy.delay(afterAttempt: 2, random: 0) == .zero)
        #expect(policy.delay(afterAttempt: 2, random: 0.5) == .seconds(2))
        for _ in 0..<100 { #expect(policy.delay(afterAttempt: 2) < .seconds(4)) }
    }

    @Test func `never undercuts what the other side asked for`() {
        let policy = RetryPolicy(base: .seconds(1), limit: .seconds(5))
        #expect(policy.delay(afterAttempt: 1, hint: .seconds(30), random: 0) == .seconds(30))
        #expect(policy.delay(afterAttempt: 1, hint: .seconds(30), random: 1) == .seconds(33))
    }
}
