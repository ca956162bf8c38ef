import Cryptography
import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StableDiffusionCppTests {
    private func provider(_ server: LocalServer) throws -> StableDiffusionCpp {
        try StableDiffusionCpp(Configuration(["SDCPP_URL": server.url]), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON) throws -> LocalServer {
        try LocalServer { _ in .init(status: status, headers: ["Retry-After": "7"], body: body.serialized) }
    }

    private func request() -> GenerationRequest {
        GenerationRequest(
            job: .version7(), prompt: "a fox", parameters: ["width": 64], image: .init(bytes: [1, 2], format: .png),
            definition: ["width": 32, "sample_params": ["sample_steps": 4]])
    }

    @Test func `a job is submitted in the native dialect`() async throws {
        let server = try answering(202, ["id": "job_1", "status": "queued", "poll_url": "/sdcpp/v1/jobs/job_1"])
        let call = try await provider(server).submit(request(), .silent)
        #expect(call == ProviderCall(requestID: "job_1", state: .running(progress: nil)))
        #expect(server.requests.map(\.path) == ["/sdcpp/v1/img_gen"])
        let body = try JSON(parsing: server.requests[0].body)
        #expect(body == ["width": 64, "sample_params": ["sample_steps": 4], "prompt": "a fox", "init_image": "AQI="])
    }

    private static let states: [(JSON, String)] = [
        (["status": "queued", "queue_position": 2], "running"), (["status": "generating"], "running"),
        (["status": "a word of tomorrow"], "running"), (["status": "cancelled"], "canceled"),
        (["status": "completed", "result": ["images": [["index": 0, "b64_json": "AQID"]]]], "1 pictures"),
        (["status": "completed", "result": nil], "provider_unavailable"),
        (["status": "completed", "result": ["images": [["b64_json": "!"]]]], "provider_unavailable"),
        (["status": "failed", "error": ["code": "generation_failed", "message": "no"]], "provider_failed"),
        (["status": "failed", "error": ["message": "out of memory"]], "provider_unavailable"),
        (["status": "failed"], "provider_failed"),
    ]

    @Test(arguments: states)
    func `every state of a job is understood`(job: JSON, expected: String) async throws {
        let server = try answering(200, job)
        let shown =
            switch try await provider(server).poll("job_1").state {
            case .running: "running"
            case .canceled: "canceled"
            case .failed(let error): error.code
            case .succeeded(let outputs): "\(outputs.count) pictures"
            }
        #expect(shown == expected)
    }

    private static let refusals: [(Int, JSON, RetryClass, ProviderError.Call)] = [
        (400, ["message": "invalid json"], .invalid, .ended), (429, [:], .limited(wait: .seconds(7)), .ended),
        (500, [:], .unavailable, .goesOn), (503, [:], .unavailable, .ended), (401, [:], .quota, .ended),
        (202, [:], .lost, .goesOn), (202, ["id": "../x"], .lost, .goesOn),
    ]

    @Test(arguments: refusals)
    func `every answer to a job has its class, and no job is repeated`(
        status: Int, body: JSON, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, body)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == call, "\(String(describing: error))")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [404, 410])
    func `a job that is gone is lost and over`(status: Int) async throws {
        let server = try answering(status, ["message": "expired"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).poll("job_1") }
        #expect(error?.retryClass == .lost && error?.call == .ended)
    }

    @Test(arguments: [200, 404, 409, 410])
    func `stopping one that cannot be stopped any more is no failure`(status: Int) async throws {
        let server = try answering(status, [:])
        try await provider(server).cancel("job_1")
        #expect(server.requests.map { "\($0.method) \($0.path)" } == ["POST /sdcpp/v1/jobs/job_1/cancel"])
    }
}
