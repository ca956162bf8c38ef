import Cryptography
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import HTTPClient
import JSON
import Synchronization
import Testing

@testable import Domain

struct WebhookSignatureTests {
    // The example of the specification's reference implementations.
    private static let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!
    private static let body = Array(#"{"test": 2432232314}"#.utf8)
    private static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private static let signedAt = 1_614_265_330

    private func standard(
        _ change: (inout Headers) -> Void = { _ in }, body: [UInt8] = body, secrets: [WebhookSecret] = [secret],
        age: Int = 0
    ) throws(WebhookRefusal) -> String {
        var headers: Headers = [
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "\(Self.signedAt)",
            "webhook-signature": Self.signature,
        ]
        change(&headers)
        return try StandardWebhook.verify(
            headers, body, secrets: secrets, now: Date(timeIntervalSince1970: Double(Self.signedAt + age)))
    }

    @Test func `a message signed as the standard says is believed, and named by its id`() throws {
        #expect(try standard() == "msg_p5jXN8AQM9LWM0D4loKWxJek")
    }

    @Test func `any of several signatures may fit any of several secrets`() throws {
        let old = WebhookSecret("whsec_" + Base64.encode([UInt8](repeating: 7, count: 24)))!
        _ = try standard(secrets: [old, Self.secret])
        _ = try standard(secrets: [Self.secret, old])
        _ = try standard { $0["webhook-signature"] = "v1a,abc v1,AAAA \(Self.signature)" }
        #expect(throws: WebhookRefusal.wrongSignature) { try standard(secrets: [old]) }
        #expect(throws: WebhookRefusal.wrongSignature) { try standard(secrets: []) }
    }

    @Test(arguments: [-300, 0, 300])
    func `five minutes either way are tolerated`(age: Int) throws {
        _ = try standard(age: age)
    }

    @Test(arguments: [-301, 301, 86_400])
    func `a signature that is older, or from further in the future, is not`(age: Int) {
        #expect(throws: WebhookRefusal.outOfTime(seconds: age)) { try standard(age: age) }
    }

    @Test func `every signed part counts`() {
        #expect(throws: WebhookRefusal.wrongSignature) { try standard(body: Self.body + [32]) }
        #expect(throws: WebhookRefusal.wrongSignature) { try standard { $0["webhook-id"] = "msg_other" } }
        #expect(throws: WebhookRefusal.wrongSignature) {
            try standard { $0["webhook-timestamp"] = "\(Self.signedAt + 1)" }
        }
        #expect(throws: WebhookRefusal.wrongSignature) { try standard { $0["webhook-signature"] = "v1,AAAA" } }
    }

