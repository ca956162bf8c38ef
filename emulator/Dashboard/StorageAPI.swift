import HTTPTypes
import JSON
import ObjectStore

/// What the dashboard's API does with the object store: the paths below `/api/storage`.
struct StorageAPI: Sendable {
    let store: ObjectStore
    let queues: ClientQueues
    let handshakes: HandshakeBoard
    let notices: any Notices

    /// Answers one request.
    ///
    /// - Parameter path: its components below `/api/storage`.
    func respond(
        _ method: HTTPRequest.Method, _ path: [String], query: [String: String], body: [UInt8]
    ) async throws -> DashboardAnswer {
        switch "\(method.rawValue) \(path.joined(separator: "/"))" {
        case "POST flush": return try await flush(query)
        case "POST reset": return try await reset()
        case "GET buckets": return .json(.array(try store.carriedBuckets().map { .string($0.name) }))
        case "POST import": return .json(try await importFolder(try JSON(parsing: body)))
        case "POST export": return .json(try await exportFolder(try JSON(parsing: body)))
        case "GET targets/validate", "POST targets/validate": return validate(query["id"] ?? "")
        case "POST verify": return .json(Self.json(try await store.verify()))
        default:
            return .problem(
                .notFound, "the dashboard has no \(method.rawValue) /api/storage/\(path.joined(separator: "/"))")
        }
    }

    /// Answers once every function and target has dealt with the events of all earlier writes.
    private func flush(_ query: [String: String]) async throws -> DashboardAnswer {
        let text = query["timeout"] ?? "60"
        guard let seconds = Double(text), seconds > 0, seconds <= 86_400 else {
            return .problem(.badRequest, "timeout is a number of seconds up to a day, not \"\(text)\"")
        }
        let isFlushed = try await withThrowingTaskGroup { group in
            group.addTask {
                do { try await store.events.flush() } catch is CancellationError { return false }
                return true
            }
            group.addTask {
                // Canceled: everything was delivered in time.
                try? await Task.sleep(for: .seconds(seconds))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard !isFlushed else { return .json(["flushed": true]) }
        let pending = try await store.events.pendingCount()
        return .problem(
            .gatewayTimeout,
            "\(pending) object events are still on their way after \(text) s: see which function or target does not take "
                + "them in the log, or wait longer (timeout)")
    }

    /// Empties the store, clients' queues too; the functions' bucket is there again at once.
    private func reset() async throws -> DashboardAnswer {
        try await store.reset()
        try await store.createBucketIfMissing(Emulator.bucket)
        try await queues.reset()
        notices.info("the object store was emptied")
        return .json(["reset": true])
    }

    /// A target says that it wants events, with the code it was given.
    private func validate(_ code: String) -> DashboardAnswer {
        guard handshakes.grant(code) else {
            return .problem(.badRequest, "no event target waits with this code: it holds for ten minutes, and once")
        }
        return .json(["validated": true])
    }

    /// Puts a folder of this machine into the store.
    private func importFolder(_ json: JSON) async throws -> JSON {
        let folder = try StoreFolder(json["folder"]?.string ?? "")
        let outcome = try await folder.fill(
            store, emits: json["events"]?.bool ?? false, replaces: json["keep"]?.bool != true)
        notices.info("\(outcome.objects) objects of \(folder.path) were imported")
        return outcome.json
    }

    /// Writes the store into a folder of this machine.
    private func exportFolder(_ json: JSON) async throws -> JSON {
        try await StoreFolder(json["folder"]?.string ?? "").write(store, bucket: json["bucket"]?.string).json
    }

    /// What a check of all contents found.
    static func json(_ result: (checked: Int, damaged: [DamagedContent])) -> JSON {
        [
            "checked": .integer(Int64(result.checked)),
            "damaged": .array(
                result.damaged.map { ["place": .string($0.place), "reason": .string($0.reason)] }),
        ]
    }
}
