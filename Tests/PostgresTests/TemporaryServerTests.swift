import FoundationEssentials
import FunctionTesting
import Testing

@testable import Postgres

/// How many threads of this process have this name.
func threads(named name: String) -> Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count { task in
        let name = Data((name + "\n").utf8)
        return FileManager.default.contents(atPath: "/proc/self/task/\(task)/comm") == name
    }
}

@Suite(.timeLimit(.minutes(1))) struct TemporaryServerTests {
    @Test func `a server that is let go is gone, and so is its folder`() async throws {
        var server: TemporaryPostgres? = try await TemporaryPostgres.start()
        let url = try #require(server).url
        let folder = try #require(server?.socketURL().split(separator: "=")[1].split(separator: "&").first).description
        #expect(FileManager.default.fileExists(atPath: folder + "/data/PG_VERSION"))
        server = nil
        try await eventually { !FileManager.default.fileExists(atPath: folder) }
        var configuration = try PostgresConfiguration(url: url)
        configuration.waitLimit = .zero
        let postgres = Postgres(configuration)
        _ = try await postgresError { try await postgres.execute("select 1") }
    }

    @Test func `Redis is killed and comes back, with its data where it persists`() async throws {
        let server = try await TemporaryRedis.start(persists: true)
        #expect(server.url == "redis://127.0.0.1:\(server.port)")
        try await server.kill()
        try await server.restart()
        try await server.stop()
    }
}
