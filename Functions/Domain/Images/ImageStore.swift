package import FoundationEssentials
internal import FunctionRuntime
internal import Postgres

/// The rows of pictures; their bytes are in the object store.
package struct ImageStore: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Announces an upload, as its user.
    package func announce(_ upload: NewUpload, user: UUID) async throws {
        _ = try await database.asUser(
            user,
            """
            insert into images (id, user_id, kind, status, storage_key, original_filename)
            values (\(upload.imageID), \(user), 'input', 'awaiting_upload', \(upload.storageKey), \(upload.filename))
            """)
    }

    /// A picture.
    ///
    /// - Throws: `Failure.notFound` when this user has no such picture.
    package func find(_ id: UUID, user: UUID) async throws -> Image {
        let found = try await database.asUser(user, "select \(Image.columns) from images where id = \(id)")[0]
        guard let row = found.first else { throw Failure.notFound("there is no picture \(id.text)") }
        return try Image(row: row)
    }

    /// The picture that was announced for a key, as the service.
    package func find(storageKey: String) async throws -> Image? {
        try await database.asService("select \(Image.columns) from images where storage_key = \(storageKey)")[0]
            .first.map(Image.init)
    }

    /// Records that a picture has arrived and is welcome. Recording it again changes nothing.
    package func accept(_ image: UUID, _ measure: ImageMeasure) async throws {
        try await database.asService(
            """
            update images set status = 'ready', mime_type = \(measure.header.format), file_size = \(measure.size), 
                width = \(measure.header.width), height = \(measure.header.height), sha256 = \(measure.sha256), 
                rejection = null
            where id = \(image)
            """)
    }

    /// Records that what has arrived is not welcome.
    ///
    /// - Parameter reason: a sentence for whoever uploaded it.
    package func reject(_ image: UUID, reason: String) async throws {
        try await database.asService("update images set status = 'rejected', rejection = \(reason) where id = \(image)")
    }

    /// Records a picture that was stored without being announced, or the row it has from an earlier delivery of the event.
    ///
    /// - Returns: its id.
    package func adopt(storageKey: String, filename: String?, user: UUID) async throws -> UUID {
        let row = try await database.asService(
            """
            insert into images (id, user_id, kind, status, storage_key, original_filename)
            values (\(UUID.version7()), \(user), 'input', 'scanning', \(storageKey), \(filename))
            on conflict (storage_key) do update set status = images.status returning id
            """)[0].first
        guard let row else { throw Failure.internal("a picture was neither inserted nor found") }
        return try row["id"]
    }
}
