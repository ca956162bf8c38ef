import FunctionRuntime
import JSON

/// What a platform asks to know whether a host is alive: `GET /_host/health`.
struct HostHealth: Sendable {
    static let path = "/_host/health"

    let functions: [LocatedFunction]

    func answer(_ request: HTTPLocalRequest) -> InvocationAnswer? {
        guard request.path == Self.path, request.method == "GET" || request.method == "HEAD" else { return nil }
        let body: JSON = [
            "status": "ok", "functions": .array(functions.map { .string($0.description.name) }),
        ]
        return InvocationAnswer(headers: ["content-type": "application/json"], body: .whole(body.serialized))
    }
}
