import Domain
import FunctionRuntime
import HTTPClient

/// Lists the models ComfyUI has, with the sizes of their files where its folder is mounted.
@main struct ListComfyUIModels: Function {
    static let summary = "Lists for operators the models ComfyUI has, by kind"
    static let triggers = [Trigger.http(.get, "/api/v1/operations/comfyui/models")]
    static let limits = Limits(concurrency: 4, timeout: .seconds(60), memory: 64)
    static let environment = ComfyUIOperations.environment

    private let operations: ComfyUIOperations

    init(_ configuration: Configuration) throws {
        operations = try ComfyUIOperations(configuration, HTTPClient())
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<ComfyUIModels> {
        .ok(try await operations.models(request.headers))
    }
}
