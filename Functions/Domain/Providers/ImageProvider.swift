package import FoundationEssentials

/// An outside service that draws. Every call is one exchange with it: retrying, storing and fencing are the worker's.
///
/// `ProviderConformance` in the tests is what every implementation must pass.
package protocol ImageProvider: Sendable {
    /// The name that jobs and provider calls are recorded under; lower case.
    var name: String { get }
    var capabilities: ProviderCapabilities { get }

    /// Asks for a picture. Never repeats the request by itself: a lost answer is thrown as `.lost`.
    ///
    /// - Parameter observe: told how far it is while a provider that answers at once draws.
    /// - Returns: the call; one that has ended where the provider answers at once.
    func submit(_ request: GenerationRequest, _ observe: ProviderObserver) async throws(ProviderError) -> ProviderCall

    /// Looks at a submitted call.
    func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall

    /// Follows a running call to its end. The default looks at it again and again; a provider with a stream of news follows that, and
    /// looks where the stream breaks.
    ///
    /// - Returns: a call that has ended.
    /// - Throws: an error that says the call goes on when the task is cancelled, or when nothing could be learned for long.
    func watch(_ call: ProviderCall, _ observe: ProviderObserver) async throws(ProviderError) -> ProviderCall

    /// Looks for the call that was submitted for a request when its answer was lost.
    ///
    /// - Parameter since: when the intent was recorded: the call cannot be older.
    /// - Returns: the calls that may be it, the likeliest first; some may belong to other jobs that asked for the same.
    func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall]

    /// Tells the provider to stop one call. One that has already ended is left as it is.
    func cancel(_ requestID: String) async throws(ProviderError)

    /// Fetches one output of a finished call, size-capped, without credentials unless it is at the provider's own address.
    func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8]
}

/// What a provider does that cannot find, cancel or look.
extension ImageProvider {
    package func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall] { [] }

    package func cancel(_ requestID: String) async throws(ProviderError) {
        throw ProviderError(.invalid, "\(name) cannot stop a call")
    }

    package func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        throw ProviderError(.lost, "\(name) answers at once and keeps nothing to look at")
    }
}
