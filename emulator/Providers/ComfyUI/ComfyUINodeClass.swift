import JSON

/// One class of nodes as `GET /object_info` describes it.
struct ComfyUINodeClass: Sendable {
    /// What an input takes.
    enum Kind: Sendable {
        /// The output of another node, of that type.
        case link(String)
        case text
        case integer(default: Int64, range: ClosedRange<Double>)
        case number(default: Double, range: ClosedRange<Double>)
        case choice([String])
        /// The name of an uploaded picture; its choices are what is in the input folder.
        case picture
    }

    struct Input: Sendable {
        let name: String
        let kind: Kind
    }

    let name: String
    let displayName: String
    let category: String
    let inputs: [Input]
    let outputs: [String]
    /// Whether a graph may end in it.
    var isOutput = false

    /// - Parameter pictures: the names of the uploaded pictures.
    func json(pictures: [String]) -> JSON {
        let required = inputs.map { ($0.name, $0.kind.json(pictures: pictures)) }
        return [
            "input": ["required": .object(JSONObject(required))],
            "input_order": ["required": .array(inputs.map { .string($0.name) })],
            "output": .array(outputs.map { .string($0) }),
            "output_is_list": .array(outputs.map { _ in false }),
            "output_name": .array(outputs.map { .string($0) }), "name": .string(name),
            "display_name": .string(displayName), "description": "", "python_module": "nodes",
            "category": .string(category), "output_node": .bool(isOutput),
        ]
    }
}

extension ComfyUINodeClass.Kind {
    /// What links of this kind carry; nil for values.
    var type: String? {
        if case .link(let type) = self { type } else { nil }
    }

    /// `[type, {settings}]`, or `[[choices], {settings}]`.
    func json(pictures: [String]) -> JSON {
        switch self {
        case .link(let type): [.string(type), [:]]
        case .text: ["STRING", ["multiline": true, "dynamicPrompts": true]]
        case .integer(let standard, let range):
            [
                "INT",
                ["default": .integer(standard), "min": .number(range.lowerBound), "max": .number(range.upperBound)],
            ]
        case .number(let standard, let range):
            [
                "FLOAT",
                ["default": .number(standard), "min": .number(range.lowerBound), "max": .number(range.upperBound)],
            ]
        case .choice(let choices): [.array(choices.map { .string($0) }), [:]]
        case .picture: [.array(pictures.map { .string($0) }), ["image_upload": true]]
        }
    }
}
