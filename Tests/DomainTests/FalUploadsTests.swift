import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

/// How input pictures reach fal.ai's models.
@Suite(.timeLimit(.minutes(1)))
struct FalUploadsTests {
    private static let large = [UInt8](repeating: 7, count: 256 << 10 + 1)

    /// fal.ai's hosts, with a CDN and a storage that are elsewhere.
    private struct Hosts {
        let fal: LocalServer
        let cdn: LocalServer
        let storage: LocalServer

        init(cdnStatus: Int = 200, storageStatus: Int = 200, tokenStatus: Int = 200) throws {
            let (cdn, storage) = (
                try LocalServer { _ in
                    .init(status: cdnStatus, body: (["access_url": "https://cdn/f/input.jpg"] as JSON).serialized)
                },
                try LocalServer { _ in .init(status: storageStatus) }
            )
            fal = try LocalServer { [cdn, storage] sent in
                let answer: JSON =
                    switch sent.path {
                    case "/storage/auth/token?storage_type=fal-cdn-v3":
                        [
                            "token": "t1", "token_type": "Bearer", "base_url": .string(cdn.url),
                            "expires_at": "2099-01-01",
                        ]
                    case "/storage/upload/initiate?storage_type=gcs":
                        ["upload_url": .string("\(storage.url)/put?signature=1"), "file_url": "https://storage/f.jpg"]
                    default: ["request_id": "r1"]
                    }
                return .init(status: sent.path.contains("/token") ? tokenStatus : 200, body: answer.serialized)
            }
            (self.cdn, self.storage) = (cdn, storage)
        }

        func provider(addresses: String = "any") throws -> Fal {
            try Fal(
                Configuration([
                    "FAL_KEY": "id:secret", "FAL_QUEUE_URL": fal.url, "FAL_REST_URL": fal.url,
                    "RESULT_ADDRESSES": addresses,
                ]), HTTPClient())
        }

        /// The picture's address in the request that was submitted.
        var submitted: String? {
            fal.requests.last.flatMap { try? JSON(parsing: $0.body)["image_url"]?.string }
        }
    }

    private func request(_ bytes: [UInt8], _ format: ImageFormat = .jpeg) -> GenerationRequest {
        GenerationRequest(job: .version7(), prompt: "a fox", image: .init(bytes: bytes, format: format))
    }

    @Test func `a small picture travels in the request`() async throws {
        let hosts = try Hosts()
        _ = try await hosts.provider().submit(request(TestImages.png, .png), .silent)
        #expect(hosts.submitted?.hasPrefix("data:image/png;base64,iVBORw0KGgo") == true)
        #expect(hosts.fal.requests.count == 1)
    }

    @Test func `a large one goes to the CDN with a token for it, not with the key`() async throws {
        let hosts = try Hosts()
        _ = try await hosts.provider().submit(request(Self.large), .silent)
        #expect(hosts.submitted == "https://cdn/f/input.jpg")
        let sent = try #require(hosts.cdn.requests.first)
        #expect(sent.method == "POST" && sent.path == "/files/upload" && sent.body == Self.large)
        #expect(sent.headers["authorization"] == "Bearer t1")
        #expect(sent.headers["content-type"] == "image/jpeg" && sent.headers["x-fal-file-name"] == "input.jpg")
        #expect(hosts.storage.requests.isEmpty)
        #expect(hosts.fal.requests[0].headers["authorization"] == "Key id:secret")
    }

    @Test func `where the CDN does not take it, a presigned address does, without any credentials`() async throws {
        let hosts = try Hosts(cdnStatus: 500)
        _ = try await hosts.provider().submit(request(Self.large), .silent)
        #expect(hosts.submitted == "https://storage/f.jpg")
        let sent = try #require(hosts.storage.requests.first)
        #expect(sent.method == "PUT" && sent.path == "/put?signature=1" && sent.body == Self.large)
        #expect(sent.headers["authorization"] == nil)
        #expect(!sent.headers.values.contains { $0.contains("secret") || $0.contains("t1") })
    }

    @Test func `a picture that nobody takes ends the attempt before anything is submitted`() async throws {
        let hosts = try Hosts(cdnStatus: 500, storageStatus: 500)
        let error = await #expect(throws: ProviderError.self) {
            try await hosts.provider().submit(request(Self.large), .silent)
        }
        #expect(error?.retryClass == .unavailable && error?.call == .ended)
        #expect(!hosts.fal.requests.contains { $0.path.hasPrefix("/fal-ai") })
    }

    @Test func `a key that is not accepted is said before anything is uploaded`() async throws {
        let hosts = try Hosts(tokenStatus: 401)
        let error = await #expect(throws: ProviderError.self) {
            try await hosts.provider().submit(request(Self.large), .silent)
        }
        #expect(error?.retryClass == .quota && error?.message.contains("FAL_KEY") == true)
        #expect(hosts.cdn.requests.isEmpty && hosts.storage.requests.isEmpty)
    }

    @Test func `nothing is sent to a private address that an answer names, unless allowed`() async throws {
        let hosts = try Hosts()
        let error = await #expect(throws: ProviderError.self) {
            try await hosts.provider(addresses: "public").submit(request(Self.large), .silent)
        }
        #expect(error?.retryClass == .unavailable)
        #expect(hosts.cdn.requests.isEmpty && hosts.storage.requests.isEmpty)
    }
}
