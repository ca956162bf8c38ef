internal import JSON
internal import Postgres

/// A job with its results, as one row.
package struct JobRecord: Sendable, Hashable {
    package var job: Job
    package var results: [StoredImage]

    init(job: Job, results: [StoredImage]) {
        self.job = job
        self.results = results
    }

    static var columns: SQL {
        """
        \(Job.columns(of: "jobs")), coalesce((
            select jsonb_agg(\(StoredImage.json(of: "images")) order by array_position(jobs.result_image_ids, images.id))
            from images where images.id = any(jobs.result_image_ids)), '[]') as results
        """
    }

    init(row: PostgresRow) throws {
        job = try Job(row: row)
        results = try (row["results", as: JSON.self].array ?? []).map(StoredImage.init)
    }
}
