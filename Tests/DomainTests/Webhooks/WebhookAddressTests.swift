import Domain
import FoundationEssentials
import FunctionRuntime
import Testing

struct WebhookAddressTests {
    @Test func `the address names provider, job and call, below where this service can be reached`() throws {
        let (job, call) = (UUID(), UUID())
        let configured = try #require(try WebhookAddress(Configuration(["PUBLIC_URL": "https://darkroom.example/"])))
        #expect(
            configured.address(of: "fal", job: job, call: call)
                == "https://darkroom.example/api/v1/webhooks/fal?job=\(job.text)&call=\(call.text)")
        #expect(try WebhookAddress(Configuration([:])) == nil)
        #expect(throws: ConfigurationProblem.self) { try WebhookAddress(Configuration(["PUBLIC_URL": "darkroom"])) }
    }

    @Test(arguments: [
        ("http://127.0.0.1:7071", "http://127.0.0.1:7080/replicate", true),
        ("http://127.0.0.1:7071", "https://api.replicate.com", false),
        ("https://darkroom.example", "https://api.replicate.com", true),
    ])
    func `a provider on the internet is given no address that it would not take`(
        webhook: String, base: String, isTold: Bool
    ) {
        let request = GenerationRequest(job: UUID(), prompt: "a fox", webhook: webhook)
        #expect(request.webhook(from: base) == (isTold ? webhook : nil))
    }
}
