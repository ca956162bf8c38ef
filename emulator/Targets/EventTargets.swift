import HTTPClient
import JSON
import ObjectStore

/// Reads who outside is to be told of objects: from MinIO's environment variables and from a file.
///
///     {"targets": [
///       {"id": "THUMBS", "endpoint": "http://127.0.0.1:8080/events"},
///       {"id": "GRID", "endpoint": "http://127.0.0.1:8081/", "shape": "eventgrid", "token": "…",
///        "subscribe": {"bucket": "darkroom", "prefix": "uploads/", "suffix": ".png", "events": ["s3:ObjectCreated:*"]}}]}
///
/// Shapes are `minio` (the default), `aws`, `eventgrid` and `cloudevents`; one of the last two is asked first whether it
/// wants events unless `"handshake": false` says otherwise. A target without `subscribe` gets what the
/// notification configurations of buckets send to `arn:minio:sqs::ID:webhook` (or to any ARN of AWS that ends in its id).
enum EventTargets {
    /// - Parameter file: nil: the environment alone.
    /// - Throws: ``EmulatorError`` that names what is wrong, and where.
    static func load(file: String?, environment: [String: String]) throws -> [EventTarget] {
        var targets = try fromEnvironment(environment)
        if let file {
            guard let text = TextFile.read(file) else { throw EmulatorError("--event-targets \(file) cannot be read") }
            do {
                targets += try parse(try JSON(parsing: Array(text.utf8)))
            } catch let error as JSONError {
                throw EmulatorError("--event-targets \(file) is not JSON: \(error)")
            } catch let error as EmulatorError {
                throw EmulatorError("--event-targets \(file): \(error)")
            }
        }
        var seen: Set<String> = []
        for target in targets where !seen.insert(target.id).inserted {
            throw EmulatorError("two event targets are called \(target.id): give each an id of its own")
        }
        return targets
    }

    // MARK: MinIO's variables

    private static let enabling = "MINIO_NOTIFY_WEBHOOK_ENABLE"

    /// (https://min.io/docs/minio/linux/reference/minio-server/settings/notifications/webhook-service.html)
    private static func fromEnvironment(_ environment: [String: String]) throws -> [EventTarget] {
        try environment.keys.filter { $0 == enabling || $0.hasPrefix(enabling + "_") }.sorted().compactMap { name in
            guard ["on", "true", "1", "yes"].contains(environment[name]?.lowercased() ?? "") else { return nil }
            let suffix = String(name.dropFirst(enabling.count))
            let variable = "MINIO_NOTIFY_WEBHOOK_ENDPOINT" + suffix
            guard let endpoint = environment[variable], !endpoint.isEmpty else {
                throw EmulatorError("\(name) is on, and \(variable) does not say where the events go")
            }
            let token = environment["MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN" + suffix]
            return EventTarget(
                // MinIO calls the one without a name `_`.
                id: suffix.isEmpty ? "_" : String(suffix.dropFirst()), endpoint: try checked(endpoint, variable),
                token: token.flatMap { $0.isEmpty ? nil : $0 })
        }
    }

    // MARK: The file

    private static func parse(_ json: JSON) throws -> [EventTarget] {
        guard let list = json["targets"]?.array else { throw EmulatorError("\"targets\" has to be a list") }
        return try list.enumerated().map { index, entry in
            do { return try target(entry) } catch let error as EmulatorError {
                throw EmulatorError("targets[\(index)]: \(error)")
            }
        }
    }

    private static func target(_ json: JSON) throws -> EventTarget {
        try refuseUnknown(json, known: ["id", "endpoint", "shape", "token", "subscribe", "handshake"])
        guard let id = json["id"]?.string, !id.isEmpty,
            id.allSatisfy({ $0.isLetter || $0.isNumber || "-_".contains($0) })
        else { throw EmulatorError("\"id\" has to be a word of letters, digits, - and _") }
        guard let endpoint = json["endpoint"]?.string else { throw EmulatorError("\"endpoint\" is missing") }
        let names = EventShape.allCases.map(\.rawValue)
        guard let shape = EventShape(rawValue: json["shape"]?.string ?? "minio") else {
            throw EmulatorError("\"shape\" is one of \(names.joined(separator: ", "))")
        }
        guard let isAsked = (json["handshake"] ?? true).bool else {
            throw EmulatorError("\"handshake\" is true or false")
        }
        return EventTarget(
            id: id, endpoint: try checked(endpoint, "\"endpoint\""), shape: shape, token: json["token"]?.string,
            subscription: try json["subscribe"].map { try subscription($0, id) }, isAsked: isAsked)
    }

    private static func subscription(_ json: JSON, _ id: String) throws -> NotificationRule {
        try refuseUnknown(json, known: ["bucket", "prefix", "suffix", "events"])
        let events = json["events"]?.array?.compactMap(\.string) ?? ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
        if let unknown = events.first(where: { !NotificationRule.isEvent($0) }) {
            throw EmulatorError("there is no event \"\(unknown)\" (want one such as s3:ObjectCreated:*)")
        }
        return NotificationRule(
            name: id, target: id, bucket: json["bucket"]?.string, events: events,
            prefix: json["prefix"]?.string ?? "", suffix: json["suffix"]?.string ?? "")
    }

    private static func refuseUnknown(_ json: JSON, known: Set<String>) throws {
        guard let object = json.object else { throw EmulatorError("this has to be an object") }
        if let other = object.first(where: { !known.contains($0.name) }) {
            throw EmulatorError("there is no \"\(other.name)\" (there are \(known.sorted().joined(separator: ", ")))")
        }
    }

    private static func checked(_ endpoint: String, _ name: String) throws -> String {
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://"), endpoint.count > 8 else {
            throw EmulatorError("\(name) is no http or https address: \"\(endpoint)\"")
        }
        return endpoint
    }
}
