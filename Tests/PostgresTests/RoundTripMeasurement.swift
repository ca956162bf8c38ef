import FunctionTesting
import Glibc
import JSON
import Testing

@testable import Postgres

/// How long a round trip takes: printed, not judged.
///
///     MEASURE=1 swift test -c release -Xswiftc -enable-testing --filter RoundTripMeasurement
@Suite(.enabled(if: getenv("MEASURE") != nil), .serialized) struct RoundTripMeasurement {
    func measure(_ name: String, rounds: Int = 10_000, _ body: () async throws -> some Any) async throws {
        for _ in 0..<500 { _ = try await body() }
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<rounds { times.append(try await clock.measure { _ = try await body() }) }
        times.sort()
        let microseconds = { (part: Double) in Int(times[Int(Double(rounds) * part)] / .nanoseconds(1)) / 100 }
        func text(_ tenths: Int) -> String { "\(tenths / 10).\(tenths % 10)" }
        print("\(name): p50 \(text(microseconds(0.5))) µs, p95 \(text(microseconds(0.95))) µs")
    }

    @Test func `warm round trips`() async throws {
        let server = try await TemporaryPostgres.shared()
        for (transport, url) in [("Unix socket", server.socketURL()), ("TCP", server.url)] {
            let postgres = Postgres(try PostgresConfiguration(url: url))
            defer { postgres.close() }
            try await measure("\(transport): select, one parameter") {
                try await postgres.first("select \(1)", as: Int.self)
            }
            try await measure("\(transport): transaction of one statement, two round trips") {
                try await postgres.transaction { try await $0.execute("select \(1)") }
            }
            try await measure("\(transport): the same with role and claims") {
                try await postgres.transaction(.init(role: "postgres", claims: ["sub": "ada"])) {
                    try await $0.execute("select \(1)")
                }
            }
            try await measure("\(transport): the same in one round trip") {
                try await postgres.transaction(.init(role: "postgres", claims: ["sub": "ada"]), run: ["select \(1)"])
            }
        }
    }

    @Test func `throughput of four connections`() async throws {
        let postgres = Postgres(try PostgresConfiguration(url: try await TemporaryPostgres.shared().url, poolSize: 4))
        defer { postgres.close() }
        let time = try await ContinuousClock().measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<5_000 { try await postgres.execute("select \(1)") } }
                }
                try await group.waitForAll()
            }
        }
        print("8 tasks over 4 connections: \(Int(40_000 / (time / .seconds(1)))) statements a second")
    }
}
