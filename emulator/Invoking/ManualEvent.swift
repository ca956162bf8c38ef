import FoundationEssentials
import FunctionRuntime
import Hosting
import JSON

/// An event that a person or a script hands to a function, completed with everything that a real trigger would add.
///
///     {"http": {"method": "POST", "path": "/api/v1/jobs", "body": {"prompt": "a cat"}}}
///     {"queue": {"data": {"jobId": "…"}}}      {"object": {"subject": "uploads/a.png"}}      {"timer": {}}
struct ManualEvent: Sendable {
    /// `http`, `queue`, `object` or `timer`.
    let kind: String
    /// The typed part.
    private var event: JSONObject

    private static let kinds = ["http", "queue", "object", "timer"]

    /// Completes an event.
    ///
    /// - Parameters:
    ///   - json: the event as given; nil or null: the simplest one that the function's first trigger allows.
    ///   - function: its name, for messages.
    ///   - triggers: what the function listens to.
    /// - Throws: ``EmulatorError`` when it is no event, or there is no such trigger.
    init(_ json: JSON?, function: String, triggers: [Trigger]) throws {
        // `JSON` has a nil of its own: what is not given and what is null are told apart from an event here.
        let isGiven = json.map { !$0.isNull } ?? false
        guard let kind = isGiven ? json.flatMap(Self.kind) : triggers.first?.kind else {
            throw EmulatorError(
                "an event is a JSON object with one of the keys http, queue, object or timer, such as {\"timer\": {}}")
        }
        guard let trigger = triggers.first(where: { $0.kind == kind }) else {
            let known = Set(triggers.map(\.kind)).sorted().joined(separator: ", ")
            throw EmulatorError("\(function) has no \(kind) trigger (it has: \(known.isEmpty ? "none" : known))")
        }
        self.kind = kind
        event = json?[kind]?.object ?? [:]
        switch trigger {
        case .http: try completeRequest(triggers)
        case .queue(let queue, _, _): completeMessage(queue)
        case .object: completeObject()
        case .timer(let schedule): completeTick(schedule)
        }
    }

    /// The event as one shot reads it on standard input.
    var oneShot: JSON {
        var whole = JSONObject()
        whole[kind] = .object(event)
        return .object(whole)
    }

    /// The event as a pool takes it.
    ///
    /// - Throws: `Failure` naming the member that is missing or wrong.
    func invocation() throws(Failure) -> Invocation {
        var invocation = try Invocation(oneShot, id: InvocationIdentifier.make())
        if case .http(var request) = invocation.event, let bytes = request.body.bytes {
            request.body = FrameBody(bytes)
            invocation.event = .http(request)
        }
        return invocation
    }

    private static func kind(of json: JSON) -> String? {
        kinds.first { json[$0]?.object != nil }
    }

    private mutating func completeRequest(_ triggers: [Trigger]) throws {
        let routes = triggers.compactMap { trigger -> (method: String, path: String)? in
            if case .http(let method, let path) = trigger { (method.rawValue, path) } else { nil }
        }
        let first = routes[0]
        let method = event["method"]?.string ?? first.method
        let path = event["path"]?.string ?? first.path
        event["method"] = .string(method)
        event["path"] = .string(path)
        var table = RouteTable<Int>()
        for (position, route) in routes.enumerated() {
            try table.add(route.method, RoutePattern(route.path), position)
        }
        if case .found(_, let route, let parameters) = table.match(method, path[...]) {
            event["route"] = event["route"] ?? .string(route)
            event["params"] = event["params"] ?? .object(JSONObject(parameters.map { ($0.name, .string($0.value)) }))
        }
        event["route"] = event["route"] ?? .string(first.path)
        event["params"] = event["params"] ?? [:]
        event["query"] = event["query"] ?? [:]
        event["client"] = event["client"] ?? "127.0.0.1"
        var headers = event["headers"]?.object ?? [:]
        if let body = event["body"], body.string == nil, !body.isNull, headers["content-type"] == nil {
            headers["content-type"] = "application/json"
        }
        event["headers"] = .object(headers)
    }

    private mutating func completeMessage(_ queue: String) {
        let name = event["queue"]?.string ?? queue
        completeCloudEvent(source: "/queues/\(name)", type: "dev.darkroom.queue.message")
        event["data"] = event["data"] ?? event["body"] ?? [:]
        event["body"] = nil
        event["queue"] = .string(name)
        event["attempt"] = event["attempt"] ?? 1
    }

    private mutating func completeObject() {
        let given = event["data"]?.object ?? [:]
        let key = given["key"]?.string ?? event["subject"]?.string ?? ""
        let bucket = given["bucket"]?.string ?? "darkroom"
        completeCloudEvent(source: "/objects/\(bucket)", type: "dev.darkroom.object.created")
        event["subject"] = .string(key)
        var data: JSONObject = [
            "store": "s3", "bucket": .string(bucket), "key": .string(key), "size": 0, "etag": "",
            "contentType": "application/octet-stream", "metadata": [:],
        ]
        for member in given { data[member.name] = member.value }
        event["data"] = .object(data)
    }

    private mutating func completeTick(_ schedule: String) {
        event["schedule"] = event["schedule"] ?? .string(schedule)
        event["due"] = event["due"] ?? .string(RFC3339.string(from: Date()))
    }

    private mutating func completeCloudEvent(source: String, type: String) {
        event["specversion"] = event["specversion"] ?? "1.0"
        event["id"] = event["id"] ?? .string(InvocationIdentifier.make())
        event["source"] = event["source"] ?? .string(source)
        event["type"] = event["type"] ?? .string(type)
        event["time"] = event["time"] ?? .string(RFC3339.string(from: Date()))
        event["datacontenttype"] = "application/json"
    }

    /// An event to start from when a person writes one.
    static func example(_ triggers: [Trigger]) -> JSON {
        switch triggers.first {
        case .http(let method, let path): ["http": ["method": .string(method.rawValue), "path": .string(path)]]
        case .queue: ["queue": ["data": [:]]]
        case .object(let prefix, let suffix, _): ["object": ["subject": .string(prefix + "example" + suffix)]]
        case .timer: ["timer": [:]]
        case nil: [:]
        }
    }
}
