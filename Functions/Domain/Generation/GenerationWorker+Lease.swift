internal import FunctionRuntime

/// Holding a claim, and letting it go.
extension GenerationWorker {
    /// Runs `work` while the lease is renewed every third of it.
    ///
    /// - Throws: `LeaseLost` as soon as the claim is known to be gone; what `work` throws.
    func hold(
        _ claim: JobClaim, _ news: AttemptNews, log: Log, report: @escaping @Sendable (Double?) -> Void,
        _ work: @escaping @Sendable () async throws -> [NewResult]
    ) async throws -> [NewResult] {
        try await withThrowingTaskGroup(of: [NewResult]?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await renew(claim, log: log, report: report)
                return nil
            }
            group.addTask {
                try await news.claimLoss()
                return nil
            }
            defer { group.cancelAll() }
            if let results = try await group.next() ?? nil { return results }
            // A request that was under way is seen through; only its end tells whether it left a call behind.
            group.cancelAll()
            while true {
                do {
                    guard try await group.next() != nil else { break }
                } catch let lost as LeaseLost {
                    throw lost
                } catch {
                    log.debug("the work ended with its claim", ["jobId": claim.job.id.text, "error": "\(error)"])
                }
            }
            throw LeaseLost()
        }
    }

    /// Renews the lease until it is lost. While the database is away nobody else can take the job either, so that alone loses nothing.
    private func renew(
        _ claim: JobClaim, log: Log, report: @escaping @Sendable (Double?) -> Void
    ) async throws {
        let third = leases.lease / 3
        var wait = third
        while true {
            try await Task.sleep(for: wait)
            report(nil)
            wait = third
            do {
                guard try await leases.renew(claim.token) else { return }
            } catch let failure as Failure where failure.code == .unavailable {
                log.warning("the lease could not be renewed", ["jobId": claim.job.id.text, "error": "\(failure)"])
                // Once the database is back, the sweep for dead workers may be next.
                wait = min(third, .seconds(1))
            }
        }
    }

    /// Puts the job back at once, because this process is told to stop. The provider goes on; the next attempt resumes the call.
    func giveBack(_ claim: JobClaim, log: Log) async throws {
        try await Shield.run {
            let wakeUp = try await Shield.persist {
                try await leases.requeue(claim, after: .zero, reason: nil, counts: false, call: .goesOn)
            }
            if let wakeUp {
                await queue.publish([wakeUp], log: log)
            } else {
                // Canceled at the same moment, perhaps before the call was recorded.
                _ = try await stopStrays(of: claim.job.id, log: log)
            }
        }
    }
}
