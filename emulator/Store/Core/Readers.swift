import GRDB
import Synchronization

/// Connections that read, one for each thread that reads at the same time.
///
/// GRDB's own pool of readers dispatches to another queue with every read and parses `BEGIN` anew; a look-up of 5 µs
/// then costs 40.
final class Readers: Sendable {
    private let path: String
    private let idle = Mutex<[DatabaseQueue]>([])

    init(path: String) { self.path = path }

    /// Runs `body` against one consistent state, on the caller's thread.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let connection = try idle.withLock { $0.popLast() } ?? open()
        defer { idle.withLock { $0.append(connection) } }
        return try connection.unsafeRead { database in
            try database.cachedStatement(sql: "BEGIN").execute()
            do {
                let result = try body(database)
                try database.cachedStatement(sql: "COMMIT").execute()
                return result
            } catch {
                try database.cachedStatement(sql: "ROLLBACK").execute()
                throw error
            }
        }
    }

    private func open() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "object-store.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -4096") }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    func close() throws {
        for connection in idle.withLock({ idle in
            defer { idle = [] }
            return idle
        }) { try connection.close() }
    }
}
