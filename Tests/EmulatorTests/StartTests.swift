import FoundationEssentials
import FunctionTesting
import Glibc
import HTTPClient
import JSON
import Testing

@testable import emulator

/// The executable itself, with a Python function; one at a time, so that the machine is not crowded.
@Suite(.serialized, .timeLimit(.minutes(2))) struct StartTests {
    @Test func `serves HTTP, fires timers, takes messages and stored objects`() async throws {
        let emulator = try await StartedEmulator(in: try TemporaryFolder(name: "start"))
        let first = try await emulator.get(emulator.gateway + "/clock")
        #expect(first.status == 200)
        #expect(first.json["version"]?.string == "one")
        let queue = try await emulator.post(
            emulator.dashboard + "/api/functions/clock/invoke", ["queue": ["data": ["a": 1]]])
        #expect(queue.json["failure"] == nil)
        let record: JSON = [
            "eventName": "s3:ObjectCreated:Put", "eventTime": "2026-11-20T21:00:00.000Z",
            "s3": ["bucket": ["name": "darkroom"], "object": ["key": "uploads%2Fa.png", "size": 3, "eTag": "e"]],
        ]
        let posted = try await emulator.post(emulator.gateway + "/_emulator/events/minio", ["Records": [record]])
        #expect(posted.status == 200)
        var counts: JSON? = nil
        repeat {
            counts = try await emulator.get(emulator.gateway + "/clock").json["counts"]
            try await Task.sleep(for: .milliseconds(20))
        } while (counts?["timer"]?.int ?? 0) < 2
        #expect(counts?["queue"]?.int == 1)
        #expect(counts?["object"]?.int == 1)
        #expect(await emulator.end(SIGTERM) == 0)
        #expect(emulator.relatives == [])
        #expect(!FileManager.default.fileExists(atPath: emulator.data + "/emulator.json"))
    }

    @Test func `leaves no process behind when it is killed, and starts again on the same folder`() async throws {
        let folder = try TemporaryFolder(name: "start")
        let first = try await StartedEmulator(in: folder)
        _ = try await first.get(first.gateway + "/clock")
        #expect(first.relatives.count > 3)
        #expect(await first.end(SIGKILL) == 128 + SIGKILL)
        while !first.relatives.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        let second = try await StartedEmulator(in: folder)
        #expect(try await second.get(second.gateway + "/clock").status == 200)
        #expect(await second.end(SIGINT) == 0)
    }

    @Test func `lets a new build take over without a dropped request`() async throws {
        let emulator = try await StartedEmulator(in: try TemporaryFolder(name: "start"))
        #expect(try await emulator.get(emulator.gateway + "/clock").json["version"]?.string == "one")
        try StartedEmulator.install(version: "two", at: emulator.function)
        var version: String?
        repeat {
            let answer = try await emulator.get(emulator.gateway + "/clock")
            #expect(answer.status == 200)
            version = answer.json["version"]?.string
        } while version != "two"
        #expect(try await emulator.get(emulator.dashboard + "/api/functions").json[0]?["build"]?.string == "two")
        #expect(await emulator.end(SIGTERM) == 0)
    }

    @Test func `serves the old build on when the new one does not start`() async throws {
        let emulator = try await StartedEmulator(in: try TemporaryFolder(name: "start"))
        // A process of the old build has to be there: the pool cannot start one from a file that was overwritten.
        #expect(try await emulator.get(emulator.gateway + "/clock").status == 200)
        try TextFile.write(
            "#!/usr/bin/env python3\nraise SystemExit('broken build')\n", to: emulator.function, mode: 0o755)
        while !emulator.output.contains("not served") { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await emulator.get(emulator.gateway + "/clock").json["version"]?.string == "one")
        #expect(await emulator.end(SIGTERM) == 0)
    }

    @Test func `goes on when the functions' folder is removed, and takes what is built into it again`() async throws {
        let folder = try TemporaryFolder(name: "start")
        let functions = folder.path + "/functions"
        try FileManager.default.createDirectory(atPath: functions, withIntermediateDirectories: true)
        let emulator = try await StartedEmulator(in: folder, arguments: ["--functions", functions])
        try FileManager.default.removeItem(atPath: functions)
        while !emulator.output.contains("cannot be read") { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await emulator.get(emulator.gateway + "/clock").status == 200)
        try FileManager.default.createDirectory(atPath: functions, withIntermediateDirectories: true)
        while !emulator.output.contains("is there again") { try await Task.sleep(for: .milliseconds(20)) }
        try StartedEmulator.install(version: "two", at: emulator.function)
        while try await emulator.get(emulator.gateway + "/clock").json["version"]?.string != "two" {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(await emulator.end(SIGTERM) == 0)
    }

    @Test(.timeLimit(.minutes(5)))
    func `rebuilds changed sources; a failing build shows its error and the old one serves on`() async throws {
        let folder = try TemporaryFolder(name: "start")
        let package = try SmallPackage(in: folder)
        try package.edit(version: "\"one\"")
        try await package.build()
        let emulator = try await StartedEmulator(
            in: folder, arguments: ["--functions", package.products], environment: package.environment)
        func version() async throws -> String? {
            let answer = try await emulator.get(emulator.gateway + "/small")
            #expect(answer.status == 200)
            return answer.json.string
        }
        #expect(try await version() == "one")
        try package.edit(version: "\"two\"")
        while try await version() != "two" { try await Task.sleep(for: .milliseconds(20)) }
        try package.edit(version: "nothingOfThatName")
        while !emulator.output.contains("cannot find 'nothingOfThatName' in scope") {
            #expect(try await version() == "two")
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(emulator.output.contains("the build failed, the old build serves on"))
        #expect(try await version() == "two")
        try package.edit(version: "\"three\"")
        while try await version() != "three" { try await Task.sleep(for: .milliseconds(20)) }
        #expect(await emulator.end(SIGTERM) == 0)
    }

    @Test func `heals when Redis and Postgres are killed under it`() async throws {
        let emulator = try await StartedEmulator(in: try TemporaryFolder(name: "start"))
        for name in ["Redis", "Postgres"] {
            let service = try await service(name, emulator)
            let killed = try #require(service["process"]?.int)
            kill(Int32(killed), SIGKILL)
            while case let now = try await self.service(name, emulator),
                now["phase"]?.string != "running" || now["process"]?.int == killed
            {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(try await emulator.get(emulator.gateway + "/clock").status == 200)
        #expect(await emulator.end(SIGTERM) == 0)
    }

    @Test func `refuses a second start on its folder, and a running one is found through it`() async throws {
        let folder = try TemporaryFolder(name: "start")
        let emulator = try await StartedEmulator(in: folder)
        let output = folder.path + "/second"
        func verb(_ arguments: [String]) async throws -> (Int32, String) {
            unlink(output)
            let process = try await ServerProcess.start(
                ServerCommand(
                    name: "emulator", executable: StartedEmulator.executable, arguments: arguments,
                    directory: folder.path,
                    log: output, stopSignal: SIGTERM, killSignal: SIGKILL))
            return (await process.ended(), TextFile.read(output) ?? "")
        }
        let second = try await verb(["start", "--data", emulator.data])
        #expect(second.0 == 1)
        #expect(second.1.contains("another emulator (process \(emulator.id)) runs on \(emulator.data)"))
        let list = try await verb(["list", "--data", emulator.data])
        #expect(list.1.contains("clock  GET /clock"))
        let invoked = try await verb(["invoke", "clock", "--data", emulator.data])
        #expect(invoked.0 == 0)
        #expect(invoked.1.contains(#""version": "one""#))
        // The log tells of an invocation once it is over, which may be a moment after its answer.
        while try await !verb(["logs", "--data", emulator.data]).1.contains("GET /clock → 200") {}
        #expect(await emulator.end(SIGTERM) == 0)
        let gone = try await verb(["logs", "--data", emulator.data])
        #expect(gone.0 == 1)
        #expect(gone.1.contains("no emulator runs on \(emulator.data): start one"))
    }

    private func service(_ name: String, _ emulator: StartedEmulator) async throws -> JSON {
        let services = try await emulator.get(emulator.dashboard + "/api/services").json.array ?? []
        return try #require(services.first { $0["name"]?.string == name })
    }
}
