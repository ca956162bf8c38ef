import FoundationEssentials
import FunctionRuntime
import Glibc
import JSON
import NIOPosix
import Testing

@testable import Hosting

/// The function of Fixtures/function.py, which misbehaves on request, in a pool of its own.
struct PythonFunction {
    let folder: String
    let log = EventLog()
    let pool: ProcessPool

    static let path = "\(#filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined())/Fixtures/function.py"

    static let description = FunctionDescription(
        name: "Echo", build: "b1",
        triggers: [
            "/echo", "/event", "/pid", "/slow", "/stubborn", "/crash", "/exit", "/garbage", "/half", "/closestdin",
            "/error",
            "/log", "/twice", "/stream", "/greedy", "/dieinstream", "/injection", "/upload", "/large", "/things/{id}",
        ].flatMap { [.http(.get, $0), .http(.post, $0)] }, limits: Limits(concurrency: 8, timeout: .seconds(10)))

    init(
        _ environment: [String: String] = [:], limits: PoolLimits = PoolLimits(), timeout: Duration = .seconds(10),
        triggers: [Trigger]? = nil
    ) {
        var template = Array("/tmp/hosting-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
        var described = Self.description
        described.limits = Limits(concurrency: 8, timeout: timeout)
        if let triggers { described.triggers = triggers }
        pool = ProcessPool(
            function: LocatedFunction(path: Self.path, description: described), limits: limits,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "NOTES": folder + "/notes", "SENT": folder + "/sent",
            ].merging(environment) { _, mine in mine }, group: MultiThreadedEventLoopGroup.singleton, observer: log)
    }

    /// Runs the pool while the body runs, and stops it.
    func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        defer { removeFolder() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            do {
                let value = try await body()
                pool.stop()
                try await group.waitForAll()
                return value
            } catch {
                pool.kill()
                throw error
            }
        }
    }

    func get(
        _ path: String, query: [String: String] = [:], remaining: Duration? = nil
    ) async throws(InvocationFailure) -> InvocationAnswer {
        try await pool.invoke(.get(path, query: query, remaining: remaining))
    }

    /// Waits until the function has noted this.
    func noted(_ text: String) async throws {
        try await eventually { read("notes").contains(text) }
    }

    func read(_ file: String) -> String { contents(of: folder + "/" + file) }

    private func removeFolder() {
        for name in ["notes", "sent"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}

extension Invocation {
    static func get(
        _ path: String, query: [String: String] = [:], body: [UInt8] = [], remaining: Duration? = nil
    ) -> Invocation {
        Invocation(
            id: InvocationIdentifier.make(),
            event: .http(
                HTTPEvent(
                    method: .get, path: path, route: path, query: query.mapValues { [$0] }, body: FrameBody(body))),
            remaining: remaining)
    }

    static func message(_ body: JSON) -> Invocation {
        let id = InvocationIdentifier.make()
        return Invocation(
            id: id, event: .queue(Message(id: id, queue: "test", attempt: 1, enqueuedAt: Date(), body: body)))
    }
}

extension InvocationAnswer {
    /// The whole body as text.
    var text: String {
        get async throws {
            switch body {
            case .whole(let bytes): return String(decoding: bytes, as: UTF8.self)
            case .stream(let stream):
                var all: [UInt8] = []
                while let chunk = try await stream.next() { all += chunk }
                return String(decoding: all, as: UTF8.self)
            }
        }
    }
}

/// Waits for a state, looking again every few milliseconds.
func eventually(
    _ state: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while try await !state() {
        guard ContinuousClock.now < end else {
            Issue.record("The state was not reached within 20 s.", sourceLocation: sourceLocation)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

func contents(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
}

/// Whether a process is there (and not only waiting to be reaped).
func isAlive(_ process: Int32) -> Bool {
    let status = contents(of: "/proc/\(process)/stat")
    return !status.isEmpty && !status.contains(") Z ")
}
