import Domain
import FunctionRuntime
import HTTPClient

/// Tells operators how ComfyUI is: 200 also while it is down, for that is the answer.
@main struct GetComfyUIStatus: Function {
    static let summary = "Tells operators whether ComfyUI is up, what it runs on, and how much it has to do"
    static let triggers = [Trigger.http(.get, "/api/v1/operations/comfyui")]
    static let limits = Limits(concurrency: 4, timeout: .seconds(30), memory: 64)
    static let environment = ComfyUIOperations.environment

    private let operations: ComfyUIOperations

    init(_ configuration: Configuration) throws {
        operations = try ComfyUIOperations(configuration, HTTPClient())
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<ComfyUIStatus> {
        .ok(try await operations.status(request.headers))
    }
}
