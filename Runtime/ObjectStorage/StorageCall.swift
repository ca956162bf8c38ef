/// What a request is for: in errors, and for deciding whether it may be sent twice.
struct StorageCall: Sendable {
    let operation: String
    let key: String?
    /// Whether a second time changes nothing. Not so for a conditional write: when the answer to the first is lost, the
    /// second finds the condition broken by the first.
    let isRepeatable: Bool

    init(_ operation: String, _ key: String? = nil, isRepeatable: Bool = true) {
        self.operation = operation
        self.key = key
        self.isRepeatable = isRepeatable
    }
}
