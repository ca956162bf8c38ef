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
        jobs.append(JobQueue.Entry(job: UnownedJob(job), executor: self))
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
