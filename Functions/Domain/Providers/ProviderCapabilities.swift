/// What a provider can do, so that the worker need not know which one it is.
package struct ProviderCapabilities: Sendable, Hashable {
    /// Whether a submitted call can be found again when its answer was lost.
    package var findsLostCalls: Bool
    /// Whether a running call can be told to stop.
    package var cancels: Bool
    /// Whether it draws from an input picture.
    package var takesImages: Bool

    package init(findsLostCalls: Bool, cancels: Bool, takesImages: Bool) {
        self.findsLostCalls = findsLostCalls
        self.cancels = cancels
        self.takesImages = takesImages
    }
}
