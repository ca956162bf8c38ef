import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Testing

/// What fal.ai's queue may answer to a submission, a look and a cancellation, from a server that says what a test wants.
@Suite(.timeLimit(.minutes(1)))
struct FalTests {
    private func provider(_ server: LocalServer, _ more: [String: String] = [:]) throws -> Fal {
        let values = [
            "FAL_KEY": "id:secret", "FAL_QUEUE_URL": server.url + "/", "FAL_REST_URL": server.url,
            "FAL_MODEL": "acme/painter/turbo", "RESULT_ADDRESSES": "any",
        ]
        return try Fal(Configuration(values.merging(more) { $1 }), HTTPClient())
    }

    private func answering(_ status: Int, _ body: JSON, headers: [String: String] = [:]) throws -> LocalServer {
        try LocalServer { _ in .init(status: status, headers: headers, body: body.serialized) }
    }

    private func request(_ parameters: JSONObject = [:], webhook: String? = nil) -> GenerationRequest {
        GenerationRequest(job: .version7(), prompt: "a fox", parameters: parameters, webhook: webhook)
    }

    private static let taken: JSON = ["request_id": "r1", "status": "IN_QUEUE"]

    @Test func `a request goes into the queue with its priority, and fal's own retries are off`() async throws {
        let server = try answering(200, Self.taken)
        let call = try await provider(server, ["FAL_PRIORITY": "low"]).submit(request(["seed": 7]), .silent)
        #expect(call == ProviderCall(requestID: "acme/painter/requests/r1", state: .running(progress: nil)))
        let sent = try #require(server.requests.first)
        #expect(sent.method == "POST" && sent.path == "/acme/painter/turbo")
        #expect(sent.headers["authorization"] == "Key id:secret")
        #expect(sent.headers["x-fal-queue-priority"] == "low" && sent.headers["x-fal-no-retry"] == "1")
        #expect(try JSON(parsing: sent.body) == ["seed": 7, "prompt": "a fox"])
        #expect(server.requests.count == 1)
    }

