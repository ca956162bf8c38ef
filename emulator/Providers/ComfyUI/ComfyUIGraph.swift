import JSON

/// A prompt's graph, read and checked as ComfyUI does (`validate_prompt` of its execution.py), with its words.
struct ComfyUIGraph: Sendable {
    struct Node: Sendable {
        let id: String
        let kind: ComfyUINodeClass
        let inputs: JSONObject

        /// The node and the slot that an input takes its value from; nil for a value.
        func link(_ input: String) -> (node: String, slot: Int)? {
            guard let pair = inputs[input]?.array, pair.count == 2, let node = pair[0].string, let slot = pair[1].int
            else {
                return nil
            }
            return (node, slot)
        }
    }

    let nodes: [String: Node]
    /// The output nodes that can be run.
    private(set) var outputs: [String] = []
    /// What is wrong with the output nodes that cannot.
    private(set) var nodeErrors = JSONObject()

    /// - Parameter pictures: the names of the uploaded pictures.
    /// - Throws: ``ComfyUIProblem`` when nothing of it can be run.
    init(_ json: JSON, pictures: Set<String>) throws {
        var nodes: [String: Node] = [:]
        for member in json.object ?? [:] {
            let place = "Node ID '#\(member.name)'"
            guard let name = member.value["class_type"]?.string else {
                throw ComfyUIProblem(
                    type: "invalid_prompt",
                    message: "Cannot execute because a node is missing the class_type property.", details: place)
            }
            guard let kind = ComfyUINodeClasses.all[name] else {
                throw ComfyUIProblem(
                    type: "invalid_prompt", message: "Cannot execute because node \(name) does not exist.",
                    details: place)
            }
            nodes[member.name] = Node(id: member.name, kind: kind, inputs: member.value["inputs"]?.object ?? [:])
        }
        self.nodes = nodes
        let ends = (json.object ?? [:]).keys.filter { nodes[$0]!.kind.isOutput }
        guard !ends.isEmpty else { throw ComfyUIProblem(type: "prompt_no_outputs", message: "Prompt has no outputs") }
        check(ends, pictures)
    }

    private mutating func check(_ ends: [String], _ pictures: Set<String>) {
        var errors: [String: [JSON]] = [:]
        var dependents: [String: [String]] = [:]
        for end in ends {
            let needed = needed(for: end)
            for id in needed where errors[id] == nil { errors[id] = wrong(with: nodes[id]!, pictures) }
            let faulty = needed.filter { errors[$0]?.isEmpty == false }
            for id in faulty { dependents[id, default: []].append(end) }
            if faulty.isEmpty { outputs.append(end) }
        }
        for (id, list) in errors.sorted(by: { $0.key < $1.key }) where !list.isEmpty {
            nodeErrors[id] = [
                "errors": .array(list), "dependent_outputs": .array(dependents[id, default: []].map { .string($0) }),
                "class_type": .string(nodes[id]!.kind.name),
            ]
        }
    }

    /// Fails unless something can be run.
    func checked() throws -> ComfyUIGraph {
        guard outputs.isEmpty else { return self }
        throw ComfyUIProblem(
            type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation",
            nodeErrors: nodeErrors)
    }

    /// The nodes an output node needs, itself last: the order they run in.
    func needed(for end: String) -> [String] {
        var order: [String] = []
        var seen: Set<String> = []
        // The nodes on the way, each with the inputs still to follow: no recursion, as a graph may be deep.
        var path: [(node: Node, inputs: ArraySlice<ComfyUINodeClass.Input>)] = []
        func enter(_ id: String) {
            guard let node = nodes[id], seen.insert(id).inserted else { return }
            path.append((node, node.kind.inputs[...]))
        }
        enter(end)
        while let (node, inputs) = path.last {
            guard let input = inputs.first else {
                order.append(node.id)
                path.removeLast()
                continue
            }
            path[path.count - 1].inputs = inputs.dropFirst()
            if let link = node.link(input.name) { enter(link.node) }
        }
        return order
    }

    private func wrong(with node: Node, _ pictures: Set<String>) -> [JSON] {
        node.kind.inputs.compactMap { input in
            guard let value = node.inputs[input.name] else {
                return ComfyUIProblem.input(
                    "required_input_missing", "Required input is missing", details: input.name, input.name)
            }
            return value.array == nil && input.kind.type == nil
                ? Self.wrong(with: value, input, pictures) : wrong(withLink: value, input, of: node)
        }
    }

    private func wrong(withLink value: JSON, _ input: ComfyUINodeClass.Input, of node: Node) -> JSON? {
        guard let link = node.link(input.name) else {
            return ComfyUIProblem.input(
                "bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]",
                details: input.name, input.name, received: value)
        }
        guard let source = nodes[link.node], source.kind.outputs.indices.contains(link.slot) else {
            return ComfyUIProblem.input(
                "exception_during_inner_validation", "Exception when validating inner node",
                details: "'\(link.node)'", input.name)
        }
        let type = source.kind.outputs[link.slot]
        guard let wanted = input.kind.type, wanted != type else { return nil }
        return ComfyUIProblem.input(
            "return_type_mismatch", "Return type mismatch between linked nodes",
            details: "\(input.name), received_type(\(type)) mismatch input_type(\(wanted))", input.name)
    }

    private static func wrong(
        with value: JSON, _ input: ComfyUINodeClass.Input, _ pictures: Set<String>
    ) -> JSON? {
        let (name, shown) = (input.name, value.shown)
        switch input.kind {
        case .link, .text: return nil
        case .picture:
            // Not one expression: in it, `nil` would be JSON's null.
            if value.string.map({ pictures.contains($0) }) == true { return nil }
            return ComfyUIProblem.input(
                "custom_validation_failed", "Custom validation failed for node",
                details: "\(name) - Invalid image file: \(shown)", name, received: value)
        case .choice(let choices):
            if value.string.map(choices.contains) == true { return nil }
            let list = choices.map { "'\($0)'" }.joined(separator: ", ")
            return ComfyUIProblem.input(
                "value_not_in_list", "Value not in list", details: "\(name): '\(shown)' not in [\(list)]", name,
                received: value)
        case .integer(_, let range), .number(_, let range):
            guard let number = value.double ?? value.string.flatMap(Double.init) else {
                let type = if case .integer = input.kind { "INT" } else { "FLOAT" }
                return ComfyUIProblem.input(
                    "invalid_input_type", "Failed to convert an input value to a \(type) value",
                    details: "\(name), \(shown), could not convert string to float: '\(shown)'", name, received: value)
            }
            if number < range.lowerBound {
                return ComfyUIProblem.input(
                    "value_smaller_than_min", "Value \(shown) smaller than min of \(range.lowerBound.shown)",
                    details: name, name, received: value)
            }
            if number > range.upperBound {
                return ComfyUIProblem.input(
                    "value_bigger_than_max", "Value \(shown) bigger than max of \(range.upperBound.shown)",
                    details: name, name, received: value)
            }
            return nil
        }
    }
}

extension JSON {
    fileprivate var shown: String { string ?? String(decoding: serialized, as: UTF8.self) }
}

extension Double {
    /// Without a fraction where it has none.
    fileprivate var shown: String { Int64(exactly: self).map(String.init) ?? String(self) }
}
