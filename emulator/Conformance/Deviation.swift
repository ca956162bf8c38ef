/// A rule is broken: what was expected and what was seen.
struct Deviation: Error {
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }
}

/// A rule does not concern this function.
struct NotApplicable: Error {
    let reason: String
}