    @Test func `the address to call back travels in the query, encoded`() async throws {
        let server = try answering(200, Self.taken)
        _ = try await provider(server).submit(request(webhook: "https://us/hook?job=1&b=ä"), .silent)
        #expect(
            server.requests[0].path == "/acme/painter/turbo?fal_webhook=https%3A%2F%2Fus%2Fhook%3Fjob%3D1%26b%3D%C3%A4")
    }

    @Test func `a workflow's model is asked instead, and one that leads elsewhere is none`() async throws {
        let server = try answering(200, Self.taken)
        var request = request()
        request.model = "workflows/acme/chain"
        #expect(try await provider(server).submit(request, .silent).requestID == "workflows/acme/chain/requests/r1")
        for model in ["acme", "", "acme//x", "../x", "acme/..", "acme/pain ter", "acme/x?y=1", "https://x/y"] {
            request.model = model
            let error = await #expect(throws: ProviderError.self) {
                try await provider(server).submit(request, .silent)
            }
            #expect(error?.retryClass == .invalid, "\(model)")
        }
        #expect(server.requests.count == 1)
    }

    @Test func `the addresses given are used, and only on the queue's own host`() async throws {
        let foreign = try answering(200, ["status": "COMPLETED"])
        let server = try LocalServer { sent in
            guard sent.method == "POST" else { return .init(body: (["status": "IN_QUEUE"] as JSON).serialized) }
            let host = sent.path.hasPrefix("/acme/foreign") ? foreign.url : "http://\(sent.headers["host"] ?? "")"
            let answer: JSON = ["request_id": "r1", "response_url": .string("\(host)/elsewhere/app/requests/r1")]
            return .init(body: answer.serialized)
        }
        let provider = try provider(server)
        let own = try await provider.submit(request(), .silent)
        #expect(own.requestID == "elsewhere/app/requests/r1")
        _ = try await provider.poll(own.requestID)
        #expect(server.requests.last?.path == "/elsewhere/app/requests/r1/status?logs=1")
        var request = request()
        request.model = "acme/foreign"
        let other = try await provider.submit(request, .silent)
        #expect(other.requestID == "acme/foreign/requests/r1")
        _ = try await provider.poll(other.requestID)
        #expect(foreign.requests.isEmpty)
    }

    @Test(arguments: [
        [:] as JSON, ["request_id": ""], ["request_id": "../x"], ["request_id": "a/b"], ["request_id": 7], [], nil,
        ["request_id": "a b"],
    ])
    func `an answer that names no request is lost`(answer: JSON) async throws {
        let server = try answering(200, answer)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .lost && error?.call == .goesOn)
        #expect(server.requests.count == 1)
    }

    private static let policy: JSON = [
        "detail": [["loc": ["body", "prompt"], "msg": "flagged", "type": "content_policy_violation"]]
    ]

    private static let refusals: [(Int, JSON, RetryClass, ProviderError.Call)] = [
        (401, ["detail": "who?"], .quota, .ended), (402, [:], .quota, .ended),
        (403, ["detail": "Exhausted balance"], .quota, .ended), (404, ["detail": "no app"], .invalid, .ended),
        (400, [:], .invalid, .ended), (422, policy, .refused, .ended),
        (422, ["detail": [["loc": ["body"], "msg": "no", "type": "missing"]]], .invalid, .ended),
        (429, [:], .limited(wait: .seconds(7)), .ended), (409, [:], .unavailable, .ended),
        (503, [:], .unavailable, .ended), (500, [:], .unavailable, .goesOn), (504, [:], .unavailable, .goesOn),
    ]

    @Test(arguments: refusals)
    func `every answer to a submission has its class, and none is repeated`(
        status: Int, body: JSON, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try answering(status, body, headers: ["Retry-After": "7"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == retryClass && error?.call == call)
        #expect(error?.message.contains("secret") == false)
        #expect(server.requests.count == 1)
    }

    @Test func `a connection that breaks leaves the call open and is not tried again`() async throws {
        let server = try LocalServer { _ in .init(breaks: true) }
        let error = await #expect(throws: ProviderError.self) { try await provider(server).submit(request(), .silent) }
        #expect(error?.retryClass == .lost && error?.call == .goesOn)
        #expect(server.requests.count == 1)
    }

    private static let statuses: [(JSON, ProviderCall.State)] = [
        (["status": "IN_QUEUE", "queue_position": 3], .running(progress: nil)),
        (["status": "IN_PROGRESS", "logs": nil], .running(progress: nil)),
        (["status": "IN_PROGRESS"], .running(progress: nil)),
        (
            ["status": "IN_PROGRESS", "logs": [["message": " 20%|██"], ["message": " 40%|████"], ["message": "x"]]],
            .running(progress: 0.4)
        ),
        (["status": "A_STATUS_OF_TOMORROW", "logs": 7], .running(progress: nil)),
        (["status": "COMPLETED", "error": "x", "error_type": "client_cancelled"], .canceled),
        (
            ["status": "COMPLETED", "error": "gone", "error_type": "runner_disconnected"],
            .failed(ProviderError(.unavailable, "the model was interrupted: gone"))
        ),
        (
            ["status": "COMPLETED", "error": "crash"],
            .failed(ProviderError(.invalid, "the model failed: crash", code: "provider_failed"))
        ),
    ]

    @Test(arguments: statuses)
    func `every status is understood`(status: JSON, state: ProviderCall.State) async throws {
        let server = try answering(200, status)
        #expect(try await provider(server).poll("a/b/requests/r1") == .init(requestID: "a/b/requests/r1", state: state))
        #expect(server.requests.map(\.path) == ["/a/b/requests/r1/status?logs=1"])
    }

    /// A server whose request is completed, with this as its result.
    private func completed(_ status: Int, _ body: [UInt8], headers: [String: String] = [:]) throws -> LocalServer {
        try LocalServer { sent in
            sent.path.contains("/status")
                ? .init(body: (["status": "COMPLETED", "logs": nil] as JSON).serialized)
                : .init(status: status, headers: headers, body: body)
        }
    }

    private static let results: [(JSON, ProviderCall.State)] = [
        (["images": [["url": "https://a/1.png", "width": 8]]], .succeeded([.address("https://a/1.png")])),
        (
            ["images": [["url": "http://a/1.png"], ["url": "https://a/2.png", "content_type": "image/jpeg"]]],
            .succeeded([.address("http://a/1.png"), .address("https://a/2.png")])
        ),
        (["image": ["url": "data:image/png;base64,AQID"]], .succeeded([.bytes([1, 2, 3])])),
        (["images": ["https://a/1.png"]], .succeeded([.address("https://a/1.png")])),
        (["output": ["parts": [["url": "https://a/1.png"]]]], .succeeded([.address("https://a/1.png")])),
        (
            ["images": [["url": "https://a/1.png"], ["url": "https://a/2.png"]], "has_nsfw_concepts": [true, false]],
            .succeeded([.address("https://a/2.png")])
        ),
        (
            ["images": [["url": "https://a/1.png"]], "has_nsfw_concepts": [true]],
            .failed(
                ProviderError(.refused, "the model refused to draw this: its safety checker blacked it out"))
        ),
        (
            ["images": [["url": "https://a/1.png"]], "has_nsfw_concepts": "x"],
            .succeeded([.address("https://a/1.png")])
        ),
        (["images": [["url": "file:///etc/passwd"]]], .failed(nothing)), (["images": []], .failed(nothing)),
        (["video": ["url": "https://a/1.mp4", "content_type": "video/mp4"]], .failed(nothing)),
        (["images": [["url": 7]], "prompt": "https://a/b.png"], .failed(nothing)), ([], .failed(nothing)),
        (["image": ["url": "data:image/png;base64,???"]], .failed(nothing)),
    ]
    private static let nothing = ProviderError(.unavailable, "fal.ai finished without a picture")

    @Test(arguments: results)
    func `pictures are found in every shape of a result`(result: JSON, state: ProviderCall.State) async throws {
        let server = try completed(200, result.serialized)
        #expect(try await provider(server).poll("r1").state == state)
        #expect(server.requests.map(\.path).last == "/acme/painter/requests/r1")
    }

    private static let failures: [(Int, JSON, [String: String], RetryClass)] = [
        (422, policy, [:], .refused),
        (422, ["detail": [["loc": ["body"], "msg": "no", "type": "missing"]]], [:], .invalid),
        (500, ["detail": [["loc": ["body"], "msg": "no", "type": "internal_server_error"]]], [:], .invalid),
        (
            500, ["detail": [["loc": ["body"], "msg": "no", "type": "internal_server_error"]]],
            ["X-Fal-Retryable": "true"], .unavailable
        ),
        (504, ["detail": "slow", "error_type": "startup_timeout"], [:], .unavailable),
        (503, [:], ["X-Fal-Error-Type": "runner_connection_refused"], .unavailable),
        (504, ["detail": [["loc": ["body"], "msg": "no", "type": "generation_timeout"]]], [:], .unavailable),
    ]

    @Test(arguments: failures)
    func `a result that is an error ends the call in its class`(
        status: Int, body: JSON, headers: [String: String], retryClass: RetryClass
    ) async throws {
        let server = try completed(status, body.serialized, headers: headers)
        let call = try await provider(server).poll("r1")
        #expect(server.requests.count == 2)
        guard case .failed(let error) = call.state else {
            Issue.record("the call is \(call.state)")
            return
        }
        #expect(error.retryClass == retryClass && error.call == .ended)
    }

    @Test(arguments: [
        (502, RetryClass.unavailable), (500, .unavailable), (429, .limited(wait: nil)), (200, .unavailable),
    ])
    func `trouble on the way to a result leaves the call open`(status: Int, retryClass: RetryClass) async throws {
        let server = try completed(status, Array("<html>".utf8))
        let error = await #expect(throws: ProviderError.self) { try await provider(server).poll("r1") }
        #expect(error?.retryClass == retryClass && error?.call == .goesOn)
    }

    @Test(arguments: [
        (429, RetryClass.limited(wait: nil), ProviderError.Call.goesOn), (401, .quota, .ended), (404, .lost, .ended),
    ])
    func `an error about asking does not end the call, whatever else it says`(
        status: Int, retryClass: RetryClass, call: ProviderError.Call
    ) async throws {
        let server = try completed(status, [], headers: ["X-Fal-Error-Type": "too_many"])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).poll("r1") }
        #expect(error?.retryClass == retryClass && error?.call == call)
        #expect(server.requests.count == 2)
    }

    @Test func `a result that is gone is lost and over`() async throws {
        let server = try completed(404, [])
        let error = await #expect(throws: ProviderError.self) { try await provider(server).poll("r1") }
        #expect(error?.retryClass == .lost && error?.call == .ended)
    }

    @Test(arguments: [[:] as JSON, [], nil, ["status": 7], "text"])
    func `what is no status is looked at again`(status: JSON) async throws {
        let server = try answering(200, status)
        let error = await #expect(throws: ProviderError.self) { try await provider(server).poll("r1") }
        #expect(error?.retryClass == .unavailable && error?.call == .goesOn)
    }

    @Test func `an id that would lead elsewhere is none`() async throws {
        let server = try answering(200, ["status": "IN_QUEUE"])
        for id in ["../x", "a/../b", "", "a?b", "a/b/", "https://x"] {
            let error = await #expect(throws: ProviderError.self) { try await provider(server).poll(id) }
            #expect(error?.retryClass == .lost && error?.call == .ended)
        }
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [(200, true), (202, true), (400, true), (404, true), (401, false), (500, false)])
    func `cancelling names the call; one that is over stays as it is`(status: Int, isFine: Bool) async throws {
        let server = try answering(status, [:])
        let provider = try provider(server)
        if isFine {
            try await provider.cancel("a/b/requests/r1")
        } else {
            await #expect(throws: ProviderError.self) { try await provider.cancel("a/b/requests/r1") }
        }
        #expect(server.requests.map { "\($0.method) \($0.path)" } == ["PUT /a/b/requests/r1/cancel"])
    }

    @Test(arguments: [("FAL_MODEL", "painter"), ("FAL_PRIORITY", "high"), ("FAL_QUEUE_URL", "queue.fal.run")])
    func `configuration that cannot be is named`(key: String, value: String) throws {
        let problem = #expect(throws: ConfigurationProblem.self) {
            try Fal(Configuration(["FAL_KEY": "k", key: value]), HTTPClient())
        }
        #expect(problem?.message.contains(value) == true)
    }
}
