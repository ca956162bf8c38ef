internal import FoundationEssentials
internal import FunctionRuntime
internal import JSON

/// Whose turn it is: the provider of the job's workflow, and those that draw instead when it cannot.
extension GenerationWorker {
    /// The longest wait a provider may ask for before another one is asked instead.
    private static let patience = Duration.seconds(30)

    /// This worker with the workflow and the provider that a job was claimed with.
    func turned(to claim: JobClaim, log: Log) async throws -> GenerationWorker {
        guard let choice else { return self }
        var worker = self
        do {
            worker.workflow = try await Shield.persist { try await choice.chain(of: claim.job, log: log).current }
        } catch {
            try await giveBack(claim, log: log)
            throw error
        }
        let name = claim.job.provider ?? provider.name
        worker.provider =
            if let id = claim.job.currentWorkflowID ?? claim.job.workflowID, worker.workflow == nil {
                AbsentProvider(name: name, reason: "the workflow \"\(id)\" is no longer in the catalogue")
            } else if let workflow = worker.workflow, workflow.provider != name, claim.call.requestID == nil {
                AbsentProvider(name: name, reason: "the workflow \"\(workflow.id)\" has moved to another provider")
            } else {
                choice.providers[name] ?? AbsentProvider(name: name, reason: "the provider \(name) is not configured")
            }
        return worker
    }

    /// The provider of that name.
    func provider(named name: String) -> (any ImageProvider)? {
        guard let choice else { return provider }
        return choice.providers[name]
    }

    /// Hands a job over to the next provider of its chain, where this one cannot draw it now and nothing of it may still run there.
    ///
    /// - Returns: the worker and the claim to go on with; nil where the job stays with its provider.
    func fallBack(
        _ claim: JobClaim, _ error: ProviderError, log: Log
    ) async throws -> (GenerationWorker, JobClaim)? {
        guard let choice, error.call != .goesOn, wantsAnother(error) else { return nil }
        let rest = try await choice.chain(of: claim.job, log: log).rest
        guard let next = rest.first(where: { canDraw($0, claim) }), let provider = choice.providers[next.provider]
        else {
            return nil
        }
        log.warning(
            "the job is drawn by the next provider of its chain",
            ["jobId": claim.job.id.text, "workflow": next.id, "provider": next.provider, "error": "\(error)"])
        let moved = try await Shield.persist { try await leases.fallBack(claim, to: next, error: error) }
        guard let moved else { throw LeaseLost() }
        var worker = self
        worker.provider = provider
        worker.workflow = next
        return (worker, moved)
    }

    /// Whether another provider may fare better at once: this one is not well, out of credit or not there, or it wants to be left
    /// alone for long. A job that only waits for its turn waits.
    private func wantsAnother(_ error: ProviderError) -> Bool {
        if gate?.isOpen(provider.name) == true { return true }
        return switch error.retryClass {
        case .unavailable: error.code == error.retryClass.code
        case .quota: true
        case .limited(let wait): (wait ?? .zero) > Self.patience
        case .invalid, .refused, .lost: false
        }
    }

    private func canDraw(_ workflow: Workflow, _ claim: JobClaim) -> Bool {
        guard let provider = choice?.providers[workflow.provider] else { return false }
        return (claim.image == nil || provider.capabilities.takesImages)
            && (claim.image == nil) == (workflow.category == .textToImage)
            && gate?.takesCalls(workflow.provider) != false
    }

    /// What the job's parameters are for the workflow that draws it: a fallback takes what it knows.
    func parameters(of job: Job) -> JSONObject {
        guard let workflow, workflow.id != job.workflowID else { return job.parameters }
        return workflow.parameters.adopt(job.parameters)
    }

    /// Leaves a job in the queue that could not be worked on now anyway, as far as this process knows without asking.
    func postpone(_ job: UUID, message: UUID?, log: Log) async throws -> Duration? {
        for name in choice?.providers.names ?? [provider.name] {
            guard let refusal = gate?.refusal(at: name), let delay = refusal.delay else { continue }
            let yields = if case .open = refusal { true } else { delay > Self.patience }
            let wakeUp = try await leases.postpone(
                job, message: message, after: delay, at: choice == nil ? nil : name, unlessItFallsBack: yields)
            guard let wakeUp else { continue }
            await queue.publish([wakeUp], log: log)
            return delay
        }
        return nil
    }
}

extension ProviderError {
    /// The same failure after that of another provider: a job that the first could draw later is not lost because the second
    /// cannot draw it at all.
    func following(_ earlier: ProviderError?) -> ProviderError {
        guard let earlier, !retryClass.isRetryable else { return self }
        return ProviderError(
            earlier.retryClass, "\(earlier.message); instead of it: \(message)", call: call, code: earlier.code)
    }
}
