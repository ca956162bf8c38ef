import Domain
import FunctionRuntime
import HTTPClient

/// Restarts the container that ComfyUI runs in: `?force=true` where prompts may be lost.
@main struct RestartComfyUI: Function {
    static let summary = "Restarts ComfyUI's container for operators, through the Docker Engine"
    static let triggers = [Trigger.http(.post, "/api/v1/operations/comfyui/restart")]
    static let force = RequestParameter.query(
        "force", as: Bool.self, "whether to restart it although prompts may be lost")
    static let parameters: [any RequestParameterProtocol] = [force]
    static let limits = Limits(concurrency: 1, timeout: .seconds(60), memory: 64)
    static let environment = ComfyUIOperations.environment

    private let operations: ComfyUIOperations

    init(_ configuration: Configuration) throws {
        operations = try ComfyUIOperations(configuration, HTTPClient())
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<ComfyUIRestart> {
        let force = try request.value(of: Self.force) ?? false
        return .ok(try await operations.restart(request.headers, force: force))
    }
}
