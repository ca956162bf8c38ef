import FunctionRuntime

/// Who hears what a worker has to say: its pool. Never called with a lock of the worker held.
protocol WorkerOwner: AnyObject, Sendable {
    func workerIsReady(_ worker: Worker, concurrency: Int)
    /// It did not come to `ready`; nothing more comes from it.
    func worker(_ worker: Worker, didNotStart message: String)
    /// The function has finished a call; the answer went to the caller already.
    func worker(_ worker: Worker, finished call: Call, _ failure: InvocationFailure?)
    /// The function has finished a call that nobody waited for any more.
    func workerFinishedAbandonedCall(_ worker: Worker)
    func worker(_ worker: Worker, passedDeadlineOf call: Call)
    /// It goes on with a canceled call after the grace.
    func workerIsStuck(_ worker: Worker)
    /// The process is gone. `report` is nil when it ended as it was asked to. Nothing more comes from it.
    func worker(_ worker: Worker, ended report: CrashReport?, unsent: [Call])
    /// Logs and progress.
    func worker(_ worker: Worker, said event: HostingEvent)
}
