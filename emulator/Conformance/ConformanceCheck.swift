/// What became of one rule of the protocol.
package struct ConformanceCheck: Sendable, Hashable {
    /// Whether the function keeps the rule.
    package enum Outcome: String, Sendable, Hashable {
        case passed
        case failed
        /// The rule concerns something this function does not have.
        case skipped
    }

    /// The rule, as a short sentence.
    package let name: String
    package let outcome: Outcome
    /// What was seen, or why it was skipped; one sentence, with the function's standard error when it failed.
    package let detail: String

    package init(name: String, outcome: Outcome, detail: String) {
        self.name = name
        self.outcome = outcome
        self.detail = detail
    }
}
