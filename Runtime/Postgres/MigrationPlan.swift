/// What is left to be applied, once the files have been compared with what the database has.
struct MigrationPlan {
    /// The files that the database does not have yet, in order.
    let pending: [MigrationFile]

    /// - Parameters:
    ///   - files: in order of their numbers.
    ///   - checksums: of the files, in the same order.
    ///   - applied: in order of their numbers.
    /// - Throws: `PostgresError.migration` for an applied file that was changed, renamed or removed, and for a new one with a
    ///   number below one that is applied.
    init(
        files: [MigrationFile], checksums: [String], applied: [AppliedMigration]
    ) throws(PostgresError) {
        let byVersion = Dictionary(
            uniqueKeysWithValues: zip(files, checksums).map { ($0.version, (file: $0, checksum: $1)) })
        for migration in applied {
            guard let (file, checksum) = byVersion[migration.version] else {
                throw .migration(
                    """
                    the database has the migration \(migration.name), and there is no such file: put it back (an older version \
                    of the program does not fit this database)
                    """)
            }
            guard file.name == migration.name else {
                throw .migration(
                    "the migration \(migration.name) has been applied and is now called \(file.name): name it \(migration.name) again"
                )
            }
            guard checksum == migration.checksum else {
                throw .migration(
                    "the migration \(file.name) was changed after it had been applied: undo that, and put the change in a new file"
                )
            }
        }
        let known = Set(applied.map(\.version))
        pending = files.filter { !known.contains($0.version) }
        if let latest = applied.last, let late = pending.first(where: { $0.version < latest.version }) {
            throw .migration(
                "the migration \(late.name) comes before \(latest.name), which has been applied: give it the next free number"
            )
        }
    }
}
