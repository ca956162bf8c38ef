internal import JSON
internal import Postgres

/// A job with its results, and its preview while it is drawn, as one row.
package struct JobRecord: Sendable, Hashable {
    package var job: Job
    package var results: [StoredImage]
    /// The picture as far as it is.
    package var preview: StoredImage?

    init(job: Job, results: [StoredImage], preview: StoredImage? = nil) {
        self.job = job
        self.results = results
        self.preview = preview
    }

    static var columns: SQL {
        """
        \(Job.columns(of: "jobs")), coalesce((
            select jsonb_agg(\(StoredImage.json(of: "images")) order by array_position(jobs.result_image_ids, images.id))
            from images where images.id = any(jobs.result_image_ids)), '[]') as results, (
            select \(StoredImage.json(of: "images")) from images
            where images.id = jobs.preview_image_id and jobs.status = 'processing') as preview
        """
    }

    init(row: PostgresRow) throws {
        job = try Job(row: row)
        results = try (row["results", as: JSON.self].array ?? []).map(StoredImage.init)
        preview = try row["preview", as: JSON?.self].map(StoredImage.init)
    }
}
