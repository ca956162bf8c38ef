internal import JSON

/// What ComfyUI's history has of one prompt that has ended.
struct ComfyUIHistoryEntry {
    let id: String
    private let entry: JSON

    /// - Parameter entry: nil where the history has none.
    init?(id: String, _ entry: JSON?) {
        guard let entry, entry.object != nil, ComfyUI.isID(id) else { return nil }
        self.id = id
        self.entry = entry
    }

    /// Our own id of the call, where it was one of ours.
    var call: String? { ComfyUIQueue.Prompt.call(in: entry["prompt"]?[3]) }

    /// How it ended. An interrupted prompt counts as an error in ComfyUI's words; only its messages tell the difference.
    func state(on connection: ComfyUIConnection) -> ProviderCall.State {
        if message("execution_interrupted") != nil { return .canceled }
        if let error = message("execution_error") { return .failed(Self.failure(error)) }
        guard entry["status"]?["status_str"]?.string != "error" else { return .failed(Self.failure(.null)) }
        let pictures = pictures.map { ProviderOutput.address("\(connection.base)/view?\($0)") }
        let nothing = ProviderError(.unavailable, "ComfyUI finished without a picture")
        return pictures.isEmpty ? .failed(nothing) : .succeeded(pictures)
    }

    /// What an event of that name told.
    private func message(_ name: String) -> JSON? {
        entry["status"]?["messages"]?.array?.first { $0[0]?.string == name }?[1]
    }

    /// The queries that fetch its pictures: those of the node that the workflow names, else those that were saved, else those that were
    /// only shown.
    private var pictures: [String] {
        let outputs = entry["outputs"]?.object ?? [:]
        let wanted = entry["prompt"]?[3]?["darkroom"]?["output"]?.string
        let named = wanted.flatMap { outputs[$0] }
        let all = (named.map { [$0] } ?? outputs.map(\.value)).flatMap { $0["images"]?.array ?? [] }
        let saved = all.filter { $0["type"]?.string == "output" }
        return (saved.isEmpty ? all : saved).compactMap { image in
            guard let name = image["filename"]?.string, !name.isEmpty else { return nil }
            let values = [
                ("filename", name), ("subfolder", image["subfolder"]?.string ?? ""),
                ("type", image["type"]?.string ?? "output"),
            ]
            return values.map { "\($0)=\($1.queryEncoded)" }.joined(separator: "&")
        }
    }

    /// A graph that failed by itself fails again, unless it ran out of the card's memory, which others were using too.
    private static func failure(_ error: JSON) -> ProviderError {
        let kind = error["exception_type"]?.string ?? ""
        let node = error["node_type"]?.string.map { " at \($0)" } ?? ""
        let reason = error["exception_message"]?.string.map { ": \($0.prefix(500))" } ?? " without a reason"
        let message = "the workflow failed\(node)\(reason)"
        if kind.contains("OutOfMemory") { return ProviderError(.unavailable, message) }
        // What nodes that check pictures say; ComfyUI itself draws everything.
        let words = ["nsfw", "safety", "flagged", "moderation"]
        if words.contains(where: message.lowercased().contains) { return ProviderError(.refused, message) }
        return ProviderError(.invalid, message, code: "provider_failed")
    }
}
