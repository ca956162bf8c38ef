import Cryptography
import FunctionRuntime
import JSON
import Synchronization

/// Takes the object events of stores outside: MinIO's and AWS' records at `<path>minio`, Azure Event Grid's events and
/// CloudEvents at `<path>eventgrid`; which of them a post holds is told by its shape.
///
/// A post is answered with 2xx when the functions have dealt with its events, so that the sender repeats what was not. A
/// repeated event that is still under way is not taken in again: its sender waits for the one that is.
package final class ObjectWebhook: ObjectEventSource {
    private let stream: AsyncThrowingStream<ObjectDelivery, any Error>
    private let incoming: AsyncThrowingStream<ObjectDelivery, any Error>.Continuation
    private let paths: Set<String>
    private let token: String?
    private let patience: Duration
    private let underWay = Mutex(UnderWay())

    /// Who waits for which event, by its id.
    private struct UnderWay {
        var last = 0
        var waiting: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    /// - Parameters:
    ///   - path: Where it is, e.g. `/_host/events/`.
    ///   - token: What a sender has to show as `Authorization: Bearer …`; nil: nothing.
    ///   - patience: How long a sender is kept waiting; then it is told to send again.
    package init(path: String, token: String? = nil, patience: Duration = .seconds(30)) {
        (stream, incoming) = AsyncThrowingStream.makeStream()
        paths = [path + "minio", path + "eventgrid"]
        self.token = token
        self.patience = patience
    }

    package func deliveries() -> AsyncThrowingStream<ObjectDelivery, any Error> { stream }

    /// Answers a request that no function has a route for; nil when it is not for the webhook.
    package func answer(_ request: HTTPLocalRequest) async -> InvocationAnswer? {
        guard paths.contains(request.path) else { return nil }
        switch request.method {
        case "OPTIONS":
            let origin = request.headers.first { $0.name == "webhook-request-origin" }?.value ?? "*"
            return InvocationAnswer(status: 200, headers: ObjectNotification.allowance(origin: origin))
        case "POST" where !isAllowed(request):
            return Self.answer(
                401, ["detail": "a bearer token is missing or wrong: it is the webhook's, from its configuration"],
                ["www-authenticate": "Bearer"])
        case "POST": return await receive(request.body)
        default: return Self.answer(405, ["detail": "events are posted"], ["allow": "OPTIONS, POST"])
        }
    }

    private func isAllowed(_ request: HTTPLocalRequest) -> Bool {
        guard let token else { return true }
        guard let field = request.headers.first(where: { $0.name == "authorization" })?.value else { return false }
        // The scheme's name is written in any case (RFC 9110, section 11.1).
        let words = field.split(separator: " ", maxSplits: 1)
        return words.count == 2 && words[0].lowercased() == "bearer" && ConstantTime.equal(String(words[1]), token)
    }

    private func receive(_ body: [UInt8]?) async -> InvocationAnswer {
        guard let body else {
            return Self.answer(413, ["detail": "too many events at once: send them in smaller batches"])
        }
        let notification: ObjectNotification
        do {
            notification = try ObjectNotification(try JSON(parsing: body))
        } catch let failure as Failure {
            return Self.answer(400, ["detail": .string(failure.message)])
        } catch {
            return Self.answer(400, ["detail": .string("not JSON: \(error)")])
        }
        switch notification {
        case .validation(let answer): return Self.answer(200, answer)
        case .events(let objects):
            guard await deliver(objects) else {
                return Self.answer(503, ["detail": "not all events were dealt with: send them again"])
            }
            return Self.answer(200, [:])
        }
    }

    /// Hands the events over and waits until each was acknowledged; false when that takes too long.
    private func deliver(_ objects: [StoredObject]) async -> Bool {
        let (acknowledged, acknowledge) = AsyncStream<Void>.makeStream()
        let numbers = objects.map { take($0, acknowledge) }
        defer { forget(objects, numbers) }
        return await withTaskGroup { group in
            group.addTask {
                var missing = objects.count
                guard missing > 0 else { return true }
                for await _ in acknowledged {
                    missing -= 1
                    if missing == 0 { return true }
                }
                return false
            }
            group.addTask { [patience] in
                try? await Task.sleep(for: patience)  // canceled when everything was acknowledged
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// Takes an event in unless it is under way.
    /// - Returns: the number under which its sender waits.
    private func take(_ object: StoredObject, _ acknowledge: AsyncStream<Void>.Continuation) -> Int {
        let (number, isNew) = underWay.withLock { state in
            state.last += 1
            let isNew = state.waiting[object.id] == nil
            state.waiting[object.id, default: [:]][state.last] = acknowledge
            return (state.last, isNew)
        }
        if isNew { incoming.yield(ObjectDelivery(object) { self.acknowledge(object) }) }
        return number
    }

    private func acknowledge(_ object: StoredObject) {
        let waiting = underWay.withLock { $0.waiting.removeValue(forKey: object.id) } ?? [:]
        for sender in waiting.values { sender.yield() }
    }

    /// A sender that gave up waits no more; its events stay under way.
    private func forget(_ objects: [StoredObject], _ numbers: [Int]) {
        underWay.withLock { state in
            for (object, number) in zip(objects, numbers) { state.waiting[object.id]?[number] = nil }
        }
    }

    private static func answer(_ status: Int, _ json: JSON, _ headers: Headers = [:]) -> InvocationAnswer {
        var headers = headers
        headers.append("content-type", "application/json")
        return InvocationAnswer(status: status, headers: headers, body: .whole(json.serialized))
    }
}
