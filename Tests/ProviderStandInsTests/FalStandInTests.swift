import Cryptography
import FunctionTesting
import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

/// fal.ai's stand-in beyond what its own client looks at.
@Suite(.timeLimit(.minutes(1)))
struct FalStandInTests {
    private let client = HTTPClient()
    private let key = ["authorization": "Key id:secret"]

    private func submit(_ url: String, _ knobs: JSON, query: String = "") async throws -> JSON {
        let answer = try await client.send(
            .post, "\(url)/fal/queue/fal-ai/flux/dev\(query)",
            ["prompt": "a", "image_size": ["width": 16, "height": 16], "stand_in": knobs], headers: key)
        #expect(answer.status == 200)
        return try JSON(parsing: answer.body)
    }

    private func completed(_ url: String) async throws -> JSON {
        while true {
            let status = try await client.json(url, headers: key)
            if status["status"] == "COMPLETED" { return status }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func `the addresses of a request leave the endpoint's path out`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let taken = try await submit(url, ["latency_ms": 0])
            let id = try #require(taken["request_id"]?.string)
            let base = "\(url)/fal/queue/fal-ai/flux/requests/\(id)"
            #expect(taken["response_url"]?.string == base && taken["cancel_url"]?.string == base + "/cancel")
            #expect(taken["status"] == "IN_QUEUE" && taken["queue_position"] == 0)
        }
    }

