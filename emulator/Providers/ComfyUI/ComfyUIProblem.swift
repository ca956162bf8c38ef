import HTTPTypes
import JSON

/// A prompt that ComfyUI does not queue, as `POST /prompt` answers it.
struct ComfyUIProblem: Error {
    let type: String
    let message: String
    var details = ""
    var nodeErrors = JSONObject()
    var status = HTTPResponse.Status.badRequest
    var retryAfter: Int?

    /// One thing that is wrong with one input of a node.
    static func input(
        _ type: String, _ message: String, details: String, _ name: String, received: JSON? = nil
    ) -> JSON {
        var extra: JSONObject = ["input_name": .string(name)]
        extra["received_value"] = received
        return [
            "type": .string(type), "message": .string(message), "details": .string(details),
            "extra_info": .object(extra),
        ]
    }

    /// What a call's fate says at the door, or what its work fails with; nil: it draws.
    ///
    /// - Throws: ``ComfyUIProblem`` for a prompt that is not queued.
    static func check(_ fate: Fate) throws -> ComfyUIFailure? {
        switch fate.outcome {
        case .draws: return nil
        case .blocked:
            return ComfyUIFailure(type: "ValueError", message: "NSFW content detected: the safety checker stopped it.")
        case .fails(.failed, let reason): return ComfyUIFailure(type: "RuntimeError", message: reason)
        case .fails(.interrupted, _):
            return ComfyUIFailure(
                type: "torch.OutOfMemoryError", message: "Allocation on device 0 would exceed memory.")
        case .throttled(let seconds):
            throw Self(
                type: "too_many_requests", message: "Too many requests", status: .tooManyRequests, retryAfter: seconds)
        case .fails(.invalid, let reason):
            throw Self(
                type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation", details: reason)
        case .fails(.unauthorized, let reason):
            throw Self(type: "unauthorized", message: reason, status: .unauthorized)
        case .fails(.unpaid, let reason):
            throw Self(
                type: "payment_required", message: reason, status: .init(code: 402, reasonPhrase: "Payment Required"))
        case .fails(.error, let reason): throw Self(type: "error", message: reason, status: .internalServerError)
        case .fails(.unavailable, let reason):
            throw Self(type: "unavailable", message: reason, status: .serviceUnavailable)
        }
    }

    var response: StandInResponse {
        let error: JSON = [
            "type": .string(type), "message": .string(message), "details": .string(details), "extra_info": [:],
        ]
        var response = StandInResponse.json(["error": error, "node_errors": .object(nodeErrors)], status: status)
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }
}

/// What a node that fails while it runs says.
struct ComfyUIFailure: Error, Sendable {
    let type: String
    let message: String
}
