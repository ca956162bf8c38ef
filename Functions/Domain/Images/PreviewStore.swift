package import FoundationEssentials
internal import Postgres

/// Removes previews that nobody needs: those with a newer one, and those of jobs that have ended.
package struct PreviewStore: Sendable {
    private let database: Database
    private let files: any PictureFiles

    package init(_ database: Database, _ files: any PictureFiles) {
        self.database = database
        self.files = files
    }

    /// Removes the bytes first and the row after them: whatever dies in between, the row is still there to begin again with.
    ///
    /// - Parameters:
    ///   - job: whose; nil for those of all jobs.
    ///   - limit: how many at most.
    /// - Returns: how many there were.
    /// - Throws: `Failure.unavailable`, or what the object store says; then some may be left.
    package func removeStale(of job: UUID? = nil, limit: Int = 200) async throws -> Int {
        let ofJob: SQL = job.map { "and metadata ->> 'jobId' = \($0.text)" } ?? ""
        let stale = try await database.asService(
            """
            select id, storage_key from images
            where kind = 'preview' \(ofJob) and not exists (
                select from jobs where jobs.id = (images.metadata ->> 'jobId')::uuid
                    and jobs.preview_image_id = images.id and jobs.completed_at is null)
            limit \(limit)
            """)[0]
        for row in stale {
            try await files.remove(try row["storage_key", as: String.self])
            let id: UUID = try row["id"]
            try await database.asService("delete from images where id = \(id)")
        }
        return stale.count
    }
}
