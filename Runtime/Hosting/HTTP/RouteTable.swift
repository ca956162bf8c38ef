/// Finds what serves a method and a path. Pure; built once from the descriptions, looked up in every request.
///
/// In each segment a literal goes before a parameter, and a parameter before a rest; a path that fails deeper down is tried
/// again with the next kind. `HEAD` falls back to `GET`. A trailing slash makes no difference, an empty segment inside does.
package struct RouteTable<Endpoint: Sendable>: Sendable {
    package enum Match {
        case found(Endpoint, route: String, parameters: [(name: String, value: String)])
        /// The path exists, the method does not; the methods that do, sorted, for the `Allow` header.
        case methodNotAllowed(allowed: [String])
        case notFound
    }

    private struct Leaf: Sendable {
        var endpoint: Endpoint
        var route: String
        var names: [String]
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var rest: [String: Leaf] = [:]
        var leaves: [String: Leaf] = [:]
    }

    private var nodes = [Node()]

    package init() {}

    /// Adds a route.
    /// - Throws: `RouteError` when another route takes the same method and paths already.
    package mutating func add(_ method: String, _ pattern: RoutePattern, _ endpoint: Endpoint) throws(RouteError) {
        var node = 0
        var names: [String] = []
        for segment in pattern.segments {
            switch segment {
            case .literal(let text):
                node = child(nodes[node].literals[text]) { nodes, next in nodes[node].literals[text] = next }
            case .parameter(let name):
                names.append(name)
                node = child(nodes[node].parameter) { nodes, next in nodes[node].parameter = next }
            case .rest(let name):
                let leaf = Leaf(endpoint: endpoint, route: pattern.text, names: names + [name])
                try check(nodes[node].rest[method], method, pattern)
                nodes[node].rest[method] = leaf
                return
            }
        }
        try check(nodes[node].leaves[method], method, pattern)
        nodes[node].leaves[method] = Leaf(endpoint: endpoint, route: pattern.text, names: names)
    }

    private func check(_ taken: Leaf?, _ method: String, _ pattern: RoutePattern) throws(RouteError) {
        guard let taken else { return }
        throw RouteError(message: "\(method) \(pattern.text) is taken already, by \(method) \(taken.route).")
    }

    private mutating func child(_ existing: Int?, _ set: (inout [Node], Int) -> Void) -> Int {
        if let existing { return existing }
        nodes.append(Node())
        set(&nodes, nodes.count - 1)
        return nodes.count - 1
    }

    /// - Parameter path: Percent-encoded, without the query.
    package func match(_ method: String, _ path: Substring) -> Match {
        guard path.utf8.first == UInt8(ascii: "/") else { return .notFound }
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if segments.last?.isEmpty == true { segments.removeLast() }
        var values: [Substring] = []
        var allowed: Set<String> = []
        if let leaf = find(method, 0, segments[...], &values, &allowed) {
            return found(leaf, values)
        }
        if allowed.isEmpty { return .notFound }
        if allowed.contains("GET") { allowed.insert("HEAD") }
        allowed.insert("OPTIONS")
        return .methodNotAllowed(allowed: allowed.sorted())
    }

    private func found(_ leaf: Leaf, _ values: [Substring]) -> Match {
        var parameters: [(name: String, value: String)] = []
        for (name, value) in zip(leaf.names, values) {
            guard let decoded = PercentEncoding.decode(value) else { return .notFound }
            parameters.append((name, decoded))
        }
        return .found(leaf.endpoint, route: leaf.route, parameters: parameters)
    }

    private func find(
        _ method: String, _ index: Int, _ segments: ArraySlice<Substring>, _ values: inout [Substring],
        _ allowed: inout Set<String>
    ) -> Leaf? {
        let node = nodes[index]
        if let segment = segments.first {
            if let next = literal(node, segment),
                let leaf = find(method, next, segments.dropFirst(), &values, &allowed)
            {
                return leaf
            }
            if let next = node.parameter, !segment.isEmpty {
                values.append(segment)
                if let leaf = find(method, next, segments.dropFirst(), &values, &allowed) { return leaf }
                values.removeLast()
            }
        } else if !node.leaves.isEmpty {
            if let leaf = pick(method, node.leaves, &allowed) { return leaf }
        }
        guard !node.rest.isEmpty, let leaf = pick(method, node.rest, &allowed) else { return nil }
        let rest = segments.first.map { $0.base[$0.startIndex..<segments.last!.endIndex] }
        values.append(rest ?? "")
        return leaf
    }

    private func literal(_ node: Node, _ segment: Substring) -> Int? {
        if node.literals.isEmpty { return nil }
        if !segment.utf8.contains(UInt8(ascii: "%")) { return node.literals[String(segment)] }
        return PercentEncoding.decode(segment).flatMap { node.literals[$0] }
    }

    private func pick(_ method: String, _ leaves: [String: Leaf], _ allowed: inout Set<String>) -> Leaf? {
        if let leaf = leaves[method] { return leaf }
        if method == "HEAD", let leaf = leaves["GET"] { return leaf }
        allowed.formUnion(leaves.keys)
        return nil
    }
}
