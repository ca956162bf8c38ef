package import JSON

extension FunctionDescription {
    /// The description as PROTOCOL.md writes it.
    package var json: JSON {
        [
            "name": .string(name), "protocol": .integer(Int64(protocolVersion)), "build": .string(build),
            "concurrency": .integer(Int64(limits.concurrency)), "timeout": limits.timeout.json,
            "memory": .integer(Int64(limits.memory)), "body": .integer(Int64(limits.body)),
            "summary": .string(summary), "triggers": .array(triggers.map(\.json)),
            "parameters": .array(parameters.map(\.json)), "environment": .array(environment.map(\.json)),
            "input": input.json, "output": output.json,
        ]
    }

    /// Reads what `--describe` printed.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the member that is missing or wrong.
    package init(_ json: JSON) throws(Failure) {
        let standard = Limits()
        let body = json["body"]?.int ?? standard.body
        guard let name = json["name"]?.string, !name.isEmpty else { throw .invalid("is missing", field: "name") }
        guard let triggers = json["triggers"]?.array else { throw .invalid("is missing", field: "triggers") }
        let concurrency = json["concurrency"]?.int ?? 1
        let timeout = json["timeout"]?.int ?? standard.timeout.milliseconds
        guard concurrency >= 1 else { throw .invalid("must be 1 or more", field: "concurrency") }
        guard timeout >= 1 else { throw .invalid("must be 1 or more milliseconds", field: "timeout") }
        guard body >= 0 else { throw .invalid("must be 0 or more bytes", field: "body") }
        var parsed: [Trigger] = []
        for trigger in triggers { parsed.append(try Trigger(trigger)) }
        self.init(
            name: name, protocolVersion: json["protocol"]?.int ?? Frame.protocolVersion,
            build: json["build"]?.string ?? "", summary: json["summary"]?.string ?? "", triggers: parsed,
            limits: Limits(
                concurrency: concurrency, timeout: .milliseconds(timeout),
                memory: json["memory"]?.int ?? standard.memory, body: body),
            parameters: (json["parameters"]?.array ?? []).compactMap(Parameter.init),
            environment: (json["environment"]?.array ?? []).compactMap(Key.init),
            input: Schema(json["input"] ?? [:]), output: Schema(json["output"] ?? [:]))
    }
}

extension FunctionDescription.Key {
    fileprivate var json: JSON {
        var members: JSONObject = [
            "name": .string(name), "required": .bool(required), "secret": .bool(secret), "summary": .string(summary),
            "default": defaultText.map(JSON.string) ?? .null,
        ]
        if let need = neededWith {
            members["neededWith"] = ["name": .string(need.name), "value": .string(need.value)]
        }
        return .object(members)
    }

    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string else { return nil }
        self.init(
            name: name, required: json["required"]?.bool ?? false, secret: json["secret"]?.bool ?? false,
            summary: json["summary"]?.string ?? "", defaultText: json["default"]?.string)
        if let name = json["neededWith"]?["name"]?.string, let value = json["neededWith"]?["value"]?.string {
            neededWith = Need(name: name, value: value)
        }
    }
}

extension Trigger {
    fileprivate var json: JSON {
        switch self {
        case .http(let method, let path):
            ["type": "http", "method": .string(method.rawValue), "path": .string(path)]
        case .queue(let queue, let attempts, let lease):
            ["type": "queue", "queue": .string(queue), "attempts": .integer(Int64(attempts)), "lease": lease.json]
        case .object(let prefix, let suffix, let events):
            [
                "type": "object", "prefix": .string(prefix), "suffix": .string(suffix),
                "events": .array(events.map { .string($0.rawValue) }),
            ]
        case .timer(let schedule):
            ["type": "timer", "schedule": .string(schedule)]
        }
    }

    fileprivate init(_ json: JSON) throws(Failure) {
        switch json["type"]?.string {
        case "http":
            guard let method = json["method"]?.string.flatMap(HTTPMethod.init(rawValue:)) else {
                throw .invalid("must be one of \(HTTPMethod.allCases.map(\.rawValue))", field: "triggers.method")
            }
            let path = try json.member("path")
            guard path.hasPrefix("/") else { throw .invalid("must begin with /", field: "triggers.path") }
            self = .http(method, path)
        case "queue":
            self = .queue(
                try json.member("queue"), attempts: json["attempts"]?.int ?? 5,
                lease: .milliseconds(json["lease"]?.int ?? 30_000))
        case "object":
            self = .object(
                prefix: json["prefix"]?.string ?? "", suffix: json["suffix"]?.string ?? "",
                events: (json["events"]?.array ?? ["created"]).compactMap {
                    $0.string.flatMap(StoredObject.Change.init(rawValue:))
                })
        case "timer":
            self = .timer(try json.member("schedule"))
        case let other:
            throw .invalid("must be http, queue, object or timer; it is \(other ?? "missing")", field: "triggers.type")
        }
    }
}

extension Duration {
    fileprivate var json: JSON { .integer(Int64(milliseconds)) }
}
