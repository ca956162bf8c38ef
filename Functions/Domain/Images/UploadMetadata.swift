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
    private let event: String

    /// - Returns: nil for an upload without a prompt.
    package init?(_ object: StoredObject) {
        guard object.metadata["prompt"] != nil else { return nil }
        values = object.metadata
        event = object.id
    }

    /// The job for the stored picture. Its idempotency key is that of the event: the same when it is delivered again, another when
    /// the same file is stored again.
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
            imageID: image, idempotencyKey: "upload-" + Hex.encode(SHA256.hash(event.utf8)))
    }
}
