internal import JSON

/// What Replicate says about a prediction.
enum ReplicatePrediction {
    /// A prediction as a call. Statuses that are not known yet count as running.
    static func call(_ prediction: JSON) -> ProviderCall? {
        guard let id = prediction["id"]?.string, !id.isEmpty,
            id.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == 0x2D }
            ),
            let status = prediction["status"]?.string
        else { return nil }
        switch status {
        case "succeeded":
            let outputs = outputs(in: prediction["output"] ?? .null)
            let nothing = ProviderError(.unavailable, "Replicate finished without a picture")
            return ProviderCall(requestID: id, state: outputs.isEmpty ? .failed(nothing) : .succeeded(outputs))
        case "failed", "aborted":
            return ProviderCall(requestID: id, state: .failed(ReplicateRefusal.failure(prediction["error"]?.string)))
        case "canceled":
            return ProviderCall(requestID: id, state: .canceled)
        default:
            return ProviderCall(
                requestID: id, state: .running(progress: ProgressBar.fraction(in: prediction["logs"]?.string ?? "")))
        }
    }

    /// Every picture in an output: models answer with a string, a list, or an object that holds them.
    private static func outputs(in output: JSON) -> [ProviderOutput] {
        switch output {
        case .string(let text): return ProviderOutput(address: text).map { [$0] } ?? []
        case .array(let elements): return elements.flatMap(outputs)
        case .object(let members): return members.flatMap { outputs(in: $0.value) }
        default: return []
        }
    }
}
