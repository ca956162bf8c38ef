import FoundationEssentials
import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

/// Replicate's API beyond a single drawing: what names no model, news on the way, streams, deadlines and the catalogue.
@Suite(.timeLimit(.minutes(1)))
struct ReplicateStandInTests {
    private let client = HTTPClient()
    private let token = ["authorization": "Bearer r8_test"]

    private func create(_ url: String, _ body: JSON, headers: [String: String] = [:]) async throws -> (Int, JSON) {
        let answer = try await client.send(
            .post, url + "/replicate/v1/predictions", body, headers: token.merging(headers) { $1 })
        return (answer.status, try JSON(parsing: answer.body))
    }

    private func get(_ url: String) async throws -> JSON {
        try await client.json(url, headers: token)
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "99999999999999999999", "x"])
    func `a cursor that leads nowhere is answered`(cursor: String) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let page = try await get("\(url)/replicate/v1/predictions?cursor=\(cursor)")
            #expect(page["results"]?.array == [] && page["next"] == .null)
        }
    }

    @Test func `a list goes on where its page ends`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            for _ in 0..<101 {
                let body: JSON = ["version": "a/b", "input": ["prompt": "a", "width": 16, "height": 16]]
                #expect(try await create(url, body).0 == 201)
            }
            let first = try await get("\(url)/replicate/v1/predictions")
            #expect(first["results"]?.array?.count == 100)
            let second = try await get(#require(first["next"]?.string))
            #expect(second["results"]?.array?.count == 1 && second["next"] == .null)
        }
    }

    @Test(
        arguments: [
            ["aspect_ratio": "1e308:1e308"], ["aspect_ratio": "nan:nan"], ["aspect_ratio": "16:x:9"],
            ["aspect_ratio": "9223372036854775807:1"], ["aspect_ratio": 1.5], ["prompt": 5],
        ] as [JSON])
    func `an input that has no shape is refused by its name`(input: JSON) async throws {
        try await StandInsUnderTest.serving { url async throws in
            var members: JSONObject = ["prompt": "a"]
            for member in input.object ?? [:] { members[member.name] = member.value }
            let (status, answer) = try await create(url, ["version": "a/b", "input": .object(members)])
            #expect(status == 422)
            let field = "input.\(input.object?.keys.first ?? "")"
            #expect(answer["invalid_fields"]?[0]?["field"]?.string == field)
        }
    }

    @Test(arguments: [("jpg", "jpg", "image/jpeg"), ("png", "png", "image/png"), ("webp", "png", "image/png")])
    func `a picture is a JPEG where that is wanted, else a PNG`(wanted: String, ending: String, type: String)
        async throws
    {
        try await StandInsUnderTest.serving { url async throws in
            let input: JSON = [
                "prompt": "a", "width": 16, "height": 16, "output_format": .string(wanted), "output_quality": 0,
                "stand_in": ["latency_ms": 0],
            ]
            let (_, prediction) = try await create(url, ["version": "a/b", "input": input])
            let output = try #require(prediction["output"]?[0]?.string)
            #expect(output.hasSuffix("/out-0.\(ending)"))
            let picture = try await client.send(.get, output)
            #expect(picture.headers["content-type"] == type)
            #expect(picture.body.starts(with: type == "image/jpeg" ? [0xFF, 0xD8] : [0x89, 0x50]))
        }
    }

    private static let hash = String(repeating: "7f", count: 32)

    @Test(arguments: ["a/b", "a/b:\(hash)", hash])
    func `a version is a model's, or one of its own`(version: String) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let (status, answer) = try await create(url, ["version": .string(version), "input": ["prompt": "a"]])
            #expect(status == 201)
            #expect(answer["version"]?.string == (version == "a/b" ? "hidden" : Self.hash))
            #expect(answer["model"]?.string == (version == Self.hash ? "stand-in/model" : "a/b"))
        }
    }

    @Test(
        arguments: [
            [:], ["version": nil], ["version": 5], ["version": ""], ["version": "nope/bad:zz"], ["version": "nope"],
            ["version": "a/b/c"], ["version": "/b"], ["version": "a/b:7f"], ["version": .string("a/b:\(hash):\(hash)")],
            ["version": "a/b", "webhook": 5], ["version": "a/b", "webhook": "ftp://a"],
            ["version": "a/b", "webhook": "http://a", "webhook_events_filter": "completed"],
            ["version": "a/b", "webhook": "http://a", "webhook_events_filter": [5]],
            ["version": "a/b", "webhook": "http://a", "webhook_events_filter": ["done"]],
        ] as [JSONObject])
    func `what names no model and no address for its news is refused`(call: JSONObject) async throws {
        try await StandInsUnderTest.serving { url async throws in
            var call = call
            call["input"] = ["prompt": "a"]
            let (status, answer) = try await create(url, .object(call))
            #expect(status == 422)
            if call["version"] == nil { #expect(answer["detail"]?.string?.contains("version is required") == true) }
        }
    }

    @Test(
        arguments: [
            (["start"], 1), (["logs"], 3), (["output"], 2), (["logs", "output"], 5), (["completed"], 1), ([], 7),
        ] as [([String], Int)])
    func `webhooks tell what their filter names, at most every half second`(events: [String], count: Int) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let call: JSON = [
                "version": "a/b", "webhook": .string("\(url)/comfyui/interrupt"),
                "webhook_events_filter": .array(events.map(JSON.string)),
                // The log grows at 0, 100, … 1100 ms, of which 100, 600 and 1100 are told; pictures come at 600 and 1200 ms.
                "input": [
                    "prompt": "a", "width": 16, "height": 16, "num_outputs": 2,
                    "stand_in": ["latency_ms": 1200, "steps": 12],
                ],
            ]
            let (status, prediction) = try await create(url, call)
            #expect(status == 201)
            func told() async throws -> Int {
                try await get(url + "/_stand-in/calls/replicate")["counts"]?["replicate.webhook"]?.int ?? 0
            }
            while try await told() < count { try await Task.sleep(for: .milliseconds(10)) }
            let address = try #require(prediction["urls"]?["get"]?.string)
            while try await get(address)["status"]?.string != "succeeded" {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await told() == count)
        }
    }

    @Test func `news are paced, and the newest is told`() {
        let begin = Date(timeIntervalSince1970: 0)
        let paced = ReplicateWebhook.paced([0, 0.3, 0.5, 0.9, 1].map { begin.addingTimeInterval($0) })
        #expect(paced.map(\.timeIntervalSince1970) == [0, 0.5, 1])
        #expect(ReplicateWebhook.paced([]) == [])
    }

    @Test func `a prediction that is canceled tells its end once, and no news after it`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let call: JSON = [
                "version": "a/b", "webhook": .string("\(url)/comfyui/interrupt"),
                "input": ["prompt": "a", "stand_in": ["latency_ms": 700, "steps": 1]],
            ]
            let (_, prediction) = try await create(url, call)
            _ = try await client.send(.post, #require(prediction["urls"]?["cancel"]?.string), headers: token)
            // A second prediction that began later has told its end: so would have the first.
            let (_, second) = try await create(url, call)
            func told(_ id: JSON?) async throws -> Int {
                try await get(url + "/_stand-in/calls/replicate")["calls"]?.array?.count {
                    $0["action"] == "webhook" && $0["id"] == id && $0["reference"] == call["webhook"]
                } ?? 0
            }
            while try await told(second["id"]) < 4 { try await Task.sleep(for: .milliseconds(10)) }
            // Its start, its log, and its end.
            #expect(try await told(prediction["id"]) == 3)
        }
    }

    @Test func `a stream tells the log, the pictures and the end`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let input: JSON = [
                "prompt": "a", "width": 16, "height": 16, "num_outputs": 2,
                "stand_in": ["latency_ms": 200, "steps": 4],
            ]
            let (_, prediction) = try await create(url, ["version": "a/b", "input": input])
            // Without the token: the address is the permission.
            let answer = try await client.send(.get, #require(prediction["urls"]?["stream"]?.string))
            #expect(answer.headers["content-type"] == "text/event-stream")
            let events = String(decoding: answer.body, as: UTF8.self).split(separator: "\n\n")
            #expect(events.allSatisfy { $0.contains("\nid: ") })
            #expect(events.count { $0.hasPrefix("event: output\n") && $0.contains("/out-") } == 2)
            #expect(events.contains { $0.hasPrefix("event: logs\n") && $0.contains("Using seed") })
            #expect(events.count { $0.contains("100%") } == 1)
            #expect(events.last?.hasPrefix("event: done\n") == true && events.last?.hasSuffix("data: {}") == true)
            let failing: JSON = [
                "prompt": "a", "stand_in": ["latency_ms": 1, "failure_rate": 1, "failure": "no paint"],
            ]
            let (_, failed) = try await create(url, ["version": "a/b", "input": failing])
            let end = try await client.send(.get, #require(failed["urls"]?["stream"]?.string))
            let text = String(decoding: end.body, as: UTF8.self)
            #expect(text.contains("event: error\n") && text.contains("no paint") && text.contains(#""reason":"error""#))
            #expect(try await client.send(.get, "\(url)/replicate/stream/nobody").status == 404)
        }
    }

    @Test func `a stream ends when its prediction is canceled`() async throws {
        try await StandInsUnderTest.serving { url async throws in
            let input: JSON = ["prompt": "a", "stand_in": ["latency_ms": 600_000]]
            let (_, prediction) = try await create(url, ["version": "a/b", "input": input])
            let stream = try #require(prediction["urls"]?["stream"]?.string)
            let answer = try await client.execute(.init(.get, stream, timeout: .seconds(20)))
            var text = ""
            for try await piece in answer.body {
                // The stream has begun: it waits for the next step, which is minutes away.
                if text.isEmpty {
                    _ = try await client.send(
                        .post, #require(prediction["urls"]?["cancel"]?.string), headers: token)
                }
                text += String(decoding: piece, as: UTF8.self)
            }
            #expect(text.contains(#""reason":"canceled""#))
        }
    }

    @Test(
        arguments: [
            ("90", 90.0), ("5s", 5), ("1m", 60), ("1h30m45s", 5445), ("1h5", 3605), ("4s", nil), ("", nil),
            ("soon", nil),
            ("1m1m", nil), ("5s1m", nil), ("-5s", nil), ("1e9", nil), ("9999999s", nil), ("5 s", nil),
        ] as [(String, Double?)])
    func `a lifetime is five seconds or more`(header: String, seconds: Double?) async throws {
        try await StandInsUnderTest.serving { url async throws in
            let (status, answer) = try await create(
                url, ["version": "a/b", "input": ["prompt": "a"]], headers: ["cancel-after": header])
            #expect(status == (seconds == nil ? 422 : 201))
            #expect((answer["deadline"] != nil) == (seconds != nil))
        }
        #expect((try? ReplicateLifetime(header)?.seconds) == seconds)
    }

    @Test(arguments: [(30_000, 5.0, "canceled"), (100_000, 5, "aborted"), (4000, 5, "succeeded")])
    func `a prediction is stopped at its deadline`(latency: Int, lifetime: Double, end: String) {
        var knobs = Knobs()
        knobs.latency = latency
        let created = Date(timeIntervalSince1970: 1_000_000)
        let prediction = ReplicatePrediction(
            id: "p", version: ReplicateVersion(model: "a/b"), input: [:], created: created, knobs: knobs, failure: nil,
            pictures: [Picture(prompt: "a", seed: 1, width: 16, height: 16)], webhook: nil,
            deadline: created.addingTimeInterval(lifetime))
        let before = prediction.json(at: created.addingTimeInterval(3.9), base: "")
        #expect(["starting", "processing"].contains(before["status"]?.string))
        let after = prediction.json(at: created.addingTimeInterval(6), base: "")
        #expect(after["status"]?.string == end)
        #expect(after["started_at"]?.isNull == (end == "aborted"))
        #expect(after["completed_at"]?.string?.isEmpty == false && after["deadline"]?.string?.isEmpty == false)
        #expect(after["output"]?.isNull == (end != "succeeded"))
    }

    @Test func `the catalogue shows models, versions, deployments, collections, hardware and the account`() async throws
    {
        try await StandInsUnderTest.serving { url async throws in
            let base = url + "/replicate/v1"
            for list in ["models", "models/a/b/versions", "deployments", "collections"] {
                #expect(try await get("\(base)/\(list)")["results"]?.array?.isEmpty == false, "\(list)")
            }
            #expect(try await get(base + "/account")["type"]?.string == "user")
            #expect(try await get(base + "/hardware")[0]?["sku"]?.string == "cpu")
            #expect(try await get(base + "/deployments/a/b")["current_release"]?["number"]?.int == 1)
            #expect(try await get(base + "/collections/text-to-image")["models"]?.array?.isEmpty == false)
            for nowhere in ["collections/x", "models/a", "models/a/b/c", "deployments/a", "nothing", ""] {
                #expect(try await client.send(.get, "\(base)/\(nowhere)", headers: token).status == 404, "\(nowhere)")
            }
        }
    }
}
