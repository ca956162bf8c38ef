import FoundationEssentials
import Postgres
import Testing

@testable import Domain

/// A plan is cached while the tables are small and used when they are large: no statement that runs for each job may scan one.
@Suite(.timeLimit(.minutes(1)))
struct PlanTests {
    /// The nodes of a plan that read a table without a key.
    private func scans(of statement: SQL, in world: World) async throws -> [String] {
        let lines = try await world.database.asService("explain \(statement)")[0].map { row in
            try row[0, as: String.self]
        }
        let nodes = lines.joined(separator: "\n").split(separator: "->").map(String.init)
        return nodes.filter { node in
            let first = node.prefix { $0 != "\n" }
            let reads = first.contains("Seq Scan") || first.contains("Index Scan") || first.contains("Index Only Scan")
            return reads && !node.contains("Index Cond")
        }
    }

    @Test func `claiming reaches its rows by their keys`() async throws {
        let world = try await World()
        let orders = (0..<20).map { _ in
            ClaimOrder(job: .version7(), message: .version7(), provider: "fake", worker: UUID())
        }
        #expect(try await scans(of: ClaimOrder.statement(orders, for: .seconds(10)), in: world) == [])
    }

    @Test func `completing reaches its rows by their keys`() async throws {
        let world = try await World()
        let orders = (0..<20).map { _ in
            CompletionOrder(
                token: LeaseToken(job: .version7(), attempt: 1, owner: UUID()), call: .version7(), results: [])
        }
        #expect(try await scans(of: CompletionOrder.statement(orders), in: world) == [])
    }

    @Test func `recording a request id reaches its rows by their keys`() async throws {
        let world = try await World()
        let orders = (0..<20).map { number in
            RecordingOrder(
                token: LeaseToken(job: .version7(), attempt: 1, owner: UUID()), call: .version7(),
                requestID: "r\(number)")
        }
        #expect(try await scans(of: RecordingOrder.statement(orders, for: .seconds(10)), in: world) == [])
    }
}
