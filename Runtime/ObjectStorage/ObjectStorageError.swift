/// Why a call to the object store did not do what it should.
package struct ObjectStorageError: Error, Hashable, CustomStringConvertible {
    /// What kind of failure it is, the same for every vendor.
    package enum Kind: Hashable, Sendable {
        /// No such object.
        case notFound
        /// No such bucket or container.
        case containerNotFound
        /// `If-Match` or `If-None-Match` did not hold.
        case preconditionFailed
        /// Credentials are wrong, or lack the permission.
        case accessDenied
        /// Something is there that is in the way: another's bucket, a lease, a concurrent change.
        case conflict
        /// The range lies outside the object.
        case rangeNotSatisfiable
        /// The object is larger than the service takes.
        case tooLarge
        /// The service cannot answer now; every retry was used up.
        case unavailable
        /// The service does not accept the request: a bad key, a bad name, a bad header.
        case invalidRequest
        /// What the service answered is not what its protocol says.
        case invalidResponse
        /// What arrived is not what was sent: its checksum is another, in the store or here.
        case damaged
        /// The configuration cannot work.
        case invalidConfiguration
    }

    package let kind: Kind
    /// `put`, `get`, `list`, …
    package let operation: String
    package let key: String?
    /// HTTP status; nil when no answer came.
    package let status: Int?
    /// The vendor's own code: `NoSuchKey`, `BlobNotFound`.
    package let code: String?
    /// In words.
    package let message: String

    package init(
        _ kind: Kind, _ message: String, operation: String, key: String? = nil, status: Int? = nil, code: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.operation = operation
        self.key = key
        self.status = status
        self.code = code
    }

    package var description: String {
        let object = key.map { " \"\($0)\"" } ?? ""
        let answer = [status.map { "\($0)" }, code].compactMap { $0 }.joined(separator: " ")
        return "object storage: \(operation)\(object): \(message)" + (answer.isEmpty ? "" : " (\(answer))")
    }
}