    @Test func `a status is 202 until it is completed, and logs come when asked for`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let taken = try await submit(url, ["latency_ms": 60_000])
            let status = try #require(taken["status_url"]?.string)
            let waiting = try await client.send(.get, status, headers: key)
            #expect(waiting.status == 202)
            let response = try #require(taken["response_url"]?.string)
            #expect(try await client.send(.get, response, headers: key).status == 400)
            let done = try await submit(url, ["latency_ms": 0, "steps": 2])
            let doneStatus = try #require(done["status_url"]?.string)
            #expect(try await completed(doneStatus)["logs"] == .null)
            #expect(try await client.send(.get, doneStatus, headers: key).status == 200)
        }
    }

    @Test func `a request that is cancelled says so to who follows its statuses`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let taken = try await submit(url, ["latency_ms": 60_000])
            let (status, cancel) = (
                try #require(taken["status_url"]?.string), try #require(taken["cancel_url"]?.string)
            )
            let stream = try await client.execute(
                .init(.get, status + "/stream", headers: ["authorization": "Key a:b:c"]))
            var events = stream.body.events(maximumEventSize: 1 << 20).makeAsyncIterator()
            #expect(try await events.next() != nil)
            #expect(try await client.send(.put, cancel, headers: key).status == 200)
            var last = ""
            while let event = try await events.next() { last = event.data }
            let ended = try JSON(parsing: Array(last.utf8))
            #expect(ended["status"] == "COMPLETED" && ended["error_type"] == "client_cancelled")
            #expect(try await client.send(.put, cancel, headers: key).status == 400)
        }
    }

    @Test func `a running request only hears that it should stop`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let taken = try await submit(url, ["latency_ms": 1000])
            let status = try #require(taken["status_url"]?.string)
            while try await client.json(status, headers: key)["status"] != "IN_PROGRESS" {
                try await Task.sleep(for: .milliseconds(5))
            }
            let cancel = try #require(taken["cancel_url"]?.string)
            let answer = try await client.send(.put, cancel, headers: key)
            #expect(answer.status == 202)
            #expect(try JSON(parsing: answer.body)["status"] == "CANCELLATION_REQUESTED")
        }
    }

    private static let headers: [(String, String, Int)] = [
        ("x-fal-queue-priority", "nope", 422), ("x-fal-queue-priority", "low", 200),
        ("x-fal-request-timeout", "soon", 422), ("x-fal-request-timeout", "-1", 422),
        ("x-fal-request-timeout", "nan", 422), ("x-fal-request-timeout", "1e308", 200),
    ]

    @Test(arguments: headers)
    func `a header that the queue does not understand is named`(name: String, value: String, status: Int) async throws {
        try await StandInsUnderTest.serving { url async throws in
            var headers = key
            headers[name] = value
            let answer = try await client.send(
                .post, "\(url)/fal/queue/fal-ai/flux", ["prompt": "a"], headers: headers)
            #expect(answer.status == status)
            guard status == 422 else { return }
            #expect(try JSON(parsing: answer.body)["detail"]?[0]?["loc"] == ["header", .string(name)])
        }
    }

    @Test(arguments: [("0.05", 504), ("600", 200)])
    func `a request that begins too late has timed out`(patience: String, status: Int) async throws {
        try await StandInsUnderTest.serving { url async throws in
            var headers = key
            headers["x-fal-request-timeout"] = patience
            headers["x-stand-in"] = #"{"latency_ms": 1000}"#
            let answer = try await client.send(
                .post, "\(url)/fal/run/fal-ai/flux", ["prompt": "a", "image_size": ["width": 16, "height": 16]],
                headers: headers)
            #expect(answer.status == status)
            #expect(answer.headers["x-fal-error-type"] == (status == 504 ? "request_timeout" : nil))
        }
    }

    private static let formats: [(JSON, String)] = [
        ("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/png"),
    ]

    @Test(arguments: formats)
    func `a picture is of the type that the answer says`(format: JSON, type: String) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let drawing: JSON = [
                "prompt": "a", "output_format": format, "image_size": ["width": 16, "height": 16],
                "stand_in": ["latency_ms": 0],
            ]
            let answer = try await client.send(.post, "\(url)/fal/run/fal-ai/flux", drawing, headers: key)
            let image = try #require(try JSON(parsing: answer.body)["images"]?[0])
            #expect(image["content_type"]?.string == type)
            let file = try await client.send(.get, try #require(image["url"]?.string))
            #expect(file.headers["content-type"] == type)
            #expect(file.body.starts(with: type == "image/jpeg" ? [0xff, 0xd8, 0xff] : [0x89, 0x50, 0x4e, 0x47]))
        }
    }

    @Test(arguments: [
        ("flux/dev/image-to-image", 422), ("flux-pro/kontext", 422), ("flux-pro/kontext/text-to-image", 200),
    ])
    func `a model that draws from a picture wants one`(model: String, status: Int) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let drawing: JSON = [
                "prompt": "a", "image_size": ["width": 16, "height": 16], "stand_in": ["latency_ms": 0],
            ]
            let answer = try await client.send(.post, "\(url)/fal/run/fal-ai/\(model)", drawing, headers: key)
            #expect(answer.status == status)
            guard status == 422 else { return }
            let detail = try JSON(parsing: answer.body)["detail"]?[0]
            #expect(detail?["loc"] == ["body", "image_url"] && detail?["type"] == "missing")
        }
    }

    @Test func `everything but files and the public key needs a key`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            for path in ["queue/a/b/requests/x/status", "queue/a/b", "run/a/b"] {
                #expect(try await client.send(.post, "\(url)/fal/\(path)", [:]).status == 401)
            }
            #expect(try await client.send(.post, "\(url)/fal/rest/storage/auth/token", [:]).status == 401)
            #expect(try await client.send(.post, "\(url)/fal/cdn/files/upload", headers: key).status == 401)
            #expect(try await client.send(.get, "\(url)/fal/rest/.well-known/jwks.json").status == 200)
        }
    }

    private func signedBy(_ keys: JSON, _ received: LocalServer.Request) throws -> Bool {
        let key = try #require(Base64.decodeURL(keys["keys"]?[0]?["x"]?.string ?? ""))
        let headers = received.headers
        let lines = ["request-id", "user-id", "timestamp"].map { headers["x-fal-webhook-\($0)"] ?? "" }
        let message = (lines + [Hex.encode(SHA256.hash(received.body))]).joined(separator: "\n")
        let signature = try #require(Hex.decode(headers["x-fal-webhook-signature"] ?? ""))
        return try Ed25519.isValid(signature: signature, for: Array(message.utf8), publicKey: key)
    }

    private static let outcomes: [(JSON, String)] = [
        ([:], "OK"), (["failure_rate": 1], "ERROR"), (["block_rate": 1], "ERROR"),
    ]

    @Test(arguments: outcomes)
    func `a call-back carries the outcome, signed`(knobs: JSON, outcome: String) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let receiver = try LocalServer { _ in .init() }
            var knobs = try #require(knobs.object)
            knobs["latency_ms"] = 10
            let taken = try await submit(url, .object(knobs), query: "?fal_webhook=\(receiver.url)/a%3Fjob%3D7")
            while receiver.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            let received = receiver.requests[0]
            #expect(received.path == "/a?job=7")
            let told = try JSON(parsing: received.body)
            #expect(told["status"]?.string == outcome && told["request_id"] == taken["request_id"])
            #expect(told["payload"]?[outcome == "OK" ? "images" : "detail"] != nil)
            let keys = try await client.json("\(url)/fal/rest/.well-known/jwks.json")
            #expect(try signedBy(keys, received))
            var forged = received
            forged.body += [0x20]
            #expect(try !signedBy(keys, forged))
        }
    }

    @Test func `call-backs come as often as asked, again until they are taken, or not at all`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let twice = try LocalServer { _ in .init() }
            _ = try await submit(
                url, ["latency_ms": 0, "webhook": ["copies": 2, "delay_ms": 20]], query: "?fal_webhook=\(twice.url)")
            while twice.requests.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            let attempts = Attempts()
            let stubborn = try LocalServer { _ in .init(status: attempts.next() == 1 ? 500 : 200) }
            _ = try await submit(url, ["latency_ms": 0], query: "?fal_webhook=\(stubborn.url)")
            let silent = try LocalServer { _ in .init() }
            _ = try await submit(
                url, ["latency_ms": 0, "webhook": ["deliver": false]], query: "?fal_webhook=\(silent.url)")
            while stubborn.requests.count < 2 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(silent.requests.isEmpty)
            let ledger = try await client.json("\(url)/_stand-in/calls/fal")
            #expect(ledger["counts"]?["fal.webhook"]?.int == 4)
        }
    }

    @Test func `call-backs overtake one another when they are shuffled`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let receiver = try LocalServer { _ in .init() }
            for number in 0..<12 {
                _ = try await submit(
                    url, ["latency_ms": 0, "webhook": ["shuffle_ms": 300]],
                    query: "?fal_webhook=\(receiver.url)/\(number)")
            }
            while receiver.requests.count < 12 { try await Task.sleep(for: .milliseconds(5)) }
            let order = receiver.requests.compactMap { Int($0.path.dropFirst()) }
            #expect(order.sorted() == Array(0..<12) && order != order.sorted())
        }
    }
}
