import GRDB

extension EventLog {
    /// Forgets consumers of an earlier run that nobody needs any more, with what they have not acknowledged.
    /// - Parameters:
    ///   - prefix: how their names begin.
    ///   - kept: those that stay.
    /// - Returns: who is forgotten.
    @discardableResult
    package func forgetConsumers(prefix: String, except kept: Set<String>) async throws -> [String] {
        let names = try await pool.read { database in
            try String.fetchAll(
                database, sql: "SELECT name FROM consumer WHERE substr(name, 1, ?) = ?",
                arguments: [prefix.count, prefix])
        }
        let forgotten = names.filter { !kept.contains($0) }
        for name in forgotten { try await unsubscribe(name) }
        return forgotten
    }
}
