/// Applies the numbered SQL files of a folder to a database, each once, in order.
///
/// Every file runs in a transaction together with its row in `schema_migrations`, so it is applied whole or not at all. An
/// advisory lock, held by that transaction, lets any number of programs do this at the same time, also through a pooler.
package enum Migrations {
    /// The key of the advisory lock: "darkroom" in ASCII.
    private static let lock = Int64(0x6461_726B_726F_6F6D)

    /// Applies what the database does not have yet.
    ///
    /// - Returns: the names of the files that were applied now.
    /// - Throws: `PostgresError.migration` with the file, its line and what to do; nothing of that file has been applied then,
    ///   everything before it has.
    @discardableResult
    package static func apply(directory: String, to postgres: Postgres) async throws -> [String] {
        let files = try MigrationFile.files(in: directory)
        return try await postgres.withConnection { connection in
            var applied: [String] = []
            while let name = try await applyNext(of: files, on: connection) { applied.append(name) }
            return applied
        }
    }

    /// Applies the first file that the database does not have.
    private static func applyNext(of files: [MigrationFile], on connection: PostgresConnection) async throws -> String?
    {
        try await connection.execute("begin")
        do {
            let next = try await pending(of: files, on: connection).first
            if let next { try await run(next, on: connection) }
            try await connection.execute("commit")
            return next?.name
        } catch {
            // Also in a cancelled task. A connection that cannot roll back is not idle, and its pool closes it.
            _ = try? await connection.perform([PostgresStatement(control: "rollback")], isCancellable: false)
            throw error
        }
    }

    /// What is left to be done; waits for its turn first.
    private static func pending(of files: [MigrationFile], on connection: PostgresConnection) async throws
        -> [MigrationFile]
    {
        try await connection.execute("select pg_advisory_xact_lock(\(lock))")
        try await connection.execute(
            """
            create table if not exists schema_migrations (
                version int primary key,
                name text not null,
                checksum text not null,
                applied_at timestamptz not null default now()
            )
            """)
        let applied = try await connection.query(
            "select version, name, checksum from schema_migrations order by version", as: AppliedMigration.self)
        var checksums: [String] = []
        for file in files {
            let checksum = try await connection.first(
                "select encode(sha256(\(file.contents)), 'hex')", as: String.self)
            checksums.append(checksum ?? "")
        }
        return try MigrationPlan(files: files, checksums: checksums, applied: applied).pending
    }

    private static func run(_ file: MigrationFile, on connection: PostgresConnection) async throws {
        let text = try file.text()
        do {
            try await connection.runScript(text)
        } catch {
            throw located(error, in: file, text)
        }
        guard connection.condition == .inTransaction else {
            throw PostgresError.migration(
                "the migration \(file.name) ended the transaction that it runs in: take BEGIN, COMMIT and ROLLBACK out of it"
            )
        }
        try await connection.execute(
            """
            insert into schema_migrations (version, name, checksum)
            values (\(file.version), \(file.name), encode(sha256(\(file.contents)), 'hex'))
            """)
    }

    /// Adds the file and the line to an error of the server.
    private static func located(_ error: PostgresError, in file: MigrationFile, _ text: String) -> PostgresError {
        guard case .server(let refusal) = error else { return error }
        let line = refusal.position.map { ":\(text.prefix($0 - 1).count { $0.isNewline } + 1)" } ?? ""
        return .migration("the migration \(file.name)\(line) failed: \(refusal)")
    }
}
