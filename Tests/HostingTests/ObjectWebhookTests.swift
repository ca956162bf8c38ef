import FunctionRuntime
import JSON
import Logging
import Queue
import ServiceLifecycle
import Synchronization
import Testing

@testable import Hosting

@Suite(.timeLimit(.minutes(1)))
struct ObjectWebhookTests {
    private static let record = record(of: "uploads%2Fa.png")

    private static func record(of key: String) -> JSON {
        [
            "eventName": "s3:ObjectCreated:Put", "eventTime": "2026-11-20T21:00:00.000Z",
            "s3": ["bucket": ["name": "darkroom"], "object": ["key": .string(key), "size": 3, "eTag": "e"]],
        ]
    }

    /// The status of an answer, once there is one.
    private final class Status: Sendable {
        let value = Mutex<Int?>(nil)
    }

    private static func post(
        _ body: JSON, authorization: String? = nil, to path: String = "/events/minio"
    ) -> HTTPLocalRequest {
        HTTPLocalRequest(
            method: "POST", path: path, query: nil, headers: authorization.map { [("authorization", $0)] } ?? [],
            body: body.serialized)
    }

    /// Runs the trigger behind the webhook while the body runs.
    private static func serving(
        _ webhook: ObjectWebhook, _ invoker: TestInvoker, _ body: () async throws -> Void
    ) async throws {
        let trigger = ObjectTrigger(
            source: webhook,
            subscriptions: { [ObjectSubscription(function: "F", prefix: "uploads/", invoker: invoker)] },
            retry: RetryPolicy(base: .milliseconds(1), limit: .milliseconds(2)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await trigger.run() }
            try await body()
            group.cancelAll()
        }
    }

    @Test func `a post is answered when its events were dealt with, and not before`() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            for await _ in gate { return }
        }
        let webhook = ObjectWebhook(path: "/events/")
        let status = Status()
        try await Self.serving(webhook, invoker) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let answer = await webhook.answer(Self.post(["Records": [Self.record]]))
                    status.value.withLock { $0 = answer?.status }
                }
                try await eventually { invoker.invocations.count == 1 }
                #expect(status.value.withLock { $0 } == nil)
                open.yield()
                try await group.waitForAll()
            }
        }
        #expect(status.value.withLock { $0 } == 200)
        guard case .object(let object) = invoker.invocations.first?.event else {
            Issue.record("the function was not called with an object")
            return
        }
        #expect(object.key == "uploads/a.png")
    }

    @Test func `whose events are not dealt with in time is told to send them again`() async throws {
        let webhook = ObjectWebhook(path: "/events/", patience: .milliseconds(20))
        let answer = await webhook.answer(Self.post(["Records": [Self.record]]))
        #expect(answer?.status == 503)
    }

    @Test func `what a sender repeats during an outage is taken in once, and again when it was dealt with`()
        async throws
    {
        let webhook = ObjectWebhook(path: "/events/", patience: .milliseconds(20))
        let post = Self.post(["Records": [Self.record, Self.record]])
        for _ in 0..<5 { #expect(await webhook.answer(post)?.status == 503) }
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in }
        try await Self.serving(webhook, invoker) {
            try await eventually { invoker.invocations.count > 0 }
            // Another key's event comes after all that were taken in before.
            _ = await webhook.answer(Self.post(["Records": [Self.record(of: "uploads%2Fb.png")]]))
            try await eventually { invoker.invocations.count > 1 }
            #expect(invoker.invocations.count == 2)
            _ = await webhook.answer(post)
            try await eventually { invoker.invocations.count > 2 }
        }
        #expect(invoker.invocations.count == 3)
    }

    @Test(
        arguments: [
            (nil, 401), ("Bearer wrong", 401), ("Bearer secre", 401), ("Bearer", 401), ("Basic secret", 401),
            ("secret", 401), ("Bearer secret", 200), ("bearer secret", 200),
        ] as [(String?, Int)])
    func `the token is asked for`(_ authorization: String?, _ status: Int) async throws {
        let webhook = ObjectWebhook(path: "/events/", token: "secret")
        let answer = await webhook.answer(Self.post(["Records": []], authorization: authorization))
        #expect(answer?.status == status)
    }

    @Test(
        arguments: [
            ("{", 400), ("{}", 400), (#"{"Records":[{"eventName":"s3:ObjectCreated:Put"}]}"#, 400), ("[]", 200),
            (#"{"Records":[]}"#, 200),
        ])
    func `what is not a notification is refused`(_ body: String, _ status: Int) async throws {
        let webhook = ObjectWebhook(path: "/events/")
        var request = Self.post([:])
        request.body = Array(body.utf8)
        #expect(await webhook.answer(request)?.status == status)
    }

    @Test func `a post that is too large to take whole is refused, not taken for an empty one`() async throws {
        var request = Self.post([:])
        request.body = nil
        #expect(await ObjectWebhook(path: "/events/").answer(request)?.status == 413)
    }

    @Test func `Event Grid's question is answered, and CloudEvents' one too`() async throws {
        let webhook = ObjectWebhook(path: "/events/")
        let question: JSON = [
            [
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "data": ["validationCode": "512d38b6"],
            ]
        ]
        let answer = try #require(await webhook.answer(Self.post(question, to: "/events/eventgrid")))
        #expect(answer.status == 200)
        #expect(try await answer.text == #"{"validationResponse":"512d38b6"}"#)
        let allowance = await webhook.answer(
            HTTPLocalRequest(
                method: "OPTIONS", path: "/events/eventgrid", query: nil,
                headers: [("webhook-request-origin", "eventgrid.azure.net")], body: []))
        #expect(allowance?.headers["webhook-allowed-origin"] == "eventgrid.azure.net")
    }

    @Test func `answers nothing else`() async throws {
        let webhook = ObjectWebhook(path: "/events/")
        #expect(await webhook.answer(Self.post([:], to: "/events/other")) == nil)
        var request = Self.post([:])
        request.method = "GET"
        let answer = await webhook.answer(request)
        #expect(answer?.status == 405)
        #expect(answer?.headers["allow"] == "OPTIONS, POST")
    }
}
