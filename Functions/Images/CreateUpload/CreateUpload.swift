import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient

/// Announces a picture and says where to send it: straight to storage, for ten minutes, of this type and size only.
@main struct CreateUpload: Function {
    static let summary = "Announces a picture and says where to upload it"
    static let triggers = [Trigger.http(.post, "/api/v1/uploads")]
    static let limits = Limits(concurrency: 16, timeout: .seconds(10), memory: 64, body: 16 << 10)
    static let environment = Database.environment + StorageSettings.environment + [Identity.developmentUser]

    /// What a client announces.
    struct Announcement: Codable, Sendable {
        var filename: String
        var contentType: String
        /// Bytes.
        var size: Int64
    }

    /// The picture's id, and how to send it.
    struct Created: Codable, Sendable {
        var imageId: UUID
        var upload: UploadView
    }

    private let identity: Identity
    private let images: ImageStore
    private let pictures: Pictures

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration)
        identity = try Identity(configuration, database)
        images = ImageStore(database)
        pictures = try Pictures(configuration, HTTPClient())
    }

    func call(_ request: Request<Announcement>, _ context: Context) async throws -> Response<Created> {
        let user = try await identity.user(of: request.headers)
        let announced = request.body
        let upload = try NewUpload(
            contentType: announced.contentType, size: announced.size, filename: announced.filename, user: user)
        try await images.announce(upload, user: user)
        return .created(
            Created(imageId: upload.imageID, upload: try pictures.uploadRequest(for: upload)),
            location: "/api/v1/images/\(upload.imageID.text)")
    }
}
