import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient
import ObjectStorage

/// Leads to a picture's bytes: 302 to a signed address in storage.
@main struct GetImageContent: Function {
    static let summary = "Leads to a picture's bytes"
    static let triggers = [Trigger.http(.get, "/api/v1/images/{id}/content")]
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

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<NoBody> {
        let user = try await identity.user(of: request.headers)
        let image = try await images.find(try request.parameter(Self.id), user: user)
        guard image.status == .ready else {
            throw Failure.conflict("the picture is \(image.status.rawValue); only a ready one has content to show")
        }
        var response = Response<NoBody>.redirect(to: try pictures.address(of: image.storageKey).url)
        // The address holds for an hour at least; whoever keeps this answer for a shorter time never meets an expired one.
        response.headers["cache-control"] = "private, max-age=600"
        return response
    }
}
