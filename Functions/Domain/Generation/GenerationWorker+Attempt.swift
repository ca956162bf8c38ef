internal import Cryptography
internal import FoundationEssentials
internal import FunctionRuntime

/// One attempt: the provider call from wherever it stands to its stored results.
extension GenerationWorker {
    /// Results of one call that are kept.
    private static let mostResults = 16

    func attempt(_ claim: JobClaim, _ news: AttemptNews, log: Log) async throws -> [NewResult] {
        let outputs = try await inTurn(claim, log: log) {
            try await watch(try await begin(claim, news, log: log), claim, news)
        }
        guard outputs.count <= Self.mostResults else {
            throw ProviderError(
                .invalid, "the provider made \(outputs.count) pictures; at most \(Self.mostResults) are kept")
        }
        var results: [NewResult] = []
        for (index, output) in outputs.enumerated() {
            results.append(try await store(try await provider.fetch(output), index, claim))
        }
        return results
    }

    /// Makes the call, or goes on with it, as far as the provider's gate admits it.
    private func inTurn(
        _ claim: JobClaim, log: Log, _ call: @escaping @Sendable () async throws -> [ProviderOutput]
    ) async throws -> [ProviderOutput] {
        guard let gate else { return try await call() }
        if claim.call.requestID != nil {
            return try await gate.hold(await gate.resume(provider.name, log: log), log: log, call)
        }
        let admission = try await gate.admit(provider.name, log: log)
        if case .admitted(let permit) = admission { return try await gate.hold(permit, log: log, call) }
        let mayRun = try await mayRun(claim, gate)
        throw ProviderError(
            .limited(wait: admission.delay), "the job waits for its turn at \(provider.name)",
            call: mayRun ? .goesOn : .unmade)
    }

    /// Whether the call that an earlier attempt may have made may still run at a provider that takes no calls now. Where it is not
    /// well, a look tells: what it does not have, the next of the chain may draw.
    private func mayRun(_ claim: JobClaim, _ gate: ProviderGate) async throws -> Bool {
        guard claim.call.isInherited else { return false }
        guard gate.isOpen(provider.name), provider.capabilities.findsLostCalls else { return true }
        guard let found = try await findLost(request(for: claim), claim) else { return false }
        _ = try await record(found, claim)
        return true
    }

    // MARK: The call, in two phases

    /// Resumes the recorded call, finds a lost one, or makes it.
    private func begin(_ claim: JobClaim, _ news: AttemptNews, log: Log) async throws -> ProviderCall {
        if let requestID = claim.call.requestID {
            return ProviderCall(requestID: requestID, state: .running(progress: nil))
        }
        var request = request(for: claim)
        if provider.capabilities.takesWebhooks {
            request.webhook = webhooks?.address(of: provider.name, job: claim.job.id, call: claim.call.id)
        }
        if claim.call.isInherited {
            if let found = try await findLost(request, claim) {
                log.info("found the call that an earlier attempt made", ["jobId": claim.job.id.text])
                return try await record(found, claim)
            }
            log.warning("an earlier attempt may have made the call; it is made again", ["jobId": claim.job.id.text])
            guard try await Shield.persist({ try await leases.recordResubmission(claim) }) else { throw LeaseLost() }
        }
        if let image = claim.image {
            request.image = try await load(image)
            guard try await Shield.persist({ try await leases.renew(claim.token) }) else { throw LeaseLost() }
        }
        // A cancel that comes now must not lose the answer: whoever is to stop the call needs its id.
        return try await Shield.run { [request] in
            let call = try await provider.submit(request, news.observer)
            // There is nothing to resume or to stop: the call is over, and its end is recorded with the job's.
            return provider.capabilities.answersAtOnce ? call : try await record(call, claim)
        }
    }

    private func request(for claim: JobClaim) -> GenerationRequest {
        GenerationRequest(
            job: claim.job.id, call: claim.call.id, prompt: claim.job.prompt, parameters: parameters(of: claim.job),
            model: workflow?.model, definition: workflow?.definition)
    }

