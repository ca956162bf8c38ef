internal import JSON

/// An answer of ComfyUI that is not a success: `error` with a type and a message, and for a graph that does not fit `node_errors`
/// with what is wrong at each node.
struct ComfyUIRefusal {
    private let status: Int
    private let body: JSON
    private let retryAfter: String?

    init(_ status: Int, _ body: [UInt8], retryAfter: String?) {
        self.status = status
        self.body = (try? JSON(parsing: body)) ?? .null
        self.retryAfter = retryAfter
    }

    /// - Parameters:
    ///   - creates: whether the request was to queue a prompt.
    ///   - looks: whether it only asked.
    func error(creates: Bool, looks: Bool) -> ProviderError {
        let goesOn: ProviderError.Call = looks ? .goesOn : .ended
        switch status {
        case 401, 402, 403:
            return ProviderError(.quota, "ComfyUI does not let us in (status \(status)); see COMFYUI_API_KEY")
        case 429:
            let wait = retryAfter.flatMap { WaitHint($0)?.duration }
            return ProviderError(.limited(wait: wait), "ComfyUI asks to wait", call: goesOn)
        case 400..<500:
            return ProviderError(.invalid, "ComfyUI does not accept the request (status \(status))\(detail)")
        case 503: return ProviderError(.unavailable, "ComfyUI is not available (status 503)\(detail)", call: goesOn)
        // Nobody knows how far it came.
        default:
            return ProviderError(
                .unavailable, "ComfyUI failed (status \(status))\(detail)", call: creates || looks ? .goesOn : .ended)
        }
    }

    private var detail: String {
        let error = body["error"]
        let summary = [error?["message"]?.string ?? error?.string, error?["details"]?.string].compactMap(\.self)
        let nodes = (body["node_errors"]?.object ?? [:]).flatMap { node in
            (node.value["errors"]?.array ?? []).map { error in
                let text = [error["message"]?.string, error["details"]?.string].compactMap(\.self).joined(
                    separator: ": ")
                return "node \(node.name) (\(node.value["class_type"]?.string ?? "unknown class")): \(text)"
            }
        }
        let text = (summary.filter { !$0.isEmpty } + nodes).joined(separator: "; ")
        return text.isEmpty ? "" : ": \(text.prefix(1000))"
    }
}
