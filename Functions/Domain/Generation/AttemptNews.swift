internal import FunctionRuntime
internal import Synchronization

/// What the provider says during one attempt becomes events of the job. Progress goes forward only.
final class AttemptNews: Sendable {
    private let claim: JobClaim
    private let leases: JobLeases
    private let notifier: JobNotifier
    private let schedule: PollSchedule
    private let log: Log
    private let report: @Sendable (Double?) -> Void
    private let shown: Mutex<Double>
    private let (loss, lose) = AsyncStream.makeStream(of: Void.self)

    init(
        _ claim: JobClaim, _ leases: JobLeases, _ notifier: JobNotifier, schedule: PollSchedule, log: Log,
        report: @escaping @Sendable (Double?) -> Void
    ) {
        self.claim = claim
        self.leases = leases
        self.notifier = notifier
        self.schedule = schedule
        self.log = log
        self.report = report
        shown = Mutex(claim.job.progress)
    }

    /// For the provider.
    var observer: ProviderObserver {
        ProviderObserver(schedule: schedule) { [self] news in
            switch news {
            case .progress(let progress): await advance(to: progress)
            case .preview: break
            }
        }
    }

    /// Returns when a piece of news could not be recorded because the claim is gone, or when the task is cancelled.
    func claimLoss() async {
        for await _ in loss { return }
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
