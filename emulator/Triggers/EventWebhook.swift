import FunctionRuntime
import Hosting
import JSON
import Synchronization

/// Takes the object events of stores outside: MinIO's and AWS' records at `/_emulator/events/minio`, Azure Event Grid's at
/// `/_emulator/events/eventgrid`, told apart by their shape.
///
/// A post is answered when the functions have dealt with its events, so that the sender repeats what was not.
final class EventWebhook: ObjectEventSource {
    /// Where it is on the gateway.
    static let path = "/_emulator/events/"
    /// How long a sender is kept waiting; then it is told to send again.
    private static let patience = Duration.seconds(30)

    private let stream: AsyncThrowingStream<ObjectDelivery, any Error>
    private let incoming: AsyncThrowingStream<ObjectDelivery, any Error>.Continuation

    init() {
        (stream, incoming) = AsyncThrowingStream.makeStream()
    }

    func deliveries() -> AsyncThrowingStream<ObjectDelivery, any Error> { stream }

    /// Answers a request of the gateway that no function has a route for; nil when it is not for the webhook.
    func answer(_ request: HTTPLocalRequest) async -> InvocationAnswer? {
        guard request.path.hasPrefix(Self.path) else { return nil }
        switch request.method {
        case "OPTIONS":
            let origin = request.headers.first { $0.name == "webhook-request-origin" }?.value ?? "*"
            return InvocationAnswer(status: 200, headers: ObjectNotification.allowance(origin: origin))
        case "POST": return await receive(request.body)
        default: return Self.answer(405, ["detail": "events are posted"])
        }
    }

    private func receive(_ body: [UInt8]) async -> InvocationAnswer {
        do {
            switch try ObjectNotification(try JSON(parsing: body)) {
            case .validation(let answer): return Self.answer(200, answer)
            case .events(let objects):
                let isDone = await deliver(objects)
                return isDone
                    ? Self.answer(200, [:])
                    : Self.answer(503, ["detail": "not all events were dealt with: send them again"])
            }
        } catch let failure as Failure {
            return Self.answer(400, ["detail": .string(failure.message)])
        } catch {
            return Self.answer(400, ["detail": .string("not JSON: \(error)")])
        }
    }

    /// Hands the events over and waits until each was acknowledged.
    private func deliver(_ objects: [StoredObject]) async -> Bool {
        let (acknowledged, acknowledge) = AsyncStream<Void>.makeStream()
        for object in objects { incoming.yield(ObjectDelivery(object) { acknowledge.yield() }) }
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
            group.addTask {
                try? await Task.sleep(for: Self.patience)  // canceled when everything was acknowledged
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private static func answer(_ status: Int, _ json: JSON) -> InvocationAnswer {
        InvocationAnswer(status: status, headers: ["content-type": "application/json"], body: .whole(json.serialized))
    }
}
