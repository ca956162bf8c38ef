import Logging
import NIOHTTP1
import Synchronization

/// The copies from outside that are under way: they are answered at once, and go on in the background.
///
/// What of them is on disk is the blob they are to become, with the copy's state. A copy that nobody works on any more,
/// because the emulator was stopped meanwhile, is told as failed.
final class PendingCopies: Sendable {
    /// Of services that copy nothing.
    static let none = PendingCopies()

    private struct Job: Sendable {
        let id: String
        let work: @Sendable () async -> Void
        let aborted: AsyncStream<Void>

        /// Works until it is done or aborted.
        func run() async {
            await withTaskGroup { group in
                group.addTask { await work() }
                group.addTask { for await _ in aborted {} }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation
    /// What ends each of them early, by their ids.
    private let running = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

    init() { (jobs, queue) = AsyncStream.makeStream(of: Job.self) }

    /// Works on copies until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask {
                    await job.run()
                    self.running.withLock { _ = $0.removeValue(forKey: job.id) }
                }
            }
        }
    }

    /// Takes on a copy.
    ///
    /// - Parameters:
    ///   - prepare: makes what clients see of it while it is under way; it is pending from before this to its end.
    ///   - work: does the rest in the background.
    func begin<Result>(
        _ id: String, prepare: () async throws -> Result, work: @escaping @Sendable () async -> Void
    ) async throws -> Result {
        let (aborted, abort) = AsyncStream.makeStream(of: Void.self)
        running.withLock { $0[id] = abort }
        do {
            let result = try await prepare()
            queue.yield(Job(id: id, work: work, aborted: aborted))
            return result
        } catch {
            self.abort(id)
            throw error
        }
    }

    /// Ends a copy early, where somebody works on it.
    func abort(_ id: String) { running.withLock { $0.removeValue(forKey: id) }?.finish() }

    /// The state of the copy that made a blob, as it is now.
    func status(_ fields: FieldList) -> String? {
        guard let status = fields["copy-status"], let id = fields["copy-id"] else { return nil }
        return status == "pending" && running.withLock({ $0[id] }) == nil ? "failed" : status
    }

    /// Refuses to change a blob that a copy is still making.
    func allowChange(_ record: ObjectRecord) throws(AzureError) {
        if status(record.fields) == "pending" {
            throw AzureError(
                409, "PendingCopyOperation", "There is currently a pending copy operation.")
        }
    }

    func show(_ record: ObjectRecord, in headers: inout HTTPHeaders) {
        for (name, value) in record.fields.all("copy-") where name != "status" {
            headers.add(name: "x-ms-copy-" + name, value: value)
        }
        if let status = status(record.fields) { headers.add(name: "x-ms-copy-status", value: status) }
        if record.fields["incremental-copy"] != nil { headers.add(name: "x-ms-incremental-copy", value: "true") }
    }
}
