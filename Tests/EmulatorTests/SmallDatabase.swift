import Postgres
import Redis

@testable import emulator

/// One value in Postgres and one in Redis: whether data outlives its server.
struct SmallDatabase {
    private let postgres: Postgres
    private let redis: Redis

    init(_ servers: PrivateServers) throws {
        postgres = Postgres(try PostgresConfiguration(url: servers.databaseURL, poolSize: 1))
        redis = try Redis(url: servers.redisURL)
    }

    func write(_ value: String) async throws {
        try await postgres.execute("create table if not exists kept (value text)")
        try await postgres.execute("insert into kept values (\(value))")
        try await redis.send("SET", "kept", value)
        try await redis.send("BGREWRITEAOF")
        // A second of Redis' file may be lost when it is killed: that is what everysec says. The rewrite syncs it.
        while try await redis.send("INFO", "persistence").string?.contains("aof_rewrite_in_progress:1") == true {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// What both have; asks until both answer.
    func read() async throws -> [String] {
        while true {
            let row = try? await postgres.first("select value from kept")
            let value = try? await redis.send("GET", "kept").string
            if let row, let value { return [try row["value"], value] }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
