internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime
internal import JSON

/// The job that an upload asks for in its own metadata (`x-amz-meta-prompt`, `x-ms-meta-prompt`): a way to use the service with
/// nothing but a storage client.
///
/// `prompt` makes it a job; `negative`, `seed`, `workflow` and `priority` may stand beside it.
package struct UploadMetadata: Sendable, Hashable {
    private let values: [String: String]
    private let key: String
    private let etag: String

    /// - Returns: nil for an upload without a prompt.
    package init?(_ object: StoredObject) {
        guard object.metadata["prompt"] != nil else { return nil }
        values = object.metadata
        key = object.key
        etag = object.etag
    }

    /// The job for the stored picture. It has the same idempotency key for each delivery of the same upload.
    ///
    /// - Throws: `Failure.invalid` that names what is wrong with the metadata.
    package func job(drawingFrom image: UUID) throws(Failure) -> NewJob {
        var parameters = JSONObject()
        if let negative = values["negative"] { parameters["negative_prompt"] = .string(negative) }
        if let text = values["seed"] {
            guard let seed = Int64(text) else { throw .invalid("must be a whole number", field: "seed") }
            parameters["seed"] = .integer(seed)
        }
        let priority = values["priority"].map { JobPriority(rawValue: $0) } ?? .normal
        guard let priority else { throw .invalid("must be high, normal or low", field: "priority") }
        return try NewJob(
            prompt: values["prompt"] ?? "", parameters: parameters, workflowID: values["workflow"], priority: priority,
            imageID: image, idempotencyKey: "upload-" + Hex.encode(SHA256.hash("\(key)\n\(etag)".utf8)))
    }
}
