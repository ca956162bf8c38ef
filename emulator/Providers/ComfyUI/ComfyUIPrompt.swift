import FoundationEssentials
import JSON

/// A prompt in the queue, and what came of it.
struct ComfyUIPrompt: Sendable {
    let number: Double
    let id: String
    /// Whom its events go to; nil for nobody.
    let client: String?
    let json: JSON
    let extra: JSON
    let graph: ComfyUIGraph
    let knobs: Knobs
    /// What goes wrong with it, when anything does.
    let failure: ComfyUIFailure?

    /// `[number, id, graph, extra data, outputs]`, as the queue and the history show it.
    var item: JSON {
        let shown = Int64(exactly: number).map { JSON.integer($0) } ?? .number(number)
        return [shown, .string(id), json, extra, .array(graph.outputs.map { .string($0) })]
    }
}

/// The history's entry of a prompt.
struct ComfyUIResult: Sendable {
    enum Status: String {
        case success, error
    }

    let prompt: ComfyUIPrompt
    var outputs = JSONObject()
    var messages: [JSON] = []
    var status = Status.success

    /// Notes an event that the history keeps.
    mutating func note(_ event: String, _ data: JSONObject) {
        var data = data
        data["timestamp"] = .integer(Int64(Date.now.timeIntervalSince1970 * 1000))
        messages.append([.string(event), .object(data)])
    }

    var json: JSON {
        [
            "prompt": prompt.item, "outputs": .object(outputs),
            "status": [
                "status_str": .string(status.rawValue), "completed": .bool(status == .success),
                "messages": .array(messages),
            ],
            "meta": .object(
                JSONObject(
                    outputs.keys.map { id in
                        let node: JSON = [
                            "node_id": .string(id), "display_node": .string(id), "parent_node": nil,
                            "real_node_id": .string(id),
                        ]
                        return (id, node)
                    })),
        ]
    }
}
