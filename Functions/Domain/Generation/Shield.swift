internal import FunctionRuntime

/// Steps that must be seen through once they were begun.
enum Shield {
    /// Runs a step to its end although the caller is cancelled meanwhile. The task is awaited here: it is unstructured only because
    /// that is what keeps cancellation out.
    static func run<Result: Sendable>(_ step: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await Task { try await step() }.value
    }

    /// Repeats a write while the database is away, so that a restart of Postgres costs neither a paid call nor a finished picture.
    ///
    /// - Throws: `Failure.unavailable` when it was still away after `patience`.
    static func persist<Result: Sendable>(
        for patience: Duration = .seconds(30), _ write: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let end = ContinuousClock.now + patience
        while true {
            do { return try await write() } catch let failure as Failure where failure.code == .unavailable {
                guard ContinuousClock.now < end else { throw failure }
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}
