import GRDB

extension ObjectStore {
    /// Forgets the listeners of an earlier run: their streams ended with it, and nobody would take their events.
    func forgetListeners() async throws {
        let names = try read { snapshot in
            try String.fetchAll(
                snapshot.database, sql: "SELECT name FROM consumer WHERE name GLOB ?",
                arguments: [S3Call.listenerPrefix + "*"])
        }
        for name in names { try await events.unsubscribe(name) }
    }
}
