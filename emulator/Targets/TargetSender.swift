import FoundationEssentials
import HTTPClient
import Hosting
import JSON
import ObjectStore
import Queue
import ServiceLifecycle
import XML

/// Tells one target of the events it wants: those of a key in their order, each until it was taken (any 2xx), also across
/// restarts. An event that is not taken for a day is given up. A target that wants a handshake is sent none before it.
struct TargetSender: Service {
    let target: EventTarget
    let store: ObjectStore
    let origin: EventOrigin
    let client: HTTPClient
    let notices: any Notices
    /// Where a target may say later that it wants events.
    let board: HandshakeBoard
    /// Kept for the target from before the store's servers listen.
    let events: EventSequence
    var retry = RetryPolicy(base: .milliseconds(250), limit: .seconds(15))
    /// How long an event is offered.
    var patience: TimeInterval = 86_400
    /// How long a target that has taken the question may take to say yes, before it is asked again.
    var thinkingTime: Duration = .seconds(600)

    /// Keys that are under way at the same time.
    private static let concurrency = 16

    private struct Parcel: Sendable {
        let event: StoreEvent
        let configuration: String
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown(sendAll)
        } catch is CancellationError {
            // Told to stop, perhaps between an answer and its acknowledgement: that event comes again.
        }
    }

    private func sendAll() async throws {
        let backlog = Condition(ObjectBacklog<Parcel>(capacity: Self.concurrency))
        let permission = Condition(!target.wantsHandshake)
        try await withThrowingDiscardingTaskGroup { group in
            if target.wantsHandshake {
                group.addTask { if await isWanted() { permission.update { $0 = true } } }
            }
            for try await event in events {
                guard let rule = try rule(for: event) else {
                    try await store.events.acknowledge(event)
                    continue
                }
                let (key, parcel) = ("\(event.bucket)/\(event.key)", Parcel(event: event, configuration: rule.name))
                guard let isFirst = await backlog.wait(for: { $0.add(parcel, key: key) }) else { return }
                if isFirst { group.addTask { try await work(on: key, backlog, permission) } }
            }
        }
    }

    /// The wish that the event fulfils, if any. A configuration that cannot be read, as an import may bring it, asks for
    /// nothing.
    private func rule(for event: StoreEvent) throws -> NotificationRule? {
        do { return try target.rule(for: event, in: store) } catch let error as XMLError {
            notices.warning("the notification configuration of \(event.bucket) cannot be read: \(error)")
            return nil
        }
    }

    /// Asks the target until it says yes; false when the task was canceled before.
    private func isWanted() async -> Bool {
        let handshake = TargetHandshake(target: target, origin: origin, client: client)
        for attempt in 1... {
            let code = UUID().uuidString.lowercased()
            let granted = board.expect(code)
            defer { board.forget(code) }
            switch await handshake.ask(code: code, url: board.url(of: code)) {
            case .yes: return true
            case .later:
                notices.info("\(target.id) gets events once it has said that it wants them: \(board.url(of: code))")
                if await isGranted(granted) { return true }
            case .no(let problem):
                if attempt == 1 {
                    notices.warning("\(target.id) does not say that it wants events: \(problem); asking again")
                }
                // Canceled: it is asked again after the next start.
                try? await Task.sleep(for: retry.delay(afterAttempt: attempt))
            }
            if Task.isCancelled { return false }
        }
        return false
    }

    private func isGranted(_ granted: AsyncStream<Void>) async -> Bool {
        await withTaskGroup { group in
            group.addTask {
                for await _ in granted { return true }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: thinkingTime)  // canceled when it has said yes
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private func work(
        on key: String, _ backlog: Condition<ObjectBacklog<Parcel>>, _ permission: Condition<Bool>
    ) async throws {
        repeat {
            guard await permission.wait(for: { $0 ? true : nil }) == true else { return }
            guard let parcel = backlog.update({ $0.first(key: key) }) else { return }
            await deliver(parcel, key)
            // What was not taken comes again after the next start.
            if Task.isCancelled { return }
            try await store.events.acknowledge(parcel.event)
        } while backlog.update { $0.finish(key: key) }
    }

    /// Returns when the event was taken or is given up, or the task was canceled.
    private func deliver(_ parcel: Parcel, _ key: String) async {
        var attempt = 0
        while !Task.isCancelled {
            attempt += 1
            guard let problem = await post(parcel, attempt) else { return }
            let age = Date().timeIntervalSince1970 - Double(parcel.event.time) / 1000
            if age > patience {
                notices.warning("\(target.id) was told of \(key) for a day in vain (\(problem)): given up")
                return
            }
            if attempt == 1 {
                notices.warning("\(target.id) does not take the event of \(key): \(problem); trying again")
            }
            // Canceled: it comes again after the next start.
            try? await Task.sleep(for: retry.delay(afterAttempt: attempt))
        }
    }

    /// - Returns: what went wrong; nil: the target has it.
    private func post(_ parcel: Parcel, _ attempt: Int) async -> String? {
        let body = target.shape.body(of: parcel.event, configuration: parcel.configuration, from: origin)
        do {
            let response = try await client.execute(
                HTTPClient.Request(
                    .post, target.endpoint, headers: headers(attempt), body: .bytes(body.serialized),
                    timeout: .seconds(30), maximumBodySize: 1 << 20))
            return response.isSuccess ? nil : "\(target.endpoint) answered \(response.status)"
        } catch {
            return "\(error)"
        }
    }

    private func headers(_ attempt: Int) -> HTTPHeaders {
        var headers = target.headers
        // Who was given permission to send.
        if target.shape == .cloudevents { headers.add("origin", TargetHandshake.sender) }
        if target.shape == .eventgrid || target.shape == .cloudevents {
            headers.add("aeg-event-type", "Notification")
            headers.add("aeg-subscription-name", target.id.uppercased())
            headers.add("aeg-delivery-count", String(attempt - 1))
        }
        return headers
    }
}
