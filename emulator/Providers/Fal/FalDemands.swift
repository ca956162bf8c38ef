import HTTPTypes
import JSON

/// What a request's headers ask of the queue (https://docs.fal.ai/model-apis/model-endpoints/queue).
struct FalDemands: Sendable {
    /// Seconds until the work must have begun; nil: any time.
    let patience: Double?

    /// - Throws: ``FalProblem`` naming the header that is wrong. Every request has the same priority here.
    init(_ headers: HTTPFields) throws {
        if let priority = headers[.falQueuePriority], !["normal", "low"].contains(priority) {
            throw Self.wrong(.falQueuePriority, "Input should be 'normal' or 'low'", "literal_error")
        }
        patience = try headers[.falRequestTimeout].map { text in
            guard let seconds = Double(text), seconds > 0, seconds.isFinite else {
                throw Self.wrong(.falRequestTimeout, "Input should be a number greater than 0", "greater_than")
            }
            return seconds
        }
    }

    private static func wrong(_ header: HTTPField.Name, _ message: String, _ type: String) -> FalProblem {
        let detail: JSON = [
            "loc": ["header", .string(header.canonicalName)], "msg": .string(message), "type": .string(type),
        ]
        return FalProblem(status: .unprocessableContent, detail: [detail])
    }
}

extension HTTPField.Name {
    fileprivate static let falQueuePriority = Self("X-Fal-Queue-Priority")!
    fileprivate static let falRequestTimeout = Self("X-Fal-Request-Timeout")!
}
