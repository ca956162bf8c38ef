import Conformance
import FoundationEssentials
import FunctionRuntime

/// The function executable that the package builds beside the tests.
enum Program {
    static let path =
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/EchoFunction"

    /// A child before its handshake.
    static func launch(_ environment: [String: String] = [:]) throws -> ChildFunction {
        var all = ProcessInfo.processInfo.environment
        all["FUNCTION_PROTOCOL"] = "1"
        return try ChildFunction(path, environment: all.merging(environment) { _, new in new })
    }

    /// A child that serves.
    static func start(
        _ environment: [String: String] = [:], limits: FrameLimits = .standard
    ) async throws -> ChildFunction {
        let child = try launch(environment)
        _ = try await child.frame("hello")
        try child.send(.initialize(instance: "EchoFunction-1", limits: limits))
        _ = try await child.frame("ready")
        return child
    }
}

extension ChildFunction {
    /// Sends a request.
    func call(
        _ id: String, _ path: String, query: [String: [String]] = [:], body: FrameBody = .none,
        remaining: Duration? = nil
    ) throws {
        let event = HTTPEvent(
            method: body == .none ? .get : .post, path: path, route: path, query: query, body: body)
        try send(.invoke(Invocation(id: id, event: .http(event), remaining: remaining)))
    }

    /// The next frame, log lines and progress included.
    func any(_ what: String) async throws -> Frame {
        try await wait(for: what) { $0.frames.isEmpty ? nil : $0.frames.removeFirst() }
    }

    /// The text of a whole answer.
    func text(_ id: String, _ path: String, body: FrameBody = .none) async throws -> String {
        try call(id, path, body: body)
        guard case .result(id, _, let body) = try await frame("result") else { return "no result" }
        return String(decoding: body.bytes ?? [], as: UTF8.self)
    }
}
