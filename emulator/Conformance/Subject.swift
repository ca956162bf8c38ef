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

    /// An invocation that fits a trigger of the function: a GET request when it has one.
    func invocation(_ id: String) -> Invocation {
        invocation(id, event)
    }

    /// A request that fits an HTTP trigger: of that path, and of a method that suits the body.
    ///
    /// - Throws: ``NotApplicable`` when there is none.
    func request(
        _ id: String, path: String? = nil, body: FrameBody = .none, headers: Headers = [:]
    ) throws -> Invocation {
        invocation(id, .http(try httpEvent(path: path, body: body, headers: headers)))
    }

    private func invocation(_ id: String, _ event: Invocation.Event) -> Invocation {
        Invocation(
            id: id, event: event, deadline: Date(timeIntervalSinceNow: 30), remaining: .seconds(30),
            traceparent: TraceParent.make())
    }

    private func httpEvent(path: String?, body: FrameBody, headers: Headers) throws -> HTTPEvent {
        let triggers = description.triggers.compactMap { trigger -> (method: HTTPMethod, route: String)? in
            guard case .http(let method, let route) = trigger, path == nil || route == path else { return nil }
            return (method, route)
        }
        guard let trigger = triggers.first(where: { ($0.method == .get) == (body == .none) }) ?? triggers.first else {
            throw NotApplicable(reason: "it has no HTTP trigger\(path.map { " \($0)" } ?? "")")
        }
        return Self.event(trigger.method, trigger.route, body, headers)
    }

    private var event: Invocation.Event {
        if let http = try? httpEvent(path: nil, body: .none, headers: [:]) { return .http(http) }
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
        case .http, nil: return .timer(Tick(schedule: "", due: Date()))
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
