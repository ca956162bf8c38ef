import FunctionRuntime
import Synchronization
import Testing

@testable import Hosting

/// Calls that are given up: by their deadline, by their caller, and what the process makes of it.
@Suite(.timeLimit(.minutes(1))) struct WorkerCancellationTests {
    @Test func `a deadline cancels the call in the function and fails it`() async throws {
        let function = PythonFunction(timeout: .milliseconds(200))
        try await function.run {
            guard case .deadline = await failure({ try await function.get("/slow", query: ["seconds": "30"]) }) else {
                return #expect(Bool(false))
            }
            try await function.noted("canceled deadline")
        }
        #expect(function.log.crashes.isEmpty)
    }

    @Test func `a process that ignores a cancel is killed after the grace, and others serve on`() async throws {
        let function = PythonFunction(limits: PoolLimits(grace: .milliseconds(200)))
        try await function.run {
            let stubborn = try #require(Int32(try await function.get("/pid").text))
            let failure = await failure {
                try await function.get("/stubborn", query: ["seconds": "30"], remaining: .milliseconds(100))
            }
            guard case .deadline = failure else { return #expect(Bool(false)) }
            try await eventually { !isAlive(stubborn) }
            #expect(try await function.get("/pid").text != "\(stubborn)")
        }
    }

    @Test func `an answer that comes after its cancel is dropped and the process lives on`() async throws {
        let function = PythonFunction(limits: PoolLimits(maximum: 1))
        try await function.run {
            let process = try await function.get("/pid").text
            let failure = await failure {
                try await function.get("/stubborn", query: ["seconds": "0.3"], remaining: .milliseconds(50))
            }
            guard case .deadline = failure else { return #expect(Bool(false)) }
            try await eventually { function.pool.status.instances.first?.inFlight == 0 }
            #expect(try await function.get("/pid").text == process)
        }
    }

    @Test func `cancelling the caller's task cancels the call`() async throws {
        let function = PythonFunction()
        try await function.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let failure = await failure { try await function.get("/slow", query: ["seconds": "30"]) }
                    guard case .canceled(.user) = failure else { return #expect(Bool(false)) }
                }
                try? await function.noted("started")
                group.cancelAll()
            }
            try await function.noted("canceled user")
        }
    }

    @Test func `a cancellation carries its reason to the function`() async throws {
        let function = PythonFunction()
        try await function.run {
            let cancellation = Cancellation()
            async let outcome = failure {
                try await function.pool.invoke(
                    .get("/slow", query: ["seconds": "30"]), control: InvocationControl(cancellation: cancellation))
            }
            try await function.noted("started")
            cancellation.cancel(.clientGone)
            guard case .canceled(.clientGone)? = await outcome else { return #expect(Bool(false)) }
            try await function.noted("canceled client_gone")
        }
    }

    @Test func `nothing is kept of a call that is over`() async throws {
        let function = PythonFunction()
        try await function.run {
            let kept = Kept()
            try await kept.invoke(function)
            try await eventually { kept.isGone }
        }
    }

    /// Looks whether the cancellation of an answered call is still held by anybody.
    private final class Kept: Sendable {
        private struct Reference: Sendable {
            weak var cancellation: Cancellation?
        }

        private let reference = Mutex(Reference())

        func invoke(_ function: PythonFunction) async throws {
            let cancellation = Cancellation()
            reference.withLock { $0.cancellation = cancellation }
            _ = try await function.pool.invoke(.get("/echo"), control: InvocationControl(cancellation: cancellation))
        }

        var isGone: Bool { reference.withLock { $0.cancellation == nil } }
    }
}
