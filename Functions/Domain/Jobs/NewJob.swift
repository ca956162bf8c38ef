internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime
package import JSON

/// A request for a job that has passed the rules.
package struct NewJob: Sendable {
    package var id: UUID
    package var prompt: String
    package var parameters: JSONObject
    package var workflowID: String?
    package var priority: JobPriority
    /// The picture to draw from.
    package var imageID: UUID?
    /// What makes a repeated request the same one (draft-ietf-httpapi-idempotency-key-header).
    package var idempotencyKey: String?
    /// The job waits for a picture that is announced together with it.
    package var awaitsUpload: Bool
    /// SHA-256 of what was asked: the same key with another request is a conflict, not a replay. What a workflow adds to the request
    /// does not count: it may add something else next time.
    package private(set) var fingerprint: [UInt8] = []

    /// Checks a request against the rules.
    ///
    /// - Throws: `Failure.invalid` that names every field that is wrong.
    package init(
        id: UUID = .version7(), prompt: String, parameters: JSONObject = [:], workflowID: String? = nil,
        priority: JobPriority = .normal, imageID: UUID? = nil, idempotencyKey: String? = nil, awaitsUpload: Bool = false
    ) throws(Failure) {
        self.id = id
        self.prompt = prompt.trimmed
        self.parameters = parameters
        self.workflowID = workflowID
        self.priority = priority
        self.imageID = imageID
        self.idempotencyKey = idempotencyKey
        self.awaitsUpload = awaitsUpload
        let problems = self.problems
        if !problems.isEmpty { throw .invalid(problems) }
        if idempotencyKey != nil { fingerprint = SHA256.hash(asked.sorted.serialized) }
    }

    /// Whether there is a picture to draw from, or will be.
    package var drawsFromPicture: Bool { imageID != nil || awaitsUpload }

    private var problems: [FieldError] {
        var problems: [FieldError] = []
        func refuse(_ field: String, _ message: String) { problems.append(FieldError(field, message)) }
        if prompt.isEmpty { refuse("prompt", "must say what the picture should show") }
        if prompt.count > JobRules.longestPrompt {
            refuse("prompt", "has \(prompt.count) characters; at most \(JobRules.longestPrompt) are taken")
        }
        if prompt.unicodeScalars.contains("\u{0}") { refuse("prompt", "must not contain the character U+0000") }
        let size = JSON.object(parameters).serialized
        if size.count > JobRules.largestParameters {
            refuse("parameters", "have \(size.count) bytes; at most \(JobRules.largestParameters) are taken")
        }
        // Postgres stores no U+0000, and JSON may hide one in an escape.
        if String(decoding: size, as: UTF8.self).contains("\\u0000") {
            refuse("parameters", "must not contain the character U+0000")
        }
        if parameters["prompt"] != nil { refuse("parameters.prompt", "belongs beside the parameters, not into them") }
        if let key = idempotencyKey, key.isEmpty || key.count > JobRules.longestKey {
            refuse("Idempotency-Key", "must have 1 to \(JobRules.longestKey) characters")
        }
        return problems
    }

    private var asked: JSON {
        [
            "prompt": .string(prompt), "parameters": .object(parameters),
            "workflowId": workflowID.map(JSON.string) ?? nil,
            "priority": .string(priority.rawValue), "upload": .bool(awaitsUpload),
            // An announced picture is new with each request.
            "imageId": awaitsUpload ? nil : imageID.map { .string($0.text) } ?? nil,
        ]
    }
}

extension JSON {
    /// The same value with the members of every object in the order of their names: equal values become equal bytes.
    fileprivate var sorted: JSON {
        switch self {
        case .object(let members):
            .object(JSONObject(members.sorted { $0.name < $1.name }.map { ($0.name, $0.value.sorted) }))
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        let rest = drop(while: \.isWhitespace)
        return rest.lastIndex { !$0.isWhitespace }.map { String(rest[...$0]) } ?? ""
    }
}
