internal import JSON
internal import Postgres

/// Pictures that are not finished.
extension JobLeases {
    /// Records the newest preview of a job in place of the one before, and holds the claim for another lease.
    ///
    /// - Returns: the number of the event; nil when the claim is no longer held and nothing has changed.
    package func preview(_ token: LeaseToken, _ preview: NewResult) async throws -> Int? {
        let image = preview.image
        return try await database.asService(
            """
            with moved as (
                update jobs set preview_image_id = \(image.id), lease_until = now() + \(lease),
                    event_sequence = event_sequence + 1
                where \(JobStatements.owned(by: token)) returning id, user_id, event_sequence),
            image as (
                insert into images (id, user_id, kind, status, storage_key, mime_type, file_size, width, height, sha256,
                    metadata)
                select \(image.id), user_id, 'preview', 'ready', \(image.storageKey), \(image.format), \(image.size),
                    \(image.width), \(image.height), \(preview.sha256), jsonb_build_object('jobId', id) from moved),
            event as (
                insert into job_events (job_id, sequence, user_id, type, data)
                select id, event_sequence, user_id, 'preview', \(["imageId": .string(image.id.text)] as JSON) from moved)
            select event_sequence from moved
            """)[0].first?["event_sequence"]
    }
}
