import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient

/// Shows a picture: what it is, and its signed address once it is ready.
@main struct GetImage: Function {
    static let summary = "Shows a picture"
    static let triggers = [Trigger.http(.get, "/api/v1/images/{id}")]
    static let id = RequestParameter.path("id", as: UUID.self, "the picture's id")
    static let parameters: [any RequestParameterProtocol] = [id]
    static let limits = Limits(concurrency: 16, timeout: .seconds(10), memory: 64)
    static let environment = Database.environment + StorageSettings.environment + [Identity.developmentUser]

    private let identity: Identity
    private let images: ImageStore
    private let pictures: Pictures

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration)
        identity = try Identity(configuration, database)
        images = ImageStore(database)
        pictures = try Pictures(configuration, HTTPClient())
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<ImageView> {
        let user = try await identity.user(of: request.headers)
        let id = try request.parameter(Self.id)
        return .ok(try ImageView(try await images.find(id, user: user), pictures))
    }
}
