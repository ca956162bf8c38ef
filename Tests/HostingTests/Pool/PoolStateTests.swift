import Testing

@testable import Hosting

/// The rules of a pool, each as inputs and the actions that follow.
@Suite struct PoolStateTests {
    var state = PoolState(limits: PoolLimits(minimum: 0, maximum: 2, waiting: 2))

    /// A pool with one ready process, number 1.
    private mutating func oneReady(concurrency: Int = 2) {
        _ = state.submit(1000, repeatable: false)
        _ = state.ready(1, concurrency: concurrency)
        _ = state.finished(1000, on: 1)
    }

    @Test mutating func `starts a process for the first call and hands the call over when it is ready`() {
        #expect(
            state.submit(1, repeatable: false) == [
                .start(1, generation: 1), .schedule(.waiting(1), after: .seconds(10)),
            ])
        #expect(state.ready(1, concurrency: 4) == [.assign(1, 1)])
    }

    @Test mutating func `a ready process takes a call at once`() {
        oneReady()
        #expect(state.submit(1, repeatable: false) == [.assign(1, 1)])
    }

    @Test mutating func `never gives a process more calls than its concurrency`() {
        oneReady(concurrency: 2)
        #expect(state.submit(1, repeatable: false) == [.assign(1, 1)])
        #expect(state.submit(2, repeatable: false) == [.assign(2, 1)])
        #expect(state.submit(3, repeatable: false).first == .start(2, generation: 1))
    }

    @Test mutating func `never starts more processes than the maximum`() {
        oneReady(concurrency: 1)
        _ = state.submit(1, repeatable: false)
        #expect(state.submit(2, repeatable: false).contains(.start(2, generation: 1)))
        #expect(state.submit(3, repeatable: false) == [.schedule(.waiting(3), after: .seconds(10))])
    }

    @Test mutating func `counts what a starting process will take before it starts another`() {
        oneReady(concurrency: 2)
        for call in 1...2 { _ = state.submit(call, repeatable: false) }
        #expect(state.submit(3, repeatable: false).contains(.start(2, generation: 1)))
        #expect(!state.submit(4, repeatable: false).contains(.start(3, generation: 1)))
    }

    @Test mutating func `starts no more processes for the first calls than their description says they need`() {
        state = PoolState(limits: PoolLimits(maximum: 4), concurrency: 3)
        #expect(state.submit(1, repeatable: false).contains(.start(1, generation: 1)))
        #expect(!state.submit(2, repeatable: false).contains(.start(2, generation: 1)))
        #expect(!state.submit(3, repeatable: false).contains(.start(2, generation: 1)))
        #expect(state.submit(4, repeatable: false).contains(.start(2, generation: 1)))
    }

    @Test mutating func `waiting calls keep their order`() {
        oneReady(concurrency: 1)
        state = PoolState(limits: PoolLimits(maximum: 1))
        _ = state.submit(1, repeatable: false)
        _ = state.submit(2, repeatable: false)
        _ = state.submit(3, repeatable: false)
        #expect(state.ready(1, concurrency: 1) == [.assign(1, 1)])
        #expect(state.finished(1, on: 1) == [.assign(2, 1)])
        #expect(state.finished(2, on: 1) == [.assign(3, 1)])
    }

    @Test mutating func `a call beyond the waiting queue fails at once`() {
        for call in 1...2 { _ = state.submit(call, repeatable: false) }
        #expect(state.submit(3, repeatable: false) == [.fail(3, .queueFull)])
    }

    @Test mutating func `a call that waits too long fails, one that was taken does not`() {
        _ = state.submit(1, repeatable: false)
        #expect(state.timer(.waiting(1)) == [.fail(1, .waitedTooLong)])
        oneReady()
        _ = state.submit(2, repeatable: false)
        #expect(state.timer(.waiting(2)) == [])
    }

    @Test mutating func `calls go to the fullest process that has room`() {
        state = PoolState(limits: PoolLimits(minimum: 2, maximum: 2))
        _ = state.begin()
        _ = state.ready(1, concurrency: 2)
        _ = state.ready(2, concurrency: 2)
        #expect(state.submit(1, repeatable: false) == [.assign(1, 1)])
        #expect(state.submit(2, repeatable: false) == [.assign(2, 1)])
        #expect(state.submit(3, repeatable: false) == [.assign(3, 2)])
    }

    @Test mutating func `a withdrawn call is not handed to anybody`() {
        _ = state.submit(1, repeatable: false)
        let isWithdrawn = state.withdraw(1)
        #expect(isWithdrawn)
        #expect(state.ready(1, concurrency: 1).contains(.assign(1, 1)) == false)
    }

    @Test mutating func `a call that a process has cannot be withdrawn`() {
        oneReady()
        _ = state.submit(1, repeatable: false)
        let isWithdrawn = state.withdraw(1)
        #expect(!isWithdrawn)
    }

    // MARK: Idle processes

    @Test mutating func `an idle process above the minimum ends after the idle timeout`() {
        _ = state.submit(1, repeatable: false)
        _ = state.ready(1, concurrency: 1)
        #expect(state.finished(1, on: 1) == [.schedule(.idle(1, epoch: 1), after: .seconds(60))])
        #expect(state.timer(.idle(1, epoch: 1)) == [.drain(1)])
    }

    @Test mutating func `a process that was busy meanwhile gets another idle timeout`() {
        oneReady()
        _ = state.submit(1, repeatable: false)
        _ = state.finished(1, on: 1)
        #expect(state.timer(.idle(1, epoch: 1)) == [.schedule(.idle(1, epoch: 2), after: .seconds(60))])
        #expect(state.timer(.idle(1, epoch: 2)) == [.drain(1)])
    }

    @Test mutating func `a busy process is not ended by its idle timer`() {
        oneReady()
        _ = state.submit(1, repeatable: false)
        #expect(state.timer(.idle(1, epoch: 1)) == [])
    }

    @Test mutating func `the minimum is started at the beginning and kept`() {
        state = PoolState(limits: PoolLimits(minimum: 1, maximum: 2))
        #expect(state.begin() == [.start(1, generation: 1)])
        #expect(state.ready(1, concurrency: 1) == [])
        _ = state.submit(1, repeatable: false)
        #expect(state.finished(1, on: 1) == [])
    }

    // MARK: Crashes

    @Test mutating func `a crash with one call in flight fails that call and the process is replaced for the next`() {
        oneReady()
        _ = state.submit(1, repeatable: false)
        #expect(state.ended(1) == [.crash(1, 1, started: true)])
        #expect(state.submit(2, repeatable: false).first == .start(2, generation: 1))
    }

    @Test mutating func `a repeatable call that was alone is the poison and is not repeated`() {
        oneReady()
        _ = state.submit(1, repeatable: true)
        #expect(state.ended(1) == [.crash(1, 1, started: true)])
    }

    @Test mutating func `a call that did not reach the crashed process goes to another one`() {
        oneReady()
        _ = state.submit(1, repeatable: false)
        _ = state.submit(2, repeatable: false)
        #expect(state.ended(1, unsent: [2]) == [.crash(1, 1, started: true), .start(2, generation: 1)])
        #expect(state.ready(2, concurrency: 2) == [.assign(2, 2)])
    }

    @Test mutating func `suspects run one at a time and alone, and only the poisonous one fails`() {
        oneReady(concurrency: 4)
        for call in 1...3 { _ = state.submit(call, repeatable: true) }
        #expect(state.ended(1) == [.start(2, generation: 1)])
        #expect(state.ready(2, concurrency: 4) == [.assign(1, 2)])
        // While a suspect runs, nothing else comes to its process.
        #expect(!state.submit(9, repeatable: false).contains(.assign(9, 2)))
        #expect(state.finished(1, on: 2) == [.assign(2, 2)])
        #expect(state.ended(2).contains(.crash(2, 2, started: true)))
        let third = state.instances.keys.max()!
        #expect(state.ready(third, concurrency: 4).contains(.assign(3, third)))
        #expect(state.finished(3, on: third).contains(.assign(9, third)))
    }

    @Test mutating func `HTTP calls that crash together fail, the others are suspects`() {
        oneReady(concurrency: 4)
        _ = state.submit(1, repeatable: false)
        _ = state.submit(2, repeatable: true)
        #expect(state.ended(1) == [.crash(1, 1, started: true), .start(2, generation: 1)])
        #expect(state.ready(2, concurrency: 4) == [.assign(2, 2)])
    }

    @Test mutating func `the first restart is immediate, then each waits twice as long`() {
        state = PoolState(limits: PoolLimits(minimum: 1, maximum: 1, backoff: .milliseconds(100)))
        _ = state.begin()
        _ = state.ready(1, concurrency: 1)
        #expect(state.ended(1) == [.start(2, generation: 1)])
        _ = state.ready(2, concurrency: 1)
        #expect(state.ended(2) == [.schedule(.backoff(epoch: 1), after: .milliseconds(100))])
        #expect(state.timer(.backoff(epoch: 1)) == [.start(3, generation: 1)])
        _ = state.ready(3, concurrency: 1)
        #expect(state.ended(3) == [.schedule(.backoff(epoch: 2), after: .milliseconds(200))])
    }

    @Test mutating func `an answered call makes the next restart immediate again`() {
        state = PoolState(limits: PoolLimits(minimum: 1, maximum: 1))
        _ = state.begin()
        _ = state.ready(1, concurrency: 1)
        _ = state.ended(1)
        _ = state.ready(2, concurrency: 1)
        _ = state.submit(1, repeatable: false)
        _ = state.finished(1, on: 2)
        #expect(state.ended(2) == [.start(3, generation: 1)])
    }

    @Test mutating func `the wait between restarts has a longest`() {
        state = PoolState(
            limits: PoolLimits(minimum: 1, maximum: 1, backoff: .seconds(1), longestBackoff: .seconds(5)))
        _ = state.begin()
        for _ in 1...10 {
            let number = state.instances.keys.max()!
            _ = state.startFailed(number, message: "no")
            _ = state.timer(.backoff(epoch: state.backoffEpoch))
        }
        let last = state.instances.keys.max()!
        #expect(state.startFailed(last, message: "no").contains(.schedule(.backoff(epoch: 11), after: .seconds(5))))
    }

    @Test mutating func `a function that does not start fails its waiting calls with its own sentence`() {
        _ = state.submit(1, repeatable: false)
        let actions = state.startFailed(1, message: "DATABASE_URL is missing")
        #expect(actions.contains(.fail(1, .cannotStart("DATABASE_URL is missing"))))
        #expect(state.submit(2, repeatable: false) == [.fail(2, .cannotStart("DATABASE_URL is missing"))])
    }

    @Test mutating func `after the back-off the next call tries to start again`() {
        _ = state.submit(1, repeatable: false)
        _ = state.startFailed(1, message: "no")
        _ = state.timer(.backoff(epoch: 1))
        #expect(state.submit(2, repeatable: false).first == .start(2, generation: 1))
    }

    @Test mutating func `an old back-off timer does nothing`() {
        _ = state.submit(1, repeatable: false)
        _ = state.startFailed(1, message: "no")
        #expect(state.timer(.backoff(epoch: 0)) == [])
    }

    // MARK: Calls that were given up

    @Test mutating func `an abandoned call keeps its place until the process has finished it`() {
        state = PoolState(limits: PoolLimits(maximum: 1))
        oneReady(concurrency: 1)
        _ = state.submit(1, repeatable: false)
        state.abandoned(1, on: 1)
        #expect(state.submit(2, repeatable: false) == [.schedule(.waiting(2), after: .seconds(10))])
        #expect(state.abandonedEnded(on: 1) == [.assign(2, 1)])
    }

    @Test mutating func `a process that does not end a canceled call is killed when its other calls are done`() {
        oneReady(concurrency: 2)
        _ = state.submit(1, repeatable: false)
        _ = state.submit(2, repeatable: false)
        state.abandoned(1, on: 1)
        #expect(state.stuck(1) == [])
        #expect(state.submit(3, repeatable: false).first == .start(2, generation: 1))
        #expect(state.finished(2, on: 1) == [.kill(1)])
        #expect(state.ended(1) == [])
    }

    // MARK: Replacement

    @Test mutating func `a new build starts beside the old one and takes over when it is ready`() {
        oneReady()
        _ = state.submit(1, repeatable: false)
        let (generation, actions) = state.replace()
        #expect(generation == 2)
        #expect(actions == [.start(2, generation: 2)])
        // The old one serves until then.
        #expect(state.submit(2, repeatable: false) == [.assign(2, 1)])
        #expect(state.ready(2, concurrency: 2).first == .replaced(generation: 2))
        #expect(state.submit(3, repeatable: false) == [.assign(3, 2)])
        // No call of the old one is dropped.
        #expect(state.finished(1, on: 1) == [])
        #expect(state.finished(2, on: 1) == [.drain(1)])
        #expect(state.ended(1) == [])
    }

    @Test mutating func `an idle old process is drained at the switch`() {
        oneReady()
        _ = state.replace()
        #expect(state.ready(2, concurrency: 2).prefix(2) == [.replaced(generation: 2), .drain(1)])
    }

    @Test mutating func `a build that does not start leaves the old one serving`() {
        oneReady()
        _ = state.replace()
        #expect(state.startFailed(2, message: "no") == [.replacementFailed(generation: 2, message: "no")])
        #expect(state.submit(1, repeatable: false) == [.assign(1, 1)])
        #expect(state.isBackingOff == false)
    }

    @Test mutating func `a newer build overtakes one that is not ready`() {
        oneReady()
        _ = state.replace()
        let (generation, actions) = state.replace()
        #expect(generation == 3)
        #expect(actions.contains(.kill(2)))
        #expect(actions.last == .start(3, generation: 3))
        #expect(state.ended(2) == [])
        #expect(state.ready(3, concurrency: 1).first == .replaced(generation: 3))
    }

    @Test mutating func `a crash of the old build while the new one starts restarts the old one`() {
        oneReady()
        _ = state.replace()
        _ = state.submit(1, repeatable: false)
        #expect(state.ended(1) == [.crash(1, 1, started: true)])
        #expect(state.submit(2, repeatable: false).first == .start(3, generation: 1))
    }

    @Test mutating func `a new build ends the back-off of the old one`() {
        _ = state.submit(1, repeatable: false)
        _ = state.startFailed(1, message: "no")
        _ = state.replace()
        #expect(state.ready(2, concurrency: 1).first == .replaced(generation: 2))
        #expect(state.submit(2, repeatable: false) == [.assign(2, 2)])
    }

    // MARK: Shutdown

    @Test mutating func `shutdown lets accepted calls finish and takes no new ones`() {
        oneReady(concurrency: 1)
        state = PoolState(limits: PoolLimits(maximum: 1))
        _ = state.submit(1, repeatable: false)
        _ = state.ready(1, concurrency: 1)
        _ = state.submit(2, repeatable: false)
        #expect(state.shutdown() == [])
        #expect(state.submit(3, repeatable: false) == [.fail(3, .stopping)])
        #expect(state.finished(1, on: 1) == [.assign(2, 1)])
        #expect(state.finished(2, on: 1) == [.drain(1)])
        #expect(state.ended(1) == [.stopped])
    }

    @Test mutating func `shutdown drains idle processes and a pool without any stops at once`() {
        #expect(state.shutdown() == [.stopped])
        state = PoolState(limits: PoolLimits())
        oneReady()
        #expect(state.shutdown() == [.drain(1)])
        #expect(state.ended(1) == [.stopped])
    }

    @Test mutating func `shutdown gives up a build that is being started`() {
        oneReady()
        _ = state.replace()
        let actions = state.shutdown()
        #expect(actions.contains(.kill(2)))
        #expect(actions.contains(.replacementFailed(generation: 2, message: "The host is stopping.")))
        _ = state.ended(2)
        #expect(state.ended(1) == [.stopped])
    }

    @Test mutating func `a process that crashes during shutdown is not restarted`() {
        state = PoolState(limits: PoolLimits(minimum: 1))
        _ = state.begin()
        _ = state.ready(1, concurrency: 1)
        _ = state.submit(1, repeatable: false)
        _ = state.shutdown()
        #expect(state.ended(1) == [.crash(1, 1, started: true), .stopped])
    }
}
