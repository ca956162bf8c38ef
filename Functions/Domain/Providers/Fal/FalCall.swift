internal import JSON

/// Where a request is on the queue: `fal-ai/flux/requests/<id>`, with `/status` and `/cancel` behind it.
struct FalCall: Hashable {
    let path: String

    /// From the answer to a submission, which says where the request is.
    ///
    /// - Parameters:
    ///   - base: the queue's address. An address elsewhere is not used, for the key would go there: the request is at the
    ///     model's own place then, as the official client assumes.
    ///   - model: what was asked.
    init?(_ answer: JSON, at base: String, model: FalModel) {
        guard let id = answer["request_id"]?.string, !id.contains("/"), PathSegments.split(id) != nil else {
            return nil
        }
        if let given = answer["response_url"]?.string, given.hasPrefix(base + "/") {
            let path = String(given.dropFirst(base.count + 1))
            if PathSegments.split(path)?.last == id {
                self.path = path
                return
            }
        }
        path = "\(model.app)/requests/\(id)"
    }

    /// From what was recorded.
    ///
    /// - Parameter model: where an id alone, as a call-back has it, belongs.
    init?(requestID: String, model: FalModel?) {
        guard let parts = PathSegments.split(requestID) else { return nil }
        if parts.count > 1 {
            path = requestID
        } else if let model {
            path = "\(model.app)/requests/\(requestID)"
        } else {
            return nil
        }
    }
}
