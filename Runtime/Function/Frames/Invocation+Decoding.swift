internal import FoundationEssentials
package import JSON

extension Invocation {
    /// Reads the invocation of an `invoke` frame, or an event for one shot.
    ///
    /// - Parameters:
    ///   - json: the frame, or the event without type and id.
    ///   - id: the id.
    ///   - payload: the raw bytes that followed the line.
    /// - Throws: ``Failure/Code/invalid`` naming the member that is missing or wrong.
    package init(_ json: JSON, id: String, payload: [UInt8]? = nil) throws(Failure) {
        self.init(
            id: id, event: try Event(json, payload), deadline: json["deadline"]?.string.flatMap(RFC3339.date(from:)),
            remaining: json["remaining"]?.int.map { .milliseconds($0) }, traceparent: json["traceparent"]?.string,
            attempt: json["attempt"]?.int ?? json["queue"]?["attempt"]?.int ?? 1)
    }
}

extension Invocation.Event {
    fileprivate init(_ json: JSON, _ payload: [UInt8]?) throws(Failure) {
        if let http = json["http"] {
            self = .http(try HTTPEvent(http, payload, streamed: json["stream"]?.bool ?? false))
        } else if let queue = json["queue"] {
            self = .queue(try Message(cloudEvent: queue))
        } else if let object = json["object"] {
            self = .object(try StoredObject(cloudEvent: object))
        } else if let timer = json["timer"] {
            self = .timer(Tick(schedule: timer["schedule"]?.string ?? "", due: try timer.time("due")))
        } else {
            throw .invalid("an event has one of the parts http, queue, object, timer; this one has none")
        }
    }
}

extension HTTPEvent {
    fileprivate init(_ json: JSON, _ payload: [UInt8]?, streamed: Bool) throws(Failure) {
        let methodName = try json.member("method")
        guard let method = HTTPMethod(rawValue: methodName) else {
            throw .invalid("must be one of \(HTTPMethod.allCases.map(\.rawValue))", field: "http.method")
        }
        let path = try json.member("path")
        var parameters: [String: String] = [:]
        for member in json["params"]?.object ?? [:] { parameters[member.name] = member.value.string }
        var query: [String: [String]] = [:]
        for member in json["query"]?.object ?? [:] {
            query[member.name] = try member.value.texts("http.query.\(member.name)")
        }
        let body: FrameBody =
            switch json["body"] {
            case _ where streamed: .stream
            case _ where payload != nil: .bytes(payload ?? [])
            case .string(let text): .text(text)
            case nil, .null: .none
            case let value?: .text(value.text)
            }
        self.init(
            method: method, path: path, route: json["route"]?.string ?? path, parameters: parameters, query: query,
            headers: try json.headers(), client: json["client"]?.string ?? "127.0.0.1", body: body)
    }
}

extension JSON {
    /// A member that must be a time of RFC 3339; now when it is absent.
    func time(_ name: String = "time") throws(Failure) -> Date {
        guard let value = self[name] else { return Date() }
        guard let time = value.string.flatMap(RFC3339.date(from:)) else {
            throw .invalid("must be a time such as 2026-11-20T19:22:31Z", field: name)
        }
        return time
    }
}
