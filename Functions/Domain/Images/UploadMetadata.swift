internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime
internal import JSON
internal import ObjectStorage

/// The job that an upload asks for in its own metadata (`x-amz-meta-prompt`, `x-ms-meta-prompt`): a way to use the service with
/// nothing but a storage client. Values may be encoded words, as vendors' clients send what is not ASCII (RFC 2047).
///
/// `prompt` makes it a job; `negative`, `seed`, `workflow` and `priority` may stand beside it.
package struct UploadMetadata: Sendable, Hashable {
    private let values: [String: String]
    private let key: String
    private let idempotencyKey: String

    /// - Returns: nil for an upload without a prompt.
    package init?(_ object: StoredObject) {
        guard object.metadata["prompt"] != nil else { return nil }
        values = object.metadata.mapValues(EncodedWord.decode)
        key = object.key
        idempotencyKey = "upload-" + Hex.encode(SHA256.hash(object.id.utf8))
    }

    /// The job for the stored picture. Its idempotency key is that of the event: the same when it is delivered again, another when
    /// the same file is stored again.
    ///
    /// - Throws: `Failure.invalid` that names what is wrong with the metadata.
    package func job(drawingFrom image: UUID) throws(Failure) -> NewJob {
        var problems: [FieldError] = []
        if let seed = values["seed"], Int64(seed) == nil {
            problems.append(FieldError("seed", "is \"\(seed.prefix(40))\"; it must be a whole number"))
        }
        if let priority = values["priority"], JobPriority(rawValue: priority) == nil {
            problems.append(FieldError("priority", "is \"\(priority.prefix(40))\"; it must be high, normal or low"))
        }
        do throws(Failure) {
            let job = try NewJob(
                prompt: values["prompt"] ?? "", parameters: parameters, workflowID: values["workflow"],
                priority: priority, imageID: image, idempotencyKey: idempotencyKey)
            if problems.isEmpty { return job }
        } catch {
            problems += error.errors
        }
        throw .invalid(problems)
    }

    /// What is kept of a job that cannot be, with what is wrong in words of the metadata.
    package func refusedJob(drawingFrom image: UUID, _ failure: Failure) -> RefusedJob {
        let problems = failure.errors.map { "\(Self.names[$0.field] ?? $0.field) \($0.message)" }
        let wrong = problems.isEmpty ? failure.message : problems.joined(separator: "; ")
        let prompt = Self.storable(values["prompt"] ?? "")
        return RefusedJob(
            prompt: prompt.allSatisfy(\.isWhitespace) ? "(no prompt: \(key))" : prompt,
            parameters: JSONObject(
                parameters.map { ($0.name, $0.value.string.map { .string(Self.storable($0)) } ?? $0.value) }),
            workflowID: values["workflow"].map(Self.storable), priority: priority, imageID: image,
            idempotencyKey: idempotencyKey, code: .invalidMetadata,
            reason: Self.storable("The upload's metadata is wrong: \(wrong). Store the file again with that put right.")
        )
    }

    private var parameters: JSONObject {
        var parameters = JSONObject()
        if let negative = values["negative"] { parameters["negative_prompt"] = .string(negative) }
        if let seed = values["seed"] { parameters["seed"] = Int64(seed).map(JSON.integer) ?? .string(seed) }
        return parameters
    }

    private var priority: JobPriority { values["priority"].flatMap(JobPriority.init) ?? .normal }

    /// How the metadata calls what the API calls otherwise.
    private static let names = [
        "workflowId": "workflow", "parameters.negative_prompt": "negative", "parameters.seed": "seed",
    ]

    /// Postgres holds every character but U+0000.
    private static func storable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\u{0}" ? "\u{FFFD}" : $0 }))
    }
}
