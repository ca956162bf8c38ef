import FunctionRuntime
import Glibc

/// Does on demand what a function may do, by path: what hosts are tested with, and one half of the conformance tests.
@main struct EchoFunction: Function {
    static let summary = "Answers by path: echo, stream, sleep, fail, crash, print, log, progress, read, child."
    static let triggers = [
        Trigger.http(.get, "/echo"), .http(.post, "/echo"), .http(.get, "/stream"), .http(.get, "/sleep"),
        .http(.get, "/fail"), .http(.get, "/crash"), .http(.get, "/print"), .http(.get, "/log"),
        .http(.get, "/progress"), .http(.post, "/upload"), .http(.get, "/read"), .http(.get, "/environment"),
    ]
    static let limits = Limits(concurrency: 64, timeout: .seconds(20), memory: 64)
    static let environment: [any ConfigurationKeyProtocol] = [number, secret]

    static let number = ConfigurationKey<Int>("ECHO_NUMBER", summary: "any whole number", default: 1)
    static let secret = ConfigurationKey<String>("ECHO_SECRET", summary: "any text", default: "", secret: true)

    init(_ configuration: Configuration) throws {
        configuration.log.info("started", ["number": try configuration[Self.number]])
    }

    func call(_ request: Request<BodyStream>, _ context: Context) async throws -> Echo {
        switch request.path {
        case "/stream": return .stream(count: try request.query("bytes", as: Int.self) ?? 2 * 1_048_576)
        case "/sleep": try await Task.sleep(for: .seconds(3600))
        case "/fail": throw try failure(request)
        case "/crash": fatalError("crashed on demand")
        case "/print": print("printed on standard output")
        case "/log": context.log.warning("logged", ["path": request.path, "attempt": context.attempt])
        case "/progress": for step in 1...4 { context.progress(Double(step) / 4, "step \(step)") }
        case "/upload": return .text("\(try await count(request.body))")
        case "/read": return .text(readLine() ?? "nothing to read")
        case "/environment": return .text("\(try context.configuration[Self.number]) \(context.configuration)")
        default: return .bytes(try await all(request.body), request.headers["content-type"])
        }
        return .text("done")
    }

    private func failure(_ request: Request<BodyStream>) throws -> any Error {
        guard let code = try request.query("code") else { return Unexpected() }
        return Failure(Failure.Code(rawValue: code) ?? .internal, "failed on demand")
    }

    private func count(_ body: BodyStream) async throws -> Int {
        var count = 0
        for try await bytes in body { count += bytes.count }
        return count
    }

    private func all(_ body: BodyStream) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await bytes in body { all += bytes }
        return all
    }
}

/// An error that is not a `Failure`: what it says must stay within the process.
struct Unexpected: Error {
    let detail = "the secret inside"
}
