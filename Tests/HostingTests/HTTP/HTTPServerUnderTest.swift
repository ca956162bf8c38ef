import NIOPosix
import Synchronization

@testable import Hosting

/// The Python function behind an HTTP trigger on a port of its own.
struct HTTPServerUnderTest {
    let function: PythonFunction
    let port: Int

    static func run(
        _ environment: [String: String] = [:], limits: PoolLimits = PoolLimits(), options: HTTPOptions = HTTPOptions(),
        timeout: Duration = .seconds(10), local: @escaping HTTPLocalResponder = { _ in nil },
        _ body: @escaping @Sendable (HTTPServerUnderTest) async throws -> Void
    ) async throws {
        let function = PythonFunction(environment, limits: limits, timeout: timeout)
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let trigger = try HTTPTrigger(
            functions: [HTTPFunction(description: PythonFunction.description, invoker: function.pool)],
            options: options,
            group: MultiThreadedEventLoopGroup.singleton, local: local, onBound: { continuation.yield($0) })
        try await function.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await trigger.run() }
                var iterator = ports.makeAsyncIterator()
                let port = await iterator.next()!
                try await body(HTTPServerUnderTest(function: function, port: port))
                group.cancelAll()
            }
        }
    }

    func get(_ path: String, _ headers: String...) async throws -> String {
        let fields = headers.map { $0 + "\r\n" }.joined()
        return try await RawClient.request(
            port, "GET \(path) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\(fields)\r\n")
    }
}
