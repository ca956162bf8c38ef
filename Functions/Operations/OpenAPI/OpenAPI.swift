import FoundationEssentials
import FunctionRuntime
import JSON

/// Answers with the API's OpenAPI document, made of what the functions say about themselves and of nothing else.
@main struct OpenAPI: Function {
    static let summary = "The API as an OpenAPI 3.1 document"
    static let triggers = [Trigger.http(.get, "/api/v1/openapi.json")]
    static let limits = Limits(concurrency: 8, timeout: .seconds(10), memory: 64)
    static let environment: [any ConfigurationKeyProtocol] = [manifest]

    /// Written by whatever runs the functions: `{"functions":[…]}`, each as `--describe` prints it.
    static let manifest = ConfigurationKey<String>(
        "FUNCTIONS_MANIFEST", summary: "file with the descriptions of all functions")

    private let path: String

    init(_ configuration: Configuration) throws {
        path = try configuration[Self.manifest]
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<JSON> {
        // Read each time: a few kilobytes that change whenever a function is built anew.
        guard let data = try? Data(contentsOf: URL(filePath: path)), let manifest = try? JSON(parsing: data) else {
            context.log.error("the manifest of functions cannot be read", ["path": path])
            throw Failure.unavailable("the descriptions of the functions cannot be read now")
        }
        return .ok(OpenAPIDocument(manifest).json, headers: ["cache-control": "no-cache"])
    }
}