    /// The call of an earlier attempt: what the provider finds and no other job has recorded as its own.
    private func findLost(_ request: GenerationRequest, _ claim: JobClaim) async throws -> ProviderCall? {
        guard provider.capabilities.findsLostCalls else { return nil }
        let candidates: [ProviderCall]
        do {
            candidates = try await provider.lookUp(request, since: claim.call.intendedAt)
        } catch {
            // Whatever kept the look-up from answering, the call may still be there: look again before making another.
            throw ProviderError(error.retryClass, error.message, call: .goesOn)
        }
        let taken = try await Shield.persist {
            try await leases.recorded(candidates.map(\.requestID), by: provider.name)
        }
        return candidates.first { !taken.contains($0.requestID) }
    }

    private func record(_ call: ProviderCall, _ claim: JobClaim) async throws -> ProviderCall {
        switch try await Shield.persist({ try await leases.record(call.requestID, for: claim) }) {
        case .recorded: return call
        case .leaseLost: throw LeaseLost(leavesCall: true)
        case .taken: throw ProviderError(.lost, "another job that asked for the same has taken the call over")
        case .superseded(let recorded):
            try await provider.cancel(call.requestID)
            return ProviderCall(requestID: recorded, state: .running(progress: nil))
        }
    }

    private func load(_ image: JobClaim.InputImage) async throws -> GenerationRequest.InputImage {
        guard provider.capabilities.takesImages else {
            throw ProviderError(.invalid, "the provider \(provider.name) does not draw from pictures")
        }
        let bytes: [UInt8]
        do {
            bytes = try await files.read(image.storageKey, upTo: Int(ImageRules.largestFile))
        } catch  where !Task.isCancelled {
            throw ProviderError(
                .unavailable, "the input picture could not be read from storage: \(error)", code: "storage_unavailable")
        }
        // A signed upload URL lives on after the picture was checked.
        guard SHA256.hash(bytes) == image.sha256 else {
            throw ProviderError(.invalid, "the input picture was replaced after it was checked")
        }
        return GenerationRequest.InputImage(bytes: bytes, format: image.format)
    }

    // MARK: Watching

    private func watch(
        _ begun: ProviderCall, _ claim: JobClaim, _ news: AttemptNews
    ) async throws -> [ProviderOutput] {
        switch try await end(of: begun, news).state {
        case .succeeded(let outputs): return outputs
        case .failed(let error): throw error
        case .canceled: throw ProviderError(.unavailable, "the call was canceled at the provider")
        case .running:
            throw ProviderError(.lost, "the provider said no more about the call", call: .goesOn)
        }
    }

    /// Follows a call to its end, but not for ever.
    private func end(of call: ProviderCall, _ news: AttemptNews) async throws -> ProviderCall {
        guard case .running = call.state else { return call }
        return try await withThrowingTaskGroup(of: ProviderCall?.self) { group in
            group.addTask { try await provider.watch(call, news.observer) }
            group.addTask {
                try await Task.sleep(for: JobRules.longestCall)
                return nil
            }
            defer { group.cancelAll() }
            if let ended = try await group.next() ?? nil { return ended }
            group.cancelAll()
            try await provider.cancel(call.requestID)
            throw ProviderError(.unavailable, "the provider did not finish within \(JobRules.longestCall)")
        }
    }

    // MARK: Results

    /// Checks and stores one result, under a key that names the attempt: a late worker cannot replace another's bytes.
    private func store(_ bytes: [UInt8], _ index: Int, _ claim: JobClaim) async throws -> NewResult {
        let header: ImageHeader
        do throws(ImageHeaderError) {
            header = try ImageHeader(sniffing: bytes)
        } catch {
            throw ProviderError(.invalid, "the provider's result is no picture: \(error)")
        }
        let key =
            "\(ImageRules.outputPrefix)\(claim.job.userID.text)/\(claim.job.id.text)/\(claim.token.attempt)-\(index)."
            + header.format.fileExtension
        do {
            try await files.write(key, bytes, format: header.format)
        } catch  where !Task.isCancelled {
            throw ProviderError(
                .unavailable, "the result could not be stored: \(error)", call: .goesOn, code: "storage_unavailable")
        }
        let image = StoredImage(
            id: .version7(), storageKey: key, format: header.format, width: header.width, height: header.height,
            size: Int64(bytes.count))
        return NewResult(image: image, sha256: SHA256.hash(bytes))
    }
}
