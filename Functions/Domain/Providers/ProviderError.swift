/// A provider call that did not work: the class decides about a retry, the sentence is for the job's owner.
package struct ProviderError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whether there is still something at the provider to resume.
    package enum Call: Sendable, Hashable {
        /// Nothing: the next attempt makes a new call.
        case ended
        /// The call, or perhaps the call: the next attempt resumes it, or looks for it before it makes another.
        case goesOn
        /// Nothing, and there never was: the call was not made, because it was not its turn.
        case unmade
    }

    package var retryClass: RetryClass
    /// What happened, where, and what to do; without credentials.
    package var message: String
    package var call: Call
    /// The job's `error_code`: the class's own, unless something beside the provider failed.
    package var code: String

    package init(_ retryClass: RetryClass, _ message: String, call: Call = .ended, code: String? = nil) {
        self.retryClass = retryClass
        self.message = message
        self.call = call
        self.code = code ?? retryClass.code
    }

    package var description: String { "\(code): \(message)" }
}
