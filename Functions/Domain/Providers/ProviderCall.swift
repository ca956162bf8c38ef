/// What a provider says about one call.
package struct ProviderCall: Sendable, Hashable {
    /// How far a call has come.
    package enum State: Sendable, Hashable {
        /// Waiting or drawing; progress from 0 to 1 where the provider tells it.
        case running(progress: Double?)
        case succeeded([ProviderOutput])
        case failed(ProviderError)
        /// Stopped by somebody.
        case canceled
    }

    /// The provider's own id of the call.
    package var requestID: String
    package var state: State

    package init(requestID: String, state: State) {
        self.requestID = requestID
        self.state = state
    }
}
