internal import JSON

/// What a function says about itself to somebody who runs it by hand.
struct CommandHelp<F: Function> {
    /// A few lines: what it is, what triggers it, and how it is run.
    static var text: String {
        let triggers = F.triggers.map { "  \(words($0))" }.joined(separator: "\n")
        return """
            \(F.name)\(F.summary.isEmpty ? "" : ": \(F.summary)")

            It is a function, called by:
            \(triggers)

            A host starts and calls it. By hand:
              \(F.name) --describe    prints its description, with its settings and schemas, as JSON
              \(F.name) < event.json  answers the one event on standard input, for example:
              \(example)
            """
    }

    /// A command that calls it with an event of its own kind.
    static var example: String { "echo '\(event.text)' | \(F.name)" }

    /// An event that the function's first trigger could send.
    static var event: JSON {
        switch F.triggers.first {
        case .http(let method, let path):
            var http: JSONObject = ["method": .string(method.rawValue), "path": .string(path)]
            if let parameters = parameters(of: path) { http["params"] = .object(parameters) }
            if [.post, .put, .patch].contains(method) { http["body"] = [:] }
            return ["http": .object(http)]
        case .queue(let queue, _, _):
            return ["queue": ["id": "1", "queue": .string(queue), "data": [:]]]
        case .object(let prefix, let suffix, let events):
            let change = events.first ?? .created
            return [
                "object": [
                    "id": "1", "type": .string(StoredObject.cloudEventTypePrefix + change.rawValue),
                    "data": ["bucket": "darkroom", "key": .string("\(prefix)example\(suffix)"), "size": 1],
                ]
            ]
        case .timer(let schedule): return ["timer": ["schedule": .string(schedule)]]
        case nil: return [:]
        }
    }

    private static func parameters(of path: String) -> JSONObject? {
        let names = path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { $0.dropFirst().dropLast().trimmingSuffix(while: { $0 == "." }) }
        return names.isEmpty ? nil : JSONObject(names.map { (String($0), .string("…")) })
    }

    private static func words(_ trigger: Trigger) -> String {
        switch trigger {
        case .http(let method, let path): "\(method.rawValue) \(path)"
        case .queue(let queue, _, _): "messages of the queue \(queue)"
        case .object(let prefix, let suffix, let events):
            "objects \(prefix)…\(suffix) that are \(events.map(\.rawValue).joined(separator: " or "))"
        case .timer(let schedule): "the timer \(schedule)"
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var trimmed = self
        while let last = trimmed.last, predicate(last) { trimmed.removeLast() }
        return trimmed
    }
}
