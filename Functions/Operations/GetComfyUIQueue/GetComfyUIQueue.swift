import Domain
import FunctionRuntime
import HTTPClient

/// Tells operators which prompts ComfyUI draws and which wait.
@main struct GetComfyUIQueue: Function {
    static let summary = "Tells operators which prompts ComfyUI draws and which wait"
    static let triggers = [Trigger.http(.get, "/api/v1/operations/comfyui/queue")]
    static let limits = Limits(concurrency: 4, timeout: .seconds(30), memory: 64)
    static let environment = ComfyUIOperations.environment

    private let operations: ComfyUIOperations

    init(_ configuration: Configuration) throws {
        operations = try ComfyUIOperations(configuration, HTTPClient())
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<ComfyUIPrompts> {
        .ok(try await operations.prompts(request.headers))
    }
}
