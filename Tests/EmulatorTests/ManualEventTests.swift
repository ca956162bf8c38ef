import FunctionRuntime
import JSON
import Testing

@testable import emulator

@Suite struct ManualEventTests {
    private static let triggers: [Trigger] = [
        .http(.get, "/api/v1/jobs/{id}"), .http(.post, "/api/v1/jobs"), .queue("generate"), .object(prefix: "uploads/"),
        .timer("every 5s"),
    ]

    @Test func `makes the simplest event of the first trigger when none is given`() throws {
        let event = try ManualEvent(nil, function: "F", triggers: [.timer("every 5s")])
        #expect(event.kind == "timer")
        guard case .timer(let tick) = try event.invocation().event else {
            Issue.record("not a timer")
            return
        }
        #expect(tick.schedule == "every 5s")
    }

    @Test func `fills in route and parameters of a request`() throws {
        let json: JSON = ["http": ["method": "GET", "path": "/api/v1/jobs/7"]]
        guard case .http(let request) = try ManualEvent(json, function: "F", triggers: Self.triggers).invocation().event
        else {
            Issue.record("not a request")
            return
        }
        #expect(request.route == "/api/v1/jobs/{id}")
        #expect(request.parameters == ["id": "7"])
    }

    @Test func `takes a JSON body as it is and names its type`() throws {
        let json: JSON = ["http": ["method": "POST", "path": "/api/v1/jobs", "body": ["prompt": "a cat"]]]
        guard case .http(let request) = try ManualEvent(json, function: "F", triggers: Self.triggers).invocation().event
        else {
            Issue.record("not a request")
            return
        }
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.body.bytes == Array(#"{"prompt":"a cat"}"#.utf8))
    }

    @Test func `completes messages and objects to whole events`() throws {
        let message = try ManualEvent(
            ["queue": ["data": ["jobId": "7"]]], function: "F", triggers: Self.triggers
        ).invocation()
        guard case .queue(let queued) = message.event else {
            Issue.record("not a message")
            return
        }
        #expect(queued.queue == "generate")
        #expect(queued.body == ["jobId": "7"])
        let change = try ManualEvent(
            ["object": ["subject": "uploads/a.png"]], function: "F", triggers: Self.triggers
        ).invocation()
        guard case .object(let object) = change.event else {
            Issue.record("not an object")
            return
        }
        #expect(object.key == "uploads/a.png")
        #expect(object.event == .created)
        #expect(object.bucket == "darkroom")
    }

    @Test func `refuses what is no event, and a trigger that the function does not have`() {
        let shape = #expect(throws: EmulatorError.self) {
            try ManualEvent(["url": "/"], function: "F", triggers: Self.triggers)
        }
        #expect(shape?.description.contains("one of the keys http, queue, object or timer") == true)
        let missing = #expect(throws: EmulatorError.self) {
            try ManualEvent(["queue": [:]], function: "F", triggers: [.timer("every 5s")])
        }
        #expect(missing?.description == "F has no queue trigger (it has: timer)")
    }
}