    @Test func `one changed byte anywhere is noticed`() {
        for index in Self.body.indices {
            #expect(throws: WebhookRefusal.wrongSignature) { try standard(body: Self.body.changed(at: index)) }
        }
        #expect(throws: WebhookRefusal.wrongSignature) { try standard(body: Self.body.dropLast()) }
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            for index in 0..<24 {
                #expect(throws: WebhookRefusal.self, "\(name) at \(index)") {
                    try standard { $0[name] = $0[name]?.changed(at: index % $0[name]!.utf8.count) }
                }
            }
        }
        for index in Self.falBody.indices {
            #expect(throws: WebhookRefusal.wrongSignature) { try fal(body: Self.falBody.changed(at: index)) }
        }
        for name in ["Request-Id", "User-Id", "Timestamp", "Signature"] {
            let name = "X-Fal-Webhook-\(name)"
            for index in 0..<128 {
                var headers = Self.falHeaders()
                headers[name] = headers[name]?.changed(at: index % headers[name]!.utf8.count)
                #expect(throws: WebhookRefusal.self, "\(name) at \(index)") { try fal(headers) }
            }
        }
    }

    @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
    func `each header is needed`(name: String) {
        #expect(throws: WebhookRefusal.missing(header: name)) { try standard { $0[name] = nil } }
        #expect(throws: WebhookRefusal.missing(header: name)) { try standard { $0[name] = "" } }
    }

    @Test func `headers that cannot be read are said to be so`() {
        for time in ["soon", "99999999999999999999", "1e3", "-9223372036854775808", "9223372036854775807"] {
            #expect(throws: WebhookRefusal.self) { try standard { $0["webhook-timestamp"] = time } }
        }
        #expect(throws: WebhookRefusal.malformed(header: "webhook-signature", want: "v1,<base64>")) {
            try standard { $0["webhook-signature"] = "v2,abc" }
        }
    }

    @Test func `secrets are read from one line and shown nowhere`() throws {
        let line = "whsec_AAAA, whsec_BBBB whsec_CCCC"
        let key = WebhookVerifier.replicateSecrets
        let secrets = try Configuration([key.name: line])[key]
        #expect(secrets.count == 3)
        #expect(!"\(secrets)".contains("AAAA"))
        for wrong in ["AAAA", "whsec_*AAA", "whsec_AAAA;whsec_BBBB"] {
            let problem = #expect(throws: ConfigurationProblem.self) { try Configuration([key.name: wrong])[key] }
            #expect(problem?.message.contains(wrong) == false)
        }
        #expect(WebhookSecret("whsec_") == nil)
    }

    // MARK: fal.ai. Signed with another implementation, by keys of 32 times 1 and of 32 times 2.

    private static let falBody = Array(#"{"request_id":"req-1","status":"OK","payload":{}}"#.utf8)
    private static let falKeys = [
        "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", "gTl3Dqh9F19Wo1Rmw0x-zMuNipG07jeiXfYPW4_Js5Q",
    ]
    private static let falSignatures = [
        "9d3accc571773f3adb99bc3f4fc90e2423fddbf9987baa1e82025b72c957036a"
            + "314f42cee0f238118c601e498e1588137f1a7409c802e52c4aad4bb7b2c23206",
        "d73a9a88a7d77524b709f378fa58a40483e16d5a71433203d036962f700a2b5c"
            + "3d6c60562bf1c535d0e140998406e4bd21624c51bfce14972dcb3563943b9b0b",
    ]

    private static func falHeaders(_ signature: String = falSignatures[0]) -> Headers {
        [
            "X-Fal-Webhook-Request-Id": "req-1", "X-Fal-Webhook-User-Id": "user-1",
            "X-Fal-Webhook-Timestamp": "1700000000", "X-Fal-Webhook-Signature": signature,
        ]
    }

    private func fal(
        _ headers: Headers = falHeaders(), body: [UInt8] = falBody, age: Int = 0, keys: [Int] = [0, 1]
    ) throws(WebhookRefusal) -> String {
        try FalWebhook.verify(
            headers, body, keys: keys.map { Base64.decodeURL(Self.falKeys[$0])! } + [[1, 2, 3]],
            now: Date(timeIntervalSince1970: 1_700_000_000 + Double(age)))
    }

    @Test func `fal's signature is believed when any of its keys made it`() throws {
        #expect(try fal() == "req-1")
        #expect(try fal(Self.falHeaders(Self.falSignatures[1])) == "req-1")
        #expect(throws: WebhookRefusal.wrongSignature) { try fal(keys: [1]) }
        #expect(throws: WebhookRefusal.wrongSignature) { try fal(body: Self.falBody + [10]) }
        #expect(throws: WebhookRefusal.outOfTime(seconds: 301)) { try fal(age: 301) }
        for name in ["Request-Id", "User-Id", "Timestamp"] {
            var headers = Self.falHeaders()
            headers["X-Fal-Webhook-\(name)"] = name == "Timestamp" ? "1700000001" : "other"
            #expect(throws: WebhookRefusal.wrongSignature) { try fal(headers) }
        }
        #expect(throws: WebhookRefusal.self) { try fal(Self.falHeaders("abc")) }
    }

    @Test func `keys are used for a day, and looked for again at most once a minute`() {
        var schedule = KeySchedule()
        let start = Date(timeIntervalSince1970: 1_700_000_000)
        #expect(!schedule.isFresh(at: start) && schedule.mayFetch(at: start))
        schedule.began(at: start)
        #expect(!schedule.mayFetch(at: start + 59) && schedule.mayFetch(at: start + 60))
        schedule.succeeded(at: start)
        #expect(schedule.isFresh(at: start + 86_399) && !schedule.isFresh(at: start + 86_400))
    }

    @Test func `a key that is not known yet is fetched, and wrong signatures fetch no more than one a minute`()
        async throws
    {
        let published = Mutex([Self.falKeys[0]])
        let server = try LocalServer { _ in
            let keys = published.withLock { $0 }.map { key -> JSON in
                ["kty": "OKP", "crv": "Ed25519", "x": .string(key), "kid": "k"]
            }
            let other: JSON = ["kty": "RSA", "n": "AQAB", "e": "AQAB"]
            return .init(body: (["keys": .array([other] + keys)] as JSON).serialized)
        }
        let verifier = try WebhookVerifier(Configuration(["FAL_REST_URL": server.url]), HTTPClient())
        func verify(_ index: Int, at time: Double) async throws -> String? {
            try await verifier.verify(
                "fal", Self.falHeaders(Self.falSignatures[index]), Self.falBody,
                now: Date(timeIntervalSince1970: 1_700_000_000 + time))
        }
        #expect(try await verify(0, at: 0) == "req-1")
        #expect(try await verify(0, at: 10) == "req-1")
        #expect(server.requests.map(\.path) == ["/.well-known/jwks.json"])
        published.withLock { $0.append(Self.falKeys[1]) }
        // Too soon after the first look.
        for time in [20.0, 30, 40] {
            await #expect(throws: WebhookRefusal.wrongSignature) { try await verify(1, at: time) }
        }
        #expect(server.requests.count == 1)
        #expect(try await verify(1, at: 60) == "req-1")
        #expect(server.requests.count == 2)
        // What is wrong before any key is looked at fetches nothing.
        await #expect(throws: WebhookRefusal.self) { try await verify(0, at: 400) }
        #expect(server.requests.count == 2)
    }

    @Test func `Replicate's secret is asked for with the account's token, unless it is configured`() async throws {
        let server = try LocalServer { request in
            guard request.headers["authorization"] == "Bearer r8_test" else { return .init(status: 401) }
            return .init(body: Array(#"{"key":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#.utf8))
        }
        let headers: Headers = [
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "\(Self.signedAt)",
            "webhook-signature": Self.signature,
        ]
        let now = Date(timeIntervalSince1970: Double(Self.signedAt))
        var values = ["REPLICATE_API_TOKEN": "r8_test", "REPLICATE_BASE_URL": server.url]
        let asking = try WebhookVerifier(Configuration(values), HTTPClient())
        #expect(try await asking.verify("replicate", headers, Self.body, now: now) != nil)
        #expect(server.requests.map(\.path) == ["/v1/webhooks/default/secret"])
        values["REPLICATE_WEBHOOK_SECRET"] = "whsec_AAAA"
        let told = try WebhookVerifier(Configuration(values), HTTPClient())
        await #expect(throws: WebhookRefusal.wrongSignature) {
            try await told.verify("replicate", headers, Self.body, now: now)
        }
        #expect(server.requests.count == 1)
        let neither = try WebhookVerifier(Configuration([:]), HTTPClient())
        for (provider, key) in [
            ("replicate", "REPLICATE_WEBHOOK_SECRET"), ("openai", "OPENAI_WEBHOOK_SECRET"),
        ] {
            await #expect(throws: WebhookRefusal.unverifiable(key: key)) {
                try await neither.verify(provider, headers, Self.body, now: now)
            }
        }
        #expect(try await neither.verify("comfyui", [:], []) == nil)
    }
}

extension [UInt8] {
    /// With one bit of one byte turned.
    fileprivate func changed(at index: Int) -> [UInt8] {
        var copy = self
        copy[index] ^= 1
        return copy
    }
}

extension String {
    /// With one bit of one byte turned.
    fileprivate func changed(at index: Int) -> String {
        String(decoding: Array(utf8).changed(at: index), as: UTF8.self)
    }
}
