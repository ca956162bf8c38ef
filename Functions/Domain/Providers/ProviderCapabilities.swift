/// What a provider can do, so that the worker need not know which one it is.
package struct ProviderCapabilities: Sendable, Hashable {
    /// Whether a submitted call can be found again when its answer was lost.
    package var findsLostCalls: Bool
    /// Whether a running call can be told to stop.
    package var cancels: Bool
    /// Whether it draws from an input picture.
    package var takesImages: Bool
    /// Whether `submit` draws: it returns a call that has ended, and keeps nothing that could be resumed after a crash.
    package var answersAtOnce: Bool
    /// Whether it calls back at `GenerationRequest.webhook`.
    package var takesWebhooks: Bool
    /// Whether it tells how far a call is.
    package var showsProgress: Bool
    /// Whether it shows the picture as far as it is.
    package var showsPreviews: Bool

    package init(
        findsLostCalls: Bool = false, cancels: Bool = false, takesImages: Bool = false, answersAtOnce: Bool = false,
        takesWebhooks: Bool = false, showsProgress: Bool = false, showsPreviews: Bool = false
    ) {
        self.findsLostCalls = findsLostCalls
        self.cancels = cancels
        self.takesImages = takesImages
        self.answersAtOnce = answersAtOnce
        self.takesWebhooks = takesWebhooks
        self.showsProgress = showsProgress
        self.showsPreviews = showsPreviews
    }
}
