internal import FoundationEssentials
package import FunctionRuntime
package import JSON
internal import Synchronization

/// A function in the test's own process, called through the same code that answers a host, without one.
///
///     let function = try await TestedFunction(CreateJob.self, environment: ["DATABASE_URL": postgres.url])
///     let answer = await function.request(.post, "/api/v1/jobs", json: ["prompt": "a cat"])
///     #expect(answer.status == 201)
package struct TestedFunction<F: Function>: Sendable {
    /// The function itself.
    package let function: F
    /// What it logs.
    package let logs: LogCollector
    /// What it takes for the time.
    package let clock: ManualClock?
    private let runner: Runner<F>

    /// Checks the configuration and makes the function.
    ///
    /// - Parameters:
    ///   - type: the function.
    ///   - environment: its whole environment.
    ///   - clock: what it takes for the time; the real one when nil.
    /// - Throws: the first `ConfigurationProblem`, or what the function's `init` throws.
    package init(_ type: F.Type = F.self, environment: [String: String] = [:], clock: ManualClock? = nil) async throws {
        let configuration = Configuration(environment, keys: F.environment)
        if let problem = configuration.problems.first { throw problem }
        function = try await F(configuration)
        logs = LogCollector()
        self.clock = clock
        runner = Runner(function, configuration: configuration, logLevel: .debug) { clock?.now ?? Date() }
    }

    /// Calls it with a request.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - path: the path; its parameters are taken, as they are written, by the trigger that matches.
    ///   - query: the decoded query.
    ///   - headers: header fields; `content-type` is set for a JSON body.
    ///   - json: a JSON body.
    ///   - bytes: a body that is not JSON.
    package func request(
        _ method: HTTPMethod, _ path: String, query: [String: [String]] = [:], headers: Headers = [:],
        json: JSON? = nil, bytes: [UInt8] = []
    ) async -> TestAnswer {
        var headers = headers
        if json != nil, headers["content-type"] == nil { headers["content-type"] = "application/json" }
        let (route, parameters) = Self.match(method, path)
        return await call(
            .http(
                HTTPEvent(
                    method: method, path: path, route: route, parameters: parameters, query: query, headers: headers,
                    body: FrameBody(json?.serialized ?? bytes))))
    }

    /// Calls it with a message of its queue.
    package func message(_ body: JSON, id: String = "message", attempt: Int = 1) async -> TestAnswer {
        var queue = "test"
        for case .queue(let name, _, _) in F.triggers { queue = name }
        let message = Message(
            id: id, queue: queue, attempt: attempt, enqueuedAt: clock?.now ?? Date(), body: body)
        return await call(.queue(message), attempt: attempt)
    }

    /// Calls it with a tick of its timer, due now.
    package func tick() async -> TestAnswer {
        var schedule = ""
        for case .timer(let written) in F.triggers { schedule = written }
        return await call(.timer(Tick(schedule: schedule, due: clock?.now ?? Date())))
    }

    /// Calls it with an object event.
    package func object(_ object: StoredObject) async -> TestAnswer {
        await call(.object(object))
    }

    /// Calls it with any event. Cancelling the task cancels the call.
    package func call(_ event: Invocation.Event, id: String = "test", attempt: Int = 1) async -> TestAnswer {
        let sink = TestSink(logs)
        let active = ActiveInvocation(
            Invocation(id: id, event: event, attempt: attempt), timeout: F.limits.timeout, credit: Credit(.max),
            stream: nil)
        await runner.run(active, sink: sink)
        return sink.answer
    }

    /// The route and the parameters that one of the triggers gives to a path.
    private static func match(_ method: HTTPMethod, _ path: String) -> (String, [String: String]) {
        for case .http(method, let route) in F.triggers {
            if let parameters = parameters(of: path, in: route) { return (route, parameters) }
        }
        return (path, [:])
    }

    private static func parameters(of path: String, in route: String) -> [String: String]? {
        let segments = path.split(separator: "/").map(String.init)
        let parts = route.split(separator: "/")
        var parameters: [String: String] = [:]
        for (position, part) in parts.enumerated() {
            if part.hasPrefix("{"), part.hasSuffix("...}") {
                parameters[String(part.dropFirst().dropLast(4))] = segments.dropFirst(position).joined(separator: "/")
                return parameters
            }
            guard position < segments.count else { return nil }
            if part.hasPrefix("{"), part.hasSuffix("}") {
                parameters[String(part.dropFirst().dropLast())] = segments[position]
            } else if part != segments[position] {
                return nil
            }
        }
        return segments.count == parts.count ? parameters : nil
    }
}

/// Puts the frames of one answer together.
private final class TestSink: FrameSink {
    private let collected = Mutex(TestAnswer())
    private let logs: LogCollector

    init(_ logs: LogCollector) {
        self.logs = logs
    }

    var answer: TestAnswer { collected.withLock { $0 } }

    func send(_ frame: Frame) throws(FrameError) {
        if case .log(_, let record) = frame { return logs.add(record) }
        collected.withLock { $0.take(frame) }
    }
}
