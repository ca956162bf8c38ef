import Synchronization
import Testing
import Threads

/// An actor on a thread of its own.
private actor Counter {
    let executor = ThreadExecutor(name: "counter")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }
    private(set) var count = 0

    func add() {
        executor.checkIsolated()
        count += 1
    }
}

@Suite(.timeLimit(.minutes(1))) struct ThreadExecutorTests {
    @Test func `an actor on it is isolated`() async {
        let counter = Counter()
        await withTaskGroup { group in
            for _ in 0..<1000 { group.addTask { await counter.add() } }
        }
        #expect(await counter.count == 1000)
    }

    @Test func `work runs in order, on one thread`() async throws {
        let executor = ThreadExecutor(name: "order")
        let seen = Mutex<[Int]>([])
        for number in 0..<100 { executor.submit { seen.withLock { $0.append(number) } } }
        let isOnThread = try await executor.run { executor.isIsolatingCurrentContext() }
        #expect(isOnThread == true)
        #expect(executor.isIsolatingCurrentContext() == false)
        #expect(seen.withLock { $0 } == Array(0..<100))
    }

    @Test func `an error comes back to the caller`() async {
        let executor = ThreadExecutor(name: "error")
        await #expect(throws: NoError.self) { try await executor.run { throw NoError() } }
    }

    @Test func `work that was submitted runs although the executor is let go`() async {
        await withCheckedContinuation { continuation in
            ThreadExecutor(name: "brief").submit { continuation.resume() }
        }
    }

    @Test func `the thread ends with its executor`() async throws {
        var executor: ThreadExecutor? = ThreadExecutor(name: "unique-thread")
        try await executor?.run {}
        #expect(threads(named: "unique-thread") == 1)
        executor = nil
        try await eventually { threads(named: "unique-thread") == 0 }
    }
}
