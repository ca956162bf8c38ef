import Domain
import FoundationEssentials
import Synchronization

/// A provider in memory: every call is counted, and a test decides what each answers.
final class FakeProvider: ImageProvider {
    struct Counts: Equatable {
        var submits = 0
        var polls = 0
        var lookUps = 0
        var cancels: [String] = []
    }

    private struct State {
        var counts = Counts()
        var calls: [String: ProviderCall] = [:]
        var requests: [GenerationRequest] = []
    }

    let name: String
    let capabilities: ProviderCapabilities
    private let state = Mutex(State())
    private let onSubmit: @Sendable (String) async throws(ProviderError) -> ProviderCall.State
    private let onLookUp: @Sendable () async throws(ProviderError) -> Void
    private let onPoll: @Sendable (ProviderCall, Int) async throws(ProviderError) -> ProviderCall.State
    private let onFetch: @Sendable () async throws(ProviderError) -> [UInt8]

    init(
        _ name: String = "fake", findsLostCalls: Bool = true, answersAtOnce: Bool = false,
        submit: @escaping @Sendable (String) async throws(ProviderError) -> ProviderCall.State = {
            _ throws(ProviderError) in
            .running(progress: nil)
        },
        lookUp: @escaping @Sendable () async throws(ProviderError) -> Void = { () throws(ProviderError) in },
        poll: @escaping @Sendable (ProviderCall, Int) async throws(ProviderError) -> ProviderCall.State = {
            _, _ throws(ProviderError) in .succeeded([.bytes(TestImages.png)])
        },
        fetch: @escaping @Sendable () async throws(ProviderError) -> [UInt8] = { () throws(ProviderError) in
            TestImages.png
        }
    ) {
        self.name = name
        capabilities = ProviderCapabilities(
            findsLostCalls: findsLostCalls, cancels: true, takesImages: true, answersAtOnce: answersAtOnce)
        onSubmit = submit
        onLookUp = lookUp
        onPoll = poll
        onFetch = fetch
    }

    var counts: Counts { state.withLock { $0.counts } }
    var requests: [GenerationRequest] { state.withLock { $0.requests } }

    func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let id = "call-\(UUID().text)"
        state.withLock {
            $0.counts.submits += 1
            $0.requests.append(request)
            $0.calls[id] = ProviderCall(requestID: id, state: .running(progress: nil))
        }
        return ProviderCall(requestID: id, state: try await onSubmit(id))
    }

    func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        let (call, polls) = state.withLock {
            $0.counts.polls += 1
            return ($0.calls[requestID], $0.counts.polls)
        }
        guard let call else { throw ProviderError(.lost, "there is no call \(requestID)") }
        return ProviderCall(requestID: requestID, state: try await onPoll(call, polls))
    }

    func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall] {
        try await onLookUp()
        return state.withLock {
            $0.counts.lookUps += 1
            return Array($0.calls.values)
        }
    }

    func cancel(_ requestID: String) async throws(ProviderError) {
        state.withLock { $0.counts.cancels.append(requestID) }
    }

    func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        switch output {
        case .bytes(let bytes): bytes
        case .address: try await onFetch()
        }
    }

    /// Lets the provider know a call that this process never heard the answer of.
    func remember(_ requestID: String) {
        state.withLock { $0.calls[requestID] = ProviderCall(requestID: requestID, state: .running(progress: nil)) }
    }
}
