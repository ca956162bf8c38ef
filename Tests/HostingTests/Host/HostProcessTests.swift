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

    /// What a host says that does not start, and how it ends.
    private func refusal(
        _ arguments: [String] = [], _ environment: [String: String]
    ) async throws -> (ending: ChildProcess.Ending, words: String) {
        let path = try Self.path(of: "host")
        let words = "/tmp/host-words-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        let file = try FileDescriptor.open(words, .writeOnly, options: .create, permissions: .ownerReadWrite)
        defer { unlink(words) }
        let copy = try file.duplicate()
        let ending = await withCheckedContinuation { continuation in
            ChildProcess.start(
                path: path, arguments: arguments,
                environment: environment.merging([
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "LD_LIBRARY_PATH": getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? "",
                ]) { given, _ in given },
                streams: (FileDescriptor(rawValue: open("/dev/null", O_RDONLY)), file, copy),
                whenStarted: { _ in }, whenEnded: { continuation.resume(returning: $0) })
        }
        return (ending, contents(of: words))
    }

    @Test func `a host takes no arguments, and says what it takes instead`() async throws {
        let wrong = try await refusal(["--describe"], ["FUNCTIONS": PythonFunction.path])
        #expect(wrong.ending == .exited(EX_USAGE))
        #expect(wrong.words.hasPrefix("host takes no argument (--describe)."))
        let help = try await refusal(["--help"], [:])
        #expect(help.ending == .exited(0))
        #expect(help.words.contains("FUNCTIONS_DIR: directory of function executables"))
    }

    @Test func `a host among its functions is none of them`() async throws {
        let folder = "/tmp/host-folder-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        mkdir(folder, 0o755)
        defer { rmdir(folder) }
        symlink(try Self.path(of: "host"), folder + "/host")
        defer { unlink(folder + "/host") }
        let refused = try await refusal([], ["FUNCTIONS_DIR": folder, "PORT": "0"])
        #expect(refused.ending == .exited(78))
        #expect(refused.words.contains("FUNCTIONS_DIR has no executable file"))
    }

    @Test func `what describes itself does not outlive a host that is killed`() async throws {
        let folder = "/tmp/host-folder-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        mkdir(folder, 0o755)
        defer { rmdir(folder) }
        let (slow, note) = (folder + "/slow", folder + "/note")
        let script = "#!/bin/sh\necho $$ > \(note)\nexec sleep 60\n"
        let file = try FileDescriptor.open(slow, .writeOnly, options: .create, permissions: [.ownerReadWriteExecute])
        _ = try file.closeAfter { try file.writeAll(script.utf8) }
        defer { for path in [slow, note] { unlink(path) } }
        let (starts, continuation) = AsyncStream<Result<ChildProcess, Errno>>.makeStream()
        ChildProcess.start(
            path: try Self.path(of: "host"), arguments: [],
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "FUNCTIONS_DIR": folder, "PORT": "0",
                "LD_LIBRARY_PATH": getenv("LD_LIBRARY_PATH").map { String(cString: $0) } ?? "",
            ],
            streams: (
                try .open("/dev/null", .readOnly), try .open("/dev/null", .writeOnly),
                try .open("/dev/null", .writeOnly)
            ),
            whenStarted: { continuation.yield($0) }, whenEnded: { _ in })
        var iterator = starts.makeAsyncIterator()
        let process = try #require(await iterator.next()).get()
        try await eventually { contents(of: note).hasSuffix("\n") }
        let describing = try #require(Int32(contents(of: note).split(separator: "\n")[0]))
        #expect(isAlive(describing))
        kill(process.identifier, SIGKILL)
        try await eventually { !isAlive(describing) }
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
