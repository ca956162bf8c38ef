internal import FunctionRuntime
internal import Synchronization

/// What the provider says during one attempt becomes events of the job. Progress goes forward only.
final class AttemptNews: Sendable {
    private let claim: JobClaim
    private let leases: JobLeases
    private let notifier: JobNotifier
    private let previews: AttemptPreviews
    private let schedule: PollSchedule
    private let hint: SignalListener?
    private let log: Log
    private let report: @Sendable (Double?) -> Void
    private let shown: Mutex<Double>
    private let (loss, lose) = AsyncStream.makeStream(of: Void.self)

    /// - Parameter hint: hears when the provider has called back.
    init(
        _ claim: JobClaim, _ leases: JobLeases, _ notifier: JobNotifier, _ previews: AttemptPreviews,
        schedule: PollSchedule,
        hint: SignalListener? = nil, log: Log, report: @escaping @Sendable (Double?) -> Void
    ) {
        self.claim = claim
        self.leases = leases
        self.notifier = notifier
        self.previews = previews
        self.schedule = schedule
        self.hint = hint
        self.log = log
        self.report = report
        shown = Mutex(claim.job.progress)
    }

    /// For the provider.
    var observer: ProviderObserver {
        ProviderObserver(schedule: schedule, pause: { [self] in await pause($0) }) { [self] news in
            switch news {
            case .progress(let progress): await advance(to: progress)
            case .preview(let picture):
                if await !previews.show(picture) { lose.yield() }
            }
        }
    }

    /// Waits before the next look, or less: until the provider has called back.
    private func pause(_ duration: Duration) async {
        guard let hint else { return await ProviderObserver.sleep(duration) }
        // Nothing is swallowed: it throws only when the task is cancelled, and whoever waits looks whether it was.
        _ = try? await hint.wait(upTo: duration)
    }

    /// Returns when a piece of news could not be recorded because the claim is gone.
    ///
    /// - Throws: `CancellationError`: a worker that is told to stop still holds its claim.
    func claimLoss() async throws(CancellationError) {
        for await _ in loss { return }
        throw CancellationError()
    }

    private func advance(to progress: Double) async {
        let isNew = shown.withLock { shown in
            guard progress > shown, progress <= 1 else { return false }
            shown = progress
            return true
        }
        guard isNew else { return }
        do {
            let sequence = try await Shield.persist { [leases, claim] in
                try await leases.progress(claim.token, progress)
            }
            guard let sequence else {
                lose.yield()
                return
            }
            await notifier.notify(claim.job.id, sequence: sequence, log: log)
            report(progress)
        } catch {
            log.warning("progress could not be recorded", ["jobId": claim.job.id.text, "error": "\(error)"])
        }
    }
}
