internal import FoundationEssentials
internal import FunctionRuntime
internal import JSON

/// The function under examination.
struct Subject: Sendable {
    let path: String
    let environment: [String: String]
    let description: FunctionDescription
    /// Sizes that the kit announces: less credit than usual, so that obeying it can be seen.
    static let limits = FrameLimits(credit: 65_536)

    /// A child that serves, past its handshake.
    func start() async throws -> ChildFunction {
        let child = try launch()
        do {
            _ = try await greet(child)
            return child
        } catch {
            child.kill()
            throw error
        }
    }

    /// A child that serves, before its handshake.
    func launch() throws -> ChildFunction {
        try ChildFunction(path, environment: environment.merging(["FUNCTION_PROTOCOL": "1"]) { _, new in new })
    }

    /// The handshake.
    func greet(_ child: ChildFunction) async throws -> Frame.Hello {
        guard case .hello(let hello) = try await child.frame("hello") else {
            throw Deviation("the first frame is not hello")
        }
        try child.send(.initialize(instance: "\(description.name)-1", limits: Self.limits))
        switch try await child.frame("ready", within: .seconds(30)) {
        case .ready: return hello
        case .initError(let message, let errors):
            throw Deviation("it cannot start here: \(([message] + errors).joined(separator: "; "))")
        case let other: throw Deviation("instead of ready it sent \(other.type)")
        }
    }

    /// An invocation that its first trigger fits; a GET request when there is one.
    func invocation(_ id: String, remaining: Duration = .seconds(30)) -> Invocation {
        Invocation(
            id: id, event: event, deadline: Date(timeIntervalSinceNow: Double(remaining.milliseconds) / 1000),
            remaining: remaining, traceparent: TraceParent.make())
    }

    /// A request that fits one of its HTTP triggers; with a path, only that trigger.
    func request(
        _ id: String, path: String? = nil, body: FrameBody = .none, headers: Headers = [:]
    ) throws -> Invocation {
        let triggers = description.triggers.compactMap { trigger -> (HTTPMethod, String)? in
            if case .http(let method, let route) = trigger { (method, route) } else { nil }
        }
        let fitting = triggers.filter { path == nil || $0.1 == path }
        guard let (method, route) = fitting.first(where: { ($0.0 == .get) == (body == .none) }) ?? fitting.first else {
            throw NotApplicable(reason: path.map { "it has no HTTP trigger \($0)" } ?? "it has no HTTP trigger")
        }
        var invocation = invocation(id)
        invocation.event = .http(Self.event(method, route, body, headers))
        return invocation
    }

    private var event: Invocation.Event {
        if let request = try? request("any"), case .http(let event) = request.event { return .http(event) }
        switch description.triggers.first {
        case .queue(let queue, _, _):
            return .queue(Message(id: "conformance", queue: queue, attempt: 1, enqueuedAt: Date(), body: [:]))
        case .object(let prefix, let suffix, let events):
            return .object(
                StoredObject(
                    id: "conformance", event: events.first ?? .created, time: Date(), store: "s3",
                    bucket: "conformance", key: "\(prefix)conformance\(suffix)", size: 0, etag: "", contentType: nil,
                    metadata: [:]))
        case .timer(let schedule): return .timer(Tick(schedule: schedule, due: Date()))
        case .http(let method, let route): return .http(Self.event(method, route, .none, [:]))
        case nil: return .timer(Tick(schedule: "", due: Date()))
        }
    }

    /// A request of a route whose parameters are filled in.
    private static func event(
        _ method: HTTPMethod, _ route: String, _ body: FrameBody, _ headers: Headers
    ) -> HTTPEvent {
        let sample = "00000000-0000-4000-8000-000000000000"
        var parameters: [String: String] = [:]
        let path = route.split(separator: "/", omittingEmptySubsequences: false).map { part -> String in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return String(part) }
            parameters[String(part.dropFirst().dropLast().prefix { $0 != "." })] = sample
            return sample
        }
        return HTTPEvent(
            method: method, path: path.joined(separator: "/"), route: route, parameters: parameters, headers: headers,
            body: body)
    }
}
