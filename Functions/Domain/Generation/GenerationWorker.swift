package import FoundationEssentials
package import FunctionRuntime

/// Works on one job at a time for as long as it holds its lease: claim, call the provider, watch, store the results, complete.
///
/// Whatever dies in between, the next claim goes on from what is recorded: a call with a request id is watched again and never
/// sent twice; one without is looked up where the provider can; only then is it sent once more.
package struct GenerationWorker: Sendable {
    let leases: JobLeases
    /// Who draws: for a claimed job the provider of its workflow, else the one for jobs without a workflow.
    var provider: any ImageProvider
    /// What the claimed job is drawn with; nil for one that has no workflow.
    var workflow: Workflow?
    /// The workflows and providers there are; nil: one provider draws everything.
    let choice: ProviderChoice?
    let files: any PictureFiles
    let queue: GenerateQueue
    let notifier: JobNotifier
    /// What stands before every call to the provider; nil: nothing.
    let gate: ProviderGate?
    /// Where providers call back; nil: they are only looked at.
    let webhooks: WebhookAddress?
    let schedule: PollSchedule
    let backoff: Backoff
    /// Jobs are worked on side by side, but one that workers died with alone.
    let company = Turn()

    /// - Parameters:
    ///   - provider: draws jobs that have no workflow; without `choice` all jobs.
    package init(
        leases: JobLeases, provider: any ImageProvider, choice: ProviderChoice? = nil, files: any PictureFiles,
        queue: GenerateQueue,
        notifier: JobNotifier, gate: ProviderGate? = nil, webhooks: WebhookAddress? = nil,
        schedule: PollSchedule = PollSchedule(),
        backoff: Backoff = .jobs
    ) {
        self.leases = leases
        self.provider = provider
        self.choice = choice
        self.files = files
        self.queue = queue
        self.notifier = notifier
        self.gate = gate
        self.webhooks = webhooks
        self.schedule = schedule
        self.backoff = backoff
    }

    /// Deals with one wake-up.
    ///
    /// - Parameters:
    ///   - message: the id of the wake-up, where it has one.
    ///   - report: tells the host how far the job is; called at least every third of a lease.
    /// - Throws: `CancellationError` after giving the job back; `Failure.unavailable` while the database is away.
    package func work(
        on job: UUID, message: UUID? = nil, log: Log, report: @escaping @Sendable (Double?) -> Void = { _ in }
    ) async throws -> GenerationOutcome {
        if let delay = try await postpone(job, message: message, log: log) { return .postponed(after: delay) }
        if let outcome = try await take(job, message: message, alone: false, log: log, report: report) {
            return outcome
        }
        if try await leases.isSuspect(job) {
            log.info("workers died with the job; it is worked on alone", ["jobId": job.text])
            if let outcome = try await take(job, message: message, alone: true, log: log, report: report) {
                return outcome
            }
        }
        return .nothingToDo(stopped: try await stopStrays(of: job, log: log))
    }

    /// Claims a job and works on it; nil when there is nothing to claim.
    private func take(
        _ job: UUID, message: UUID?, alone: Bool, log: Log, report: @escaping @Sendable (Double?) -> Void
    ) async throws -> GenerationOutcome? {
        try await company.take(alone: alone) {
            let claim = try await leases.claim(job, message: message, provider: provider.name, alone: alone)
            guard let claim else { return nil }
            return try await work(on: claim, log: log, report: report)
        }
    }

    private func work(
        on claim: JobClaim, log: Log, report: @escaping @Sendable (Double?) -> Void
    ) async throws -> GenerationOutcome {
        await notifier.notify(claim.job.id, sequence: claim.job.eventSequence, log: log)
        let worker = try await turned(to: claim, log: log)
        return try await worker.pursue(claim, log: log, report: report)
    }

    /// Has a claimed job drawn, by this worker's provider or, where that cannot, by the next of the workflow's chain.
    ///
    /// - Parameter earlier: why the providers before could not.
    private func pursue(
        _ claim: JobClaim, after earlier: ProviderError? = nil, log: Log, report: @escaping @Sendable (Double?) -> Void
    ) async throws -> GenerationOutcome {
        let job = claim.job.id
        let previews = AttemptPreviews(claim, leases, notifier, files, log: log)
        do {
            let results = try await hearing(of: claim) { hint in
                let news = AttemptNews(
                    claim, leases, notifier, previews, schedule: schedule, hint: hint, log: log, report: report)
                return try await hold(claim, news, log: log, report: report) {
                    try await attempt(claim, news, log: log)
                }
            }
            let outcome = try await complete(claim, results, log: log)
            await previews.clear()
            return outcome
        } catch let error as ProviderError where !Task.isCancelled {
            let error = error.following(earlier)
            if let (worker, claim) = try await fallBack(claim, error, log: log) {
                return try await worker.pursue(claim, after: error, log: log, report: report)
            }
            return try await settle(claim, error, log: log)
        } catch let lost as LeaseLost {
            log.info("the claim was lost; whatever was not recorded is left", ["jobId": job.text])
            // Else the wake-up that came with the cancel sees to it.
            if lost.leavesCall { _ = try await stopStrays(of: job, log: log) }
            return .leaseLost
        } catch  where Task.isCancelled {
            try await giveBack(claim, log: log)
            throw CancellationError()
        }
    }

    /// Runs `work` with something that hears when the provider has called back about the job.
    private func hearing(
        of claim: JobClaim, _ work: (SignalListener?) async throws -> [NewResult]
    ) async throws -> [NewResult] {
        guard let signals = gate?.signals else { return try await work(nil) }
        return try await signals.listening(for: ProviderSignals.endSignal(of: claim.job.id)) { try await work($0) }
    }

    private func complete(_ claim: JobClaim, _ results: [NewResult], log: Log) async throws -> GenerationOutcome {
        guard try await Shield.persist({ try await leases.complete(claim, results: results) }) else {
            return .leaseLost
        }
        await notifier.notify(claim.job.id, sequence: claim.job.eventSequence + 1, log: log)
        return .completed(results: results.count)
    }

    /// Puts the job back or ends it, after an attempt that did not work.
    private func settle(_ claim: JobClaim, _ error: ProviderError, log: Log) async throws -> GenerationOutcome {
        var generator = SystemRandomNumberGenerator()
        let decision = Decision.after(error.retryClass, claim.job, backoff: backoff, using: &generator)
        log.warning(
            "the attempt failed",
            ["jobId": claim.job.id.text, "attempt": claim.token.attempt, "error": "\(error)", "next": "\(decision)"])
        switch decision {
        case .fail:
            guard
                try await Shield.persist({
                    try await leases.fail(claim, code: error.code, message: error.message)
                })
            else { return .leaseLost }
            await notifier.notify(claim.job.id, sequence: claim.job.eventSequence + 1, log: log)
            return .failed(code: error.code)
        case .requeue(let wait, let counts):
            let wakeUp = try await Shield.persist {
                try await leases.requeue(
                    claim, after: wait, reason: error.message, counts: counts, call: error.call)
            }
            guard let wakeUp else { return .leaseLost }
            await queue.publish([wakeUp], log: log)
            await notifier.notify(claim.job.id, sequence: claim.job.eventSequence + 1, log: log)
            return .requeued(after: wait, code: error.code)
        }
    }

    /// Tells the provider to stop what still runs for a job that has been canceled or has failed: those calls only.
    func stopStrays(of job: UUID, log: Log) async throws -> Int {
        var stopped = 0
        for stray in try await leases.strays(of: job) {
            guard let provider = provider(named: stray.provider), provider.capabilities.cancels else { continue }
            // What is drawn while its answer is awaited goes by our own id; any other has its own by the time it can be stopped.
            let own = provider.capabilities.answersAtOnce ? stray.call.text : nil
            guard let requestID = stray.requestID ?? own else { continue }
            do {
                try await provider.cancel(requestID)
            } catch  where error.retryClass.isRetryable && error.retryClass != .lost {
                throw Failure.unavailable("the provider could not be told to stop: \(error.message)")
            } catch {
                log.info("the provider had nothing to stop", ["jobId": job.text, "error": "\(error)"])
            }
            try await leases.recordCancel(of: stray.call)
            stopped += 1
        }
        return stopped
    }
}
