internal import FoundationEssentials

/// Stands where a job's provider should be and is not: says so to whatever is asked.
struct AbsentProvider: ImageProvider {
    let name: String
    /// Why it is not there.
    let reason: String

    /// A call of it that was made before is looked for, and not made again behind its back.
    let capabilities = ProviderCapabilities(findsLostCalls: true, cancels: false, takesImages: true)

    private func error(_ call: ProviderError.Call) -> ProviderError {
        ProviderError(.quota, reason, call: call, code: "provider_absent")
    }

    func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall { throw error(.ended) }

    func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall { throw error(.goesOn) }

    func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall] {
        throw error(.goesOn)
    }

    func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] { throw error(.goesOn) }
}
