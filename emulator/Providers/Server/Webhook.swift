import FoundationEssentials

/// One webhook to deliver.
struct Webhook: Sendable {
    /// What a provider posts: made anew for each try, so that its time and signature are fresh.
    struct Message: Sendable {
        let headers: [(String, String)]
        let body: [UInt8]
    }

    let provider: String
    /// The provider's own id of the work.
    let id: String
    let url: String
    let due: Date
    let knobs: Knobs
    /// Tries in all until an answer is a success; each waits twice as long as the one before, from a second on.
    var attempts = 5
    /// nil: there is nothing to say any more.
    let message: @Sendable () async -> Message?
}
