package import FoundationEssentials

/// An outside service that draws. Every call is one exchange with it: waiting, retrying, storing and fencing are the worker's.
package protocol ImageProvider: Sendable {
    /// The name that jobs and provider calls are recorded under; lower case.
    var name: String { get }
    var capabilities: ProviderCapabilities { get }

    /// Asks for a picture. Never repeats the request by itself: a lost answer is thrown as `.lost`.
    func submit(_ request: GenerationRequest) async throws(ProviderError) -> ProviderCall

    /// Looks at a submitted call.
    func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall

    /// Looks for the call that was submitted for a request when its answer was lost.
    ///
    /// - Parameter since: when the intent was recorded: the call cannot be older.
    /// - Returns: the calls that may be it, the likeliest first; some may belong to other jobs that asked for the same.
    func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall]

    /// Tells the provider to stop one call. One that has already ended is left as it is.
    func cancel(_ requestID: String) async throws(ProviderError)

    /// Fetches one output of a finished call, size-capped.
    func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8]
}
