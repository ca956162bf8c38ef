internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime

/// Which jobs a list shows.
package struct JobQuery: Sendable, Hashable {
    /// Only jobs in one of these states; all where empty.
    package var states: [JobState]
    /// Words of the prompt, as web search engines take them ("…" for a phrase, - for without).
    package var search: String?
    /// Only jobs older than this one.
    package var cursor: UUID?
    /// From 1 to `JobRules.pageLimit`.
    package var limit: Int

    /// - Throws: `Failure.invalid` that names the field.
    package init(
        states: [JobState] = [], search: String? = nil, cursor: String? = nil, limit: Int? = nil
    ) throws(Failure) {
        self.states = states
        self.search = search.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        if let search, search.unicodeScalars.contains("\u{0}") {
            throw .invalid("must not contain the character U+0000", field: "q")
        }
        self.limit = limit ?? 24
        guard (1...JobRules.pageLimit).contains(self.limit) else {
            throw .invalid("must be from 1 to \(JobRules.pageLimit)", field: "limit")
        }
        if let cursor {
            guard let bytes = Base64.decodeURL(cursor), bytes.count == 16 else {
                throw .invalid("is not a cursor of this list; use nextCursor of the page before", field: "cursor")
            }
            self.cursor = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        }
    }

    /// The cursor that continues after a job.
    package static func cursor(after job: UUID) -> String {
        withUnsafeBytes(of: job.uuid) { Base64.encodeURL(Array($0)) }
    }
}
