import Domain
import FoundationEssentials
import FunctionRuntime
import Testing

@Suite(.timeLimit(.minutes(1)))
struct IdentityTests {
    private func identity(_ world: World, _ values: [String: String]) throws -> Identity {
        try Identity(Configuration(values), world.database)
    }

    @Test func `without configuration a request without a token is refused`() async throws {
        let world = try await World()
        let failure = await #expect(throws: Failure.self) { try await identity(world, [:]).user(of: [:]) }
        #expect(failure?.code == .unauthenticated)
    }

    @Test func `the development user is the same row for every process`() async throws {
        let world = try await World()
        let values = ["DEVELOPMENT_USER": "Developer@example.com"]
        let first = try await identity(world, values).user(of: [:])
        let second = try await identity(world, ["DEVELOPMENT_USER": "developer@example.com"]).user(of: [:])
        #expect(first == second)
        let id = UUID.version7()
        #expect(try await identity(world, ["DEVELOPMENT_USER": id.text]).user(of: [:]) == id)
        #expect(try await identity(world, ["DEVELOPMENT_USER": id.text]).user(of: [:]) == id)
    }

    @Test func `a token is refused with a sentence, development user or not`() async throws {
        let world = try await World()
        let failure = await #expect(throws: Failure.self) {
            try await identity(world, ["DEVELOPMENT_USER": "a@example.com"]).user(of: ["authorization": "Bearer x"])
        }
        #expect(failure?.code == .unauthenticated && failure?.message.contains("no accounts") == true)
    }
}
