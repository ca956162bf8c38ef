/// A serial executor with a thread of its own: what makes a blocking C library asynchronous.
///
/// The cooperative pool has one thread a core and must never wait, so whatever blocks (libpq, hiredis, a `waitpid`) lives in
/// an actor that runs here:
///
///     actor Connection {
///         private let executor = ThreadExecutor(name: "postgres")
///         nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///     }
///
/// Jobs run one at a time, in the order they were enqueued. The thread ends by itself once the executor is no longer
/// referenced and every job has run; it sleeps while there is nothing to do.
package final class ThreadExecutor: SerialExecutor {
    private let jobs: JobQueue

    /// Starts the thread.
    ///
    /// - Parameter name: what debuggers and `top -H` show; the kernel keeps its first 15 bytes.
    package init(name: String) {
        jobs = JobQueue(name: name)
        jobs.startThread()
    }

    deinit {
        jobs.close()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(JobQueue.Entry(work: .job(UnownedJob(job)), executor: self))
    }

    /// Runs `work` on the thread, after what is already queued, and does not wait for it.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        jobs.append(JobQueue.Entry(work: .closure(work), executor: self))
    }

    /// Runs blocking `work` on the thread and returns what it returns.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result(catching: work)) }
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// The executor as an actor's `unownedExecutor` wants it.
    package var unownedExecutor: UnownedSerialExecutor { asUnownedSerialExecutor() }

    /// Whether the caller runs on this executor's thread: what `assumeIsolated` asks.
    package func isIsolatingCurrentContext() -> Bool? {
        jobs.isCurrentThread
    }

    package func checkIsolated() {
        precondition(jobs.isCurrentThread, "not on the executor's thread")
    }
}
