import FunctionRuntime
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers one request: finds the function, invokes it, writes what it says.
final class HTTPResponder: Sendable {
    let options: HTTPOptions
    private let table: Mutex<RouteTable<HTTPFunction>>
    private let local: HTTPLocalResponder
    private let localPrefix: String

    init(
        options: HTTPOptions, routes: RouteTable<HTTPFunction>, localPrefix: String,
        local: @escaping HTTPLocalResponder
    ) {
        self.options = options
        self.localPrefix = localPrefix
        table = Mutex(routes)
        self.local = local
    }

    var routes: RouteTable<HTTPFunction> {
        get { table.withLock { $0 } }
        set { table.withLock { $0 = newValue } }
    }

    /// Why a request is refused by its head alone, so that nobody waits for its body; nil when it is not.
    func refusal(of head: HTTPRequestHead) -> ProblemDetails? {
        let (path, _) = Self.split(head.uri)
        let method = head.method.rawValue
        switch routes.match(method, path) {
        case .found(let function, _, _):
            guard function.description.input != Schema() else { return nil }
            do throws(Failure) {
                try JSONContentType.check(head.headers.first(name: "content-type"))
                return nil
            } catch {
                return ProblemDetails(error)
            }
        case .methodNotAllowed(let allowed):
            return path.hasPrefix(localPrefix) || method == "OPTIONS"
                ? nil : .methodNotAllowed(method, allowed: allowed)
        case .notFound: return path.hasPrefix(localPrefix) ? nil : .notFound
        }
    }

    /// - Throws: When the client is gone.
    func respond(to exchange: HTTPExchange, client: String, on channel: any Channel) async throws {
        let head = exchange.head
        let trace = head.headers.first(name: "traceparent").flatMap { TraceParent($0) }?.child() ?? .make()
        let writer = HTTPAnswerWriter(exchange: exchange, options: options, trace: trace, channel: channel)
        if let rejection = exchange.rejection { return try await writer.write(rejection) }
        let (path, query) = Self.split(head.uri)
        let method = head.method.rawValue
        switch routes.match(method, path) {
        case .found(let function, let route, let parameters):
            guard let values = Self.values(query) else { return try await writer.write(.badQuery(query ?? "")) }
            guard let known = HTTPMethod(rawValue: method) else { return try await writer.write(.notFound) }
            let event = HTTPEvent(
                method: known, path: String(path), route: route,
                parameters: Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }, query: values,
                headers: Self.headers(head.headers), client: clientAddress(head, client), body: exchange.wholeBody)
            let invocation = Invocation(id: InvocationIdentifier.make(), event: .http(event), traceparent: trace.text)
            try await invoke(function, invocation, exchange, writer)
        case .methodNotAllowed(let allowed) where method == "OPTIONS":
            try await writer.writeOptions(allowed: allowed)
        case .methodNotAllowed(let allowed):
            if let answer = await localAnswer(exchange, path, query) { return try await writer.write(answer) }
            try await writer.write(.methodNotAllowed(method, allowed: allowed))
        case .notFound:
            if let answer = await localAnswer(exchange, path, query) { return try await writer.write(answer) }
            try await writer.write(.notFound)
        }
    }

    private func invoke(
        _ function: HTTPFunction, _ invocation: Invocation, _ exchange: HTTPExchange, _ writer: HTTPAnswerWriter
    ) async throws {
        var control = InvocationControl(cancellation: exchange.cancellation)
        if case .stream(let stream) = exchange.body { control.stream = stream }
        do throws(InvocationFailure) {
            let answer = try await function.invoker.invoke(invocation, control: control)
            try await writer.write(answer, id: invocation.id)
        } catch {
            if let refusal = exchange.refusal.withLock({ $0 }) { return try await writer.write(refusal) }
            try await writer.write(
                ProblemDetails(error, function: function.description.name, options), id: invocation.id)
        }
    }

    private func localAnswer(_ exchange: HTTPExchange, _ path: Substring, _ query: Substring?) async
        -> InvocationAnswer?
    {
        let body: [UInt8]? =
            switch exchange.body {
            case .none: []
            case .bytes(let bytes): bytes
            case .stream: nil
            }
        return await local(
            HTTPLocalRequest(
                method: exchange.head.method.rawValue, path: String(path), query: query.map(String.init),
                headers: exchange.head.headers.map { ($0.name.lowercased(), $0.value) }, body: body))
    }

    private func clientAddress(_ head: HTTPRequestHead, _ client: String) -> String {
        guard options.trustsForwardedFor, let forwarded = head.headers.first(name: "x-forwarded-for") else {
            return client
        }
        // The last entry is the one our own proxy has added.
        return forwarded.split(separator: ",").last.map { String($0.trimmingPrefix(" ")) } ?? client
    }

    // MARK: Taking a request apart

    static func split(_ uri: String) -> (path: Substring, query: Substring?) {
        guard let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (uri[...], nil) }
        return (uri[..<mark], uri[uri.utf8.index(after: mark)...])
    }

    /// Names and values, decoded as forms encode them; nil when an escape is wrong.
    static func values(_ query: Substring?) -> [String: [String]]? {
        guard let query, !query.isEmpty else { return [:] }
        var values: [String: [String]] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { return nil }
            values[name, default: []].append(value)
        }
        return values
    }

    /// What concerns only the connection (RFC 9110, section 7.6.1) stays here.
    static func headers(_ fields: HTTPHeaders) -> Headers {
        var headers = Headers()
        for (name, value) in fields where !HopByHop.contains(name) { headers.append(name, value) }
        return headers
    }
}

extension HTTPExchange {
    fileprivate var wholeBody: FrameBody {
        switch body {
        case .none: .none
        case .bytes(let bytes): .bytes(bytes)
        case .stream: .stream
        }
    }
}
