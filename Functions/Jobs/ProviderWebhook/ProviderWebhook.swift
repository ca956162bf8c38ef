import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient
import JSON
import Redis

/// Takes the call-backs of providers. A verified one about the end of a call has the job's worker look at once, or wakes one; whoever
/// does not sign is only a reason to look.
@main struct ProviderWebhook: Function {
    static let summary = "Takes a provider's news that a call has ended"
    static let triggers = [Trigger.http(.post, "/api/v1/webhooks/{provider}")]
    static let provider = RequestParameter.path("provider", "the provider's name")
    static let job = RequestParameter.query("job", as: UUID.self, "id of the job that the call is for")
    static let call = RequestParameter.query("call", as: UUID.self, "this service's own id of the call")
    static let parameters: [any RequestParameterProtocol] = [provider, job, call]
    static let limits = Limits(concurrency: 32, timeout: .seconds(30), memory: 128, body: 32 << 20)
    static let environment = Database.environment + Redis.environment + WebhookVerifier.environment

    /// What became of a call-back.
    struct Receipt: Codable, Sendable, Hashable {
        enum Outcome: String, Codable, Sendable, CaseIterable {
            /// The job is being looked at.
            case noted
            /// This very message was dealt with before.
            case repeated
            /// There is nothing to do: the call goes on, has been seen to its end, or is not ours.
            case ignored
        }

        var outcome: Outcome
    }

    private let verifier: WebhookVerifier
    private let endings: CallEndings
    private let seen: SeenMessages
    private let signals: ProviderSignals
    private let queue: GenerateQueue

    init(_ configuration: Configuration) throws {
        let redis = try Redis(configuration)
        verifier = try WebhookVerifier(configuration, HTTPClient())
        endings = CallEndings(try Database(configuration, connections: 2))
        seen = SeenMessages(redis)
        signals = ProviderSignals(redis, log: configuration.log)
        queue = GenerateQueue(redis)
    }

    func call(_ request: Request<RawBody>, _ context: Context) async throws -> Response<Receipt> {
        let provider = try request.parameter(Self.provider)
        guard Providers.adapters.contains(where: { $0.name == provider }) else {
            throw Failure.notFound("there is no provider \"\(provider)\"")
        }
        let job = try request.value(of: Self.job)
        let message: String?
        do {
            message = try await verifier.verify(provider, request.headers, request.body.bytes)
        } catch let refusal as WebhookRefusal {
            context.log.warning("a call-back was refused", ["provider": provider, "reason": "\(refusal)"])
            throw Failure(.unauthenticated, "\(refusal)")
        }
        guard let message else {
            if let job { await tell(job, context.log) }
            return .ok(Receipt(outcome: job == nil ? .ignored : .noted))
        }
        if await seen.contains(message, of: provider, log: context.log) { return .ok(Receipt(outcome: .repeated)) }
        let outcome = try await take(message, provider, job, request, context.log)
        await seen.insert(message, of: provider, log: context.log)
        return .ok(Receipt(outcome: outcome))
    }

    private func take(
        _ message: String, _ provider: String, _ job: UUID?, _ request: Request<RawBody>, _ log: Log
    ) async throws -> Receipt.Outcome {
        guard let body = try? JSON(parsing: request.body.bytes) else {
            throw Failure.invalid("the call-back is signed, but is no JSON")
        }
        let notice = WebhookNotice(provider, body)
        guard notice.isEnd, let requestID = notice.requestID else { return .ignored }
        let call = try request.value(of: Self.call)
        guard let ending = try await endings.note(provider, requestID, job: job, call: call) else { return .ignored }
        log.debug("a call has ended", ["provider": provider, "jobId": ending.job.text, "state": notice.state])
        await tell(ending.job, log)
        if let wakeUp = ending.wakeUp { await queue.publish([wakeUp], log: log) }
        return .noted
    }

    /// Has the worker of a job look at its call.
    private func tell(_ job: UUID, _ log: Log) async {
        do {
            try await signals.tellEnd(of: job)
        } catch {
            log.warning("the worker was not told; it looks by itself", ["jobId": job.text, "error": "\(error)"])
        }
    }
}
