import Glibc
import SystemPackage
import Testing

@testable import Hosting

/// The `host` executable as a container runs it.
@Suite(.timeLimit(.minutes(1))) struct HostProcessTests {
    /// Runs a host before the Python function, and the body with its port and process.
    private func host(_ body: @escaping @Sendable (_ port: Int, _ process: Int32) async throws -> Void) async throws {
        let port = try freePort()
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "PORT": "\(port)", "HOST": "127.0.0.1",
            "FUNCTIONS": PythonFunction.path,
            "LD_LIBRARY_PATH": getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? "",
        ]
        let (starts, continuation) = AsyncStream<Result<ChildProcess, Errno>>.makeStream()
        ChildProcess.start(
            path: try Self.path(of: "host"), arguments: [], environment: environment,
            streams: (
                try .open("/dev/null", .readOnly), try .open("/dev/null", .writeOnly),
                try .open("/dev/null", .writeOnly)
            ),
            whenStarted: { continuation.yield($0) }, whenEnded: { _ in })
        var iterator = starts.makeAsyncIterator()
        let process = try #require(await iterator.next()).get()
        defer { process.signal(SIGKILL) }
        try await eventually { (try? await RawClient.get(port, "/_host/health").contains("Echo")) == true }
        try await body(port, process.identifier)
    }

    @Test func `no function outlives a host that is killed`() async throws {
        try await host { port, process in
            let function = try #require(Int32(try await RawClient.get(port, "/pid").lastLine))
            #expect(isAlive(function))
            kill(process, SIGKILL)
            try await eventually { !isAlive(function) }
        }
    }

    @Test func `SIGTERM lets a running call finish and ends the functions`() async throws {
        try await host { port, process in
            let function = try #require(Int32(try await RawClient.get(port, "/pid").lastLine))
            let client = try RawClient(port: port)
            try await client.send("GET /slow?seconds=0.5 HTTP/1.1\r\nhost: x\r\n\r\n")
            // The call has reached the function when another one on the same process was answered after it.
            _ = try await RawClient.get(port, "/pid")
            kill(process, SIGTERM)
            let response = try await client.receive()
            #expect(response.hasSuffix("late"))
            try await eventually { !isAlive(function) && !isAlive(process) }
        }
    }

    /// Products stand beside the test bundle.
    private static func path(of product: String) throws -> String {
        let maps = contents(of: "/proc/self/maps")
        let bundle = try #require(
            maps.split(separator: "\n").first { $0.contains(".xctest") || $0.contains("PackageTests") })
        let file = String(bundle.drop { $0 != "/" })
        return file.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + product
    }

    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> in_port_t? in
                guard bind(descriptor, address, size) == 0, getsockname(descriptor, address, &size) == 0 else {
                    return nil
                }
                return UnsafeRawPointer(address).loadUnaligned(fromByteOffset: 2, as: in_port_t.self).bigEndian
            }
        }
        return Int(try #require(port))
    }
}

extension String {
    fileprivate var lastLine: String { String(split(separator: "\r\n").last ?? "") }
}
