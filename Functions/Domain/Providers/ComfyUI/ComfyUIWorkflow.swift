internal import Cryptography
internal import FoundationEssentials
internal import JSON

/// A graph in ComfyUI's API format with names for what a request may set:
///
///     {"graph": {"6": {"class_type": "CLIPTextEncode", "inputs": {…}}, …},
///      "inputs": {"prompt": {"node": "6", "field": "text"}, "seed": {"node": "3", "field": "seed"}, …},
///      "output": {"node": "9"}}
///
/// `prompt`, `image`, `model` and `seed` are filled in by us, the others from the parameters of their names. An input may also
/// be a list of places, all of which get the value. `output` names the node whose pictures count; without it, all saved ones do.
struct ComfyUIWorkflow {
    private struct Place {
        let node: String
        let field: String
    }

    private let graph: JSONObject
    private let inputs: [String: [Place]]
    private let output: String?

    /// - Throws: `ProviderError` of the class `invalid`: the catalogue's entry is wrong, or does not fit the request.
    init(_ request: GenerationRequest) throws(ProviderError) {
        let definition =
            request.definition ?? (request.image == nil ? ComfyUIWorkflow.textToImage : ComfyUIWorkflow.imageToImage)
        guard let graph = definition["graph"]?.object, !graph.isEmpty else {
            throw Self.unusable("it has no graph")
        }
        var inputs: [String: [Place]] = [:]
        for input in definition["inputs"]?.object ?? [:] {
            inputs[input.name] = try Self.places(of: input.name, input.value, in: graph)
        }
        guard inputs["prompt"] != nil else { throw Self.unusable("it names no input \"prompt\"") }
        output = definition["output"]?["node"]?.string ?? definition["output"]?.string
        if let output, graph[output] == nil {
            throw Self.unusable("its output is node \(output), which is not in the graph")
        }
        self.graph = graph
        self.inputs = inputs
        guard request.image == nil || takesImage else {
            throw ProviderError(.invalid, "the workflow does not draw from pictures")
        }
        guard request.image != nil || !takesImage else {
            throw ProviderError(.invalid, "the workflow draws from a picture, and the request has none")
        }
    }

    var takesImage: Bool { inputs["image"] != nil }

    /// What travels with the prompt, so that queue and history tell whose it is and where its pictures are.
    func note(call: String) -> JSON {
        ["call": .string(call), "output": output.map { .string($0) } ?? .null]
    }

    /// The graph with the request's values in their places.
    ///
    /// - Parameters:
    ///   - model: what to draw with where neither request nor parameters say.
    ///   - picture: the name that the uploaded picture got.
    func graph(for request: GenerationRequest, model: String?, picture: String?) throws(ProviderError) -> JSON {
        var values: [String: JSON] = [:]
        for parameter in request.parameters where inputs[parameter.name] != nil {
            values[parameter.name] = parameter.value
        }
        values["prompt"] = .string(request.prompt)
        values["image"] = picture.map { .string($0) }
        values["model"] = request.model.map { .string($0) } ?? values["model"] ?? model.map { .string($0) }
        if values["seed"] == nil || values["seed"] == .integer(-1) {
            values["seed"] = .integer(Self.seed(request.call))
        }
        var graph = graph
        for (name, value) in values {
            for place in inputs[name] ?? [] {
                var node = graph[place.node]?.object ?? [:]
                var fields = node["inputs"]?.object ?? [:]
                fields[place.field] = value
                node["inputs"] = .object(fields)
                graph[place.node] = .object(node)
            }
        }
        return .object(graph)
    }

    /// One for each call: ComfyUI answers a graph it has just seen from its cache. The same one when the call is sent once more.
    private static func seed(_ call: UUID) -> Int64 {
        let digest = SHA256.hash(Array(call.text.utf8))
        return digest.prefix(6).reduce(0) { $0 << 8 | Int64($1) }
    }

    private static func places(
        of name: String, _ json: JSON, in graph: JSONObject
    ) throws(ProviderError) -> [Place] {
        var places: [Place] = []
        for place in json.array ?? [json] {
            guard let node = place["node"]?.string, let field = place["field"]?.string else {
                throw unusable("the input \"\(name)\" is not {\"node\": …, \"field\": …}")
            }
            guard graph[node]?.object != nil else {
                throw unusable("the input \"\(name)\" is at node \(node), which is not in the graph")
            }
            places.append(Place(node: node, field: field))
        }
        return places
    }

    private static func unusable(_ reason: String) -> ProviderError {
        ProviderError(.invalid, "the workflow cannot be used: \(reason)")
    }
}
