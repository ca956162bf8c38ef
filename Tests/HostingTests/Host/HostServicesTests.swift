import Glibc
import Logging
import ServiceLifecycle
import Testing

@testable import Hosting

@Suite(.timeLimit(.minutes(1))) struct HostServicesTests {
    private static let record = """
        {"Records":[{"eventName":"s3:ObjectCreated:Put","eventTime":"2026-11-20T21:00:00.000Z",
         "s3":{"bucket":{"name":"darkroom"},"object":{"key":"uploads%2Fa.png","size":3,"eTag":"e"}}}]}
        """

    /// Makes the services of a host before the Python function.
    private static func services(
        _ environment: [String: String], folder: String, onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> HostServices {
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "PORT": "0", "HOST": "127.0.0.1",
            "FUNCTIONS": PythonFunction.path, "NOTES": folder + "/notes",
        ].merging(environment) { _, mine in mine }
        return try await HostServices(
            try HostConfiguration(environment), environment: environment, manifest: folder + "/manifest.json",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, observer: EventLog(), onBound: onBound)
    }

    private static func inFolder(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/host-XXXXXX".utf8CString)
        let folder = String(cString: mkdtemp(&template))
        defer {
            for name in ["notes", "manifest.json"] { unlink(folder + "/" + name) }
            rmdir(folder)
        }
        try await body(folder)
    }

    @Test func `object events that a store posts reach the function before the store is answered`() async throws {
        try await Self.inFolder { folder in
            let (ports, continuation) = AsyncStream<Int>.makeStream()
            let host = try await Self.services(
                ["TRIGGERS": "object", "EVENTS_TOKEN": "secret", "BEHAVIOR": "objects"], folder: folder,
                onBound: { continuation.yield($0) })
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(services: host.services, logger: Logger(label: "test")))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                var iterator = ports.makeAsyncIterator()
                let port = try #require(await iterator.next())
                let refused = try await Self.post(port, "Authorization: Bearer other")
                #expect(refused.contains("HTTP/1.1 401"))
                #expect(contents(of: folder + "/notes") == "")
                let taken = try await Self.post(port, "Authorization: Bearer secret")
                #expect(taken.contains("HTTP/1.1 200"))
                #expect(contents(of: folder + "/notes") == "stored uploads/a.png\n")
                #expect(try await RawClient.get(port, "/_host/health").contains("Echo"))
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    private static func post(_ port: Int, _ header: String) async throws -> String {
        try await RawClient.request(
            port,
            "POST /_host/events/minio HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\(header)\r\n"
                + "content-type: application/json\r\ncontent-length: \(record.utf8.count)\r\n\r\n\(record)")
    }

    @Test func `a function that lacks what it needs keeps the host from starting, with everything in one sentence`()
        async throws
    {
        try await Self.inFolder { folder in
            let error = await #expect(throws: HostConfigurationError.self) {
                try await Self.services(["NEEDS": "SECOND,FIRST,PATH"], folder: folder)
            }
            #expect(
                error?.problems == [
                    "The functions need these environment variables, which are missing: "
                        + "FIRST (a key of the test), SECOND (a key of the test)."
                ])
        }
    }

    @Test(arguments: [(nil, true), ("s3", true), ("azure", false)] as [(String?, Bool)])
    func `what one value of a variable needs is missing only with that value`(
        _ store: String?, _ isMissing: Bool
    ) async throws {
        try await Self.inFolder { folder in
            var environment = ["NEEDS_WITH_STORE": "STORE_KEY"]
            environment["STORE"] = store
            guard isMissing else {
                _ = try await Self.services(environment, folder: folder)
                return
            }
            let error = await #expect(throws: HostConfigurationError.self) {
                try await Self.services(environment, folder: folder)
            }
            #expect(
                error?.problems == [
                    "The functions need these environment variables, which are missing: STORE_KEY (its key)."
                ])
        }
    }

    @Test func `a function that no trigger of this host calls is not served and needs nothing`() async throws {
        try await Self.inFolder { folder in
            let host = try await Self.services(["TRIGGERS": "timer", "NEEDS": "FIRST"], folder: folder)
            #expect(host.functions.isEmpty)
            #expect(host.services.isEmpty)
            #expect(contents(of: folder + "/manifest.json").contains("Echo"))
        }
    }
}
