internal import JSON

/// ComfyUI says of each input of a node what it may be: the models, samplers and schedulers of this installation.
extension ComfyUIServer: WorkflowSource {
    package func refreshed(_ workflow: Workflow) async throws(ProviderError) -> Workflow {
        guard let definition = workflow.definition, let graph = definition["graph"]?.object else { return workflow }
        var workflow = workflow
        var classes: [String: JSON] = [:]
        for node in graph {
            guard let name = node.value["class_type"]?.string, classes[name] == nil else { continue }
            guard let description = try await nodeClass(name) else {
                // The graph wants a node that this installation does not have.
                workflow.isAvailable = false
                return workflow
            }
            classes[name] = description
        }
        workflow.isAvailable = true
        for parameter in workflow.parameters.json["properties"]?.object ?? [:] {
            guard let choices = Self.choices(of: parameter.name, definition, graph, classes) else { continue }
            if choices.isEmpty { workflow.isAvailable = false }
            if let changed = workflow.parameters.offering(choices, for: parameter.name) {
                workflow.parameters = changed
            }
        }
        return workflow
    }

    /// What the node takes that a parameter is put into; nil where that is no list of names.
    private static func choices(
        of parameter: String, _ definition: JSON, _ graph: JSONObject, _ classes: [String: JSON]
    ) -> [String]? {
        guard let input = definition["inputs"]?[parameter], let place = input.array?.first ?? Optional(input),
            let node = place["node"]?.string, let field = place["field"]?.string,
            let name = graph[node]?["class_type"]?.string, let inputs = classes[name]?["input"],
            let kind = inputs["required"]?[field] ?? inputs["optional"]?[field]
        else { return nil }
        // ["euler", "heun"] stands first; newer servers say ["COMBO", {"options": ["euler", "heun"]}].
        let options = kind[0]?.array ?? (kind[0] == "COMBO" ? kind[1]?["options"]?.array : nil)
        return options?.compactMap(\.string)
    }
}
