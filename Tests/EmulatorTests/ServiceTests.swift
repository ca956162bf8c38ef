import FoundationEssentials
import FunctionTesting
import Glibc
import Testing

@testable import emulator

/// Each test has a Postgres or a Redis of its own: one at a time, so that the machine is not crowded.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ServiceTests {
    private static func start(_ data: DataFolder, _ notices: CollectedNotices) async throws -> PrivateServers {
        var chooser = PortChooser(host: "127.0.0.1")
        let ports = try (0..<2).map { _ in try chooser.choose(0, for: "a server", notices: notices) }
        return try await PrivateServers.start(
            environment: try FunctionEnvironment(file: nil, inherited: ["PATH": "/usr/bin:/bin"]), data: data,
            postgresPort: ports[0], redisPort: ports[1], notices: notices)
    }

    @Test func `keeps what was written over a stop and a start`() async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let notices = CollectedNotices()
        do {
            let data = try DataFolder(folder.path + "/data")
            let servers = try await Self.start(data, notices)
            try await SmallDatabase(servers).write("kept")
            await servers.stop()
            #expect(servers.processes.map(\.status.phase) == [.stopped, .stopped])
        }
        let servers = try await Self.start(try DataFolder(folder.path + "/data"), notices)
        #expect(try await SmallDatabase(servers).read() == ["kept", "kept"])
        await servers.stop()
    }

    @Test(arguments: ["Postgres", "Redis"]) func `starts a killed server again`(name: String) async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let notices = CollectedNotices()
        let servers = try await Self.start(try DataFolder(folder.path + "/data"), notices)
        let server = try #require(servers.processes.first { $0.command.name == name })
        try await SmallDatabase(servers).write("kept")
        let killed = try #require(server.status.process)
        let supervision = Task { try await server.run() }
        kill(killed, SIGKILL)
        while server.status.process == nil || server.status.process == killed {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await SmallDatabase(servers).read() == ["kept", "kept"])
        #expect(server.status.restarts >= 1)
        #expect(notices.warnings.contains { $0.hasPrefix("\(name) ended unexpectedly (signal 9); starting it again.") })
        supervision.cancel()
        try await supervision.value
        #expect(server.status.phase == .stopped)
        await servers.stop()
    }

    @Test func `refuses a Postgres folder that no emulator made`() async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let data = try DataFolder(folder.path + "/data")
        try FileManager.default.createDirectory(atPath: data.postgres, withIntermediateDirectories: true)
        try TextFile.write("15\n", to: data.postgres + "/PG_VERSION")
        let error = await #expect(throws: EmulatorError.self) { try await Self.start(data, CollectedNotices()) }
        #expect(
            error?.description.contains("\(data.postgres) holds a Postgres cluster or files that no emulator made")
                == true)
        #expect(TextFile.read(data.postgres + "/PG_VERSION") == "15\n")
    }

    @Test func `refuses a Postgres folder of a version that is not installed`() async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let data = try DataFolder(folder.path + "/data")
        try FileManager.default.createDirectory(atPath: data.postgres, withIntermediateDirectories: true)
        try TextFile.write("9\n", to: data.postgres + "/PG_VERSION")
        try TextFile.write("", to: data.postgres + "/" + PostgresCluster.marker)
        try ServiceAccount.forServers()?.takeOver(data.postgres)
        let error = await #expect(throws: EmulatorError.self) { try await Self.start(data, CollectedNotices()) }
        #expect(error?.description.contains("was made by version 9, which is not installed (version 15 is)") == true)
    }

    @Test func `names the package of a program that is missing`() throws {
        var programs = ServerPrograms(environment: [:])
        programs.searchPath = ["/nowhere"]
        programs.postgresRoot = "/nowhere"
        let redis = #expect(throws: EmulatorError.self) { try programs.redis() }
        #expect(redis?.description.contains("Debian package redis-server") == true)
        let postgres = #expect(throws: EmulatorError.self) { try programs.postgres(major: nil) }
        #expect(postgres?.description.contains("Debian package postgresql") == true)
    }

    @Test func `refuses a second emulator on one folder and names the first`() throws {
        let folder = try TemporaryFolder(name: "emulator")
        let first = try DataFolder(folder.path + "/data")
        let error = #expect(throws: EmulatorError.self) { try DataFolder(folder.path + "/data") }
        #expect(error?.description.hasPrefix("another emulator (process \(getpid())) runs on \(first.path)") == true)
    }

    @Test func `stops what a killed emulator left behind`() async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let notices = CollectedNotices()
        let data = try DataFolder(folder.path + "/data")
        let abandoned = try await Self.start(data, notices)
        // Nobody supervises the first pair any more, as after kill -9 of an emulator whose children are still stopping.
        let servers = try await Self.start(data, notices)
        #expect(notices.infos.contains { $0.hasPrefix("a Postgres of an earlier emulator") })
        #expect(notices.infos.contains { $0.hasPrefix("a Redis of an earlier emulator") })
        for server in abandoned.processes {
            let old = try #require(server.status.process)
            while kill(old, 0) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
        await servers.stop()
    }

    @Test func `a Redis of the environment that does not answer is warned of at once`() async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let environment = try FunctionEnvironment(
            file: nil,
            inherited: [
                "DATABASE_URL": "postgres://me@db.example/app", "REDIS_URL": "redis://:secret@127.0.0.1:1",
            ])
        let notices = CollectedNotices()
        _ = try await PrivateServers.start(
            environment: environment, data: try DataFolder(folder.path + "/data"), postgresPort: 1, redisPort: 1,
            notices: notices)
        let warning = try #require(notices.warnings.first)
        #expect(warning.hasPrefix("REDIS_URL names a Redis that does not serve (redis://127.0.0.1:1/0)"))
        #expect(!warning.contains("secret"))
    }

    @Test func `uses the servers that the environment names`() async throws {
        let folder = try TemporaryFolder(name: "emulator")
        let environment = try FunctionEnvironment(
            file: nil,
            inherited: [
                "DATABASE_URL": "postgres://me:secret@db.example/app", "REDIS_URL": "redis://:secret@cache.example",
            ])
        let servers = try await PrivateServers.start(
            environment: environment, data: try DataFolder(folder.path + "/data"), postgresPort: 1, redisPort: 1,
            notices: CollectedNotices())
        #expect(servers.processes.isEmpty)
        #expect(servers.databaseURL == "postgres://me:secret@db.example/app")
        #expect(servers.external.map(\.phase) == [.external, .external])
        #expect(!servers.external.contains { $0.address.contains("secret") })
    }
}
