/// A row of `schema_migrations`: a migration as it was when it was applied.
struct AppliedMigration: PostgresRowDecodable, Sendable, Hashable {
    let version: Int
    let name: String
    /// The SHA-256 of the file, in hexadecimal digits.
    let checksum: String

    init(version: Int, name: String, checksum: String) {
        self.version = version
        self.name = name
        self.checksum = checksum
    }

    init(row: PostgresRow) throws {
        version = try row["version"]
        name = try row["name"]
        checksum = try row["checksum"]
    }
}
