import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

/// Numbers beyond all measure in every field that takes one: each is answered, and the server lives on.
@Suite(.timeLimit(.minutes(1)))
struct StandInExtremesTests {
    /// A call that is taken as it is, and where it has numbers.
    struct Call: Sendable, CustomTestStringConvertible {
        var path: String
        var headers: [String: String] = [:]
        var body: JSON
        /// Names of members from the outside in, parted by dots.
        var fields: [String]

        var testDescription: String { path }
    }

    private static let numbers: [JSON] = [
        .integer(.max), .integer(.min), .number(1e308), .number(-1e308), .number(0.5), -1, 0, 4_294_967_296,
    ]

    private static let schema: JSON = [
        "type": "object",
        "properties": [
            "a": ["type": "integer", "minimum": 1, "maximum": 5, "multipleOf": 1],
            "b": ["type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 5],
            "c": ["type": "array", "minItems": 1, "maxItems": 2, "items": ["type": "number"]],
            "d": ["type": "string", "minLength": 1, "maxLength": 9],
        ],
    ]
    private static let schemaFields = [
        "a.minimum", "a.maximum", "a.multipleOf", "b.exclusiveMinimum", "b.exclusiveMaximum", "c.minItems",
        "c.maxItems", "d.minLength", "d.maxLength",
    ]

    private static let graph: JSON = [
        "4": ["class_type": "CheckpointLoaderSimple", "inputs": ["ckpt_name": "sd_xl_base_1.0.safetensors"]],
        "5": ["class_type": "EmptyLatentImage", "inputs": ["width": 16, "height": 16, "batch_size": 1]],
        "6": ["class_type": "CLIPTextEncode", "inputs": ["text": "a boat", "clip": ["4", 1]]],
        "3": [
            "class_type": "KSampler",
            "inputs": [
                "model": ["4", 0], "seed": 1, "steps": 1, "cfg": 1, "sampler_name": "euler", "scheduler": "normal",
                "positive": ["6", 0], "negative": ["6", 0], "latent_image": ["5", 0], "denoise": 1,
            ],
        ],
        "8": ["class_type": "VAEDecode", "inputs": ["samples": ["3", 0], "vae": ["4", 2]]],
        "9": ["class_type": "SaveImage", "inputs": ["images": ["8", 0], "filename_prefix": "a"]],
    ]

    private static let bearer = ["authorization": "Bearer sk-stand-in"]
    private static let goog = ["x-goog-api-key": "AIza-stand-in"]
    private static let contents: JSON = [["parts": [["text": "a boat"]]]]

    private static let calls = [
        Call(
            path: "/automatic1111/sdapi/v1/txt2img", body: ["prompt": "a", "width": 16, "height": 16, "n_iter": 2],
            fields: ["seed", "batch_size", "n_iter", "width", "height", "steps", "cfg_scale"]),
        Call(
            path: "/sdcpp/sdcpp/v1/img_gen", body: ["prompt": "a", "width": 64, "height": 64],
            fields: ["seed", "batch_count", "width", "height"]),
        Call(
            path: "/fal/run/fal-ai/flux", headers: ["authorization": "Key id:secret"],
            body: ["prompt": "a", "image_size": ["width": 16, "height": 16], "sync_mode": true],
            fields: ["seed", "num_images", "image_size.width", "image_size.height"]),
        Call(
            path: "/huggingface/hf-inference/models/a/b", headers: bearer,
            body: ["inputs": "a", "parameters": ["width": 16, "height": 16]],
            fields: ["seed", "width", "height", "target_size.width", "guidance_scale"].map { "parameters.\($0)" }),
        Call(
            path: "/openai/v1/images/generations", headers: bearer, body: ["prompt": "a", "size": "16x16"],
            fields: ["n", "partial_images", "output_compression", "frame_count", "size"]),
        Call(
            path: "/openai/v1/chat/completions", headers: bearer,
            body: [
                "model": "m", "messages": [["role": "user", "content": "a"]],
                "response_format": ["type": "json_schema", "json_schema": ["name": "a", "schema": schema]],
            ],
            fields: ["n", "max_completion_tokens"]
                + schemaFields.map { "response_format.json_schema.schema.properties.\($0)" }),
        Call(
            path: "/gemini/v1beta/models/m-image:generateContent", headers: goog,
            body: ["contents": contents, "generationConfig": ["imageConfig": ["imageSize": "512"]]],
            fields: ["seed", "candidateCount", "imageConfig.imageSize"].map { "generationConfig.\($0)" }),
        Call(
            path: "/gemini/v1beta/models/m:generateContent", headers: goog,
            body: [
                "contents": contents,
                "generationConfig": ["responseMimeType": "application/json", "responseSchema": schema],
            ],
            fields: ["candidateCount", "maxOutputTokens"].map { "generationConfig.\($0)" }
                + schemaFields.map { "generationConfig.responseSchema.properties.\($0)" }),
        Call(
            path: "/comfyui/prompt", body: ["prompt": graph],
            fields: ["number"]
                + [
                    "5.inputs.width", "5.inputs.height", "5.inputs.batch_size", "3.inputs.seed", "3.inputs.steps",
                    "3.inputs.cfg", "3.inputs.denoise",
                ].map { "prompt.\($0)" }),
        Call(
            path: "/sdcpp/sdcpp/v1/img_gen", body: ["prompt": "a", "width": 64, "height": 64, "stand_in": [:]],
            fields: [
                "latency_ms", "steps", "failure_rate", "throttle_rate", "retry_after", "block_rate",
                "loading_seconds", "slow_body_ms", "webhook.copies", "webhook.delay_ms", "seed",
            ].map { "stand_in.\($0)" }),
    ]

    /// `json` with another value at a place.
    private static func changed(_ json: JSON, _ place: ArraySlice<Substring>, _ value: JSON) -> JSON {
        guard let name = place.first.map({ String($0) }) else { return value }
        var members = json.object ?? [:]
        members[name] = changed(members[name] ?? [:], place.dropFirst(), value)
        return .object(members)
    }

    @Test(arguments: calls)
    func `a number beyond all measure is answered, and the server lives`(call: Call) async throws {
        let client = HTTPClient()
        try await StandInsUnderTest.serving { url async throws in
            var headers = call.headers
            headers["x-stand-in"] = #"{"latency_ms": 0}"#
            let taken = try await client.send(.post, url + call.path, call.body, headers: headers)
            #expect((200..<300).contains(taken.status), "\(String(decoding: taken.body, as: UTF8.self))")
            for field in call.fields {
                for number in Self.numbers {
                    let body = Self.changed(call.body, field.split(separator: ".")[...], number)
                    let answer = try await client.send(.post, url + call.path, body, headers: headers)
                    #expect((200..<500).contains(answer.status), "\(field) \(number)")
                }
            }
            #expect(try await client.send(.get, "\(url)/_stand-in/knobs").status == 200)
        }
    }

    @Test func `a graph is followed however deep it is`() throws {
        var graph = try #require(Self.graph.object)
        var last: JSON = ["8", 0]
        for number in 100..<30_100 {
            let (name, input) = number.isMultiple(of: 2) ? ("VAEEncode", "pixels") : ("VAEDecode", "samples")
            var inputs: JSONObject = ["vae": ["4", 2]]
            inputs[input] = last
            graph[String(number)] = ["class_type": .string(name), "inputs": .object(inputs)]
            last = [.string(String(number)), 0]
        }
        graph["9"] = ["class_type": "SaveImage", "inputs": ["images": last, "filename_prefix": "a"]]
        let checked = try ComfyUIGraph(.object(graph), pictures: []).checked()
        #expect(checked.needed(for: "9").count == graph.count)
    }

    private static let refused: [(JSON, String, String)] = [
        (["batch_size": .integer(.max), "n_iter": 2], "batch_size", "not_le"),
        (["batch_size": 2, "n_iter": .integer(.max)], "n_iter", "not_le"), (["batch_size": 0], "batch_size", "not_ge"),
        (["n_iter": -1], "n_iter", "not_ge"), (["width": .integer(.max)], "width", "not_le"),
        (["height": .integer(.min)], "height", "not_ge"),
    ]

    @Test(arguments: refused)
    func `AUTOMATIC1111 names a number that it does not take`(body: JSON, field: String, kind: String) async throws {
        let client = HTTPClient()
        try await StandInsUnderTest.serving { url async throws in
            let answer = try await client.send(.post, "\(url)/automatic1111/sdapi/v1/txt2img", body)
            let detail = try JSON(parsing: answer.body)["detail"]?[0]
            #expect(answer.status == 422 && detail?["loc"] == ["body", .string(field)])
            #expect(detail?["type"]?.string == "value_error.number.\(kind)")
        }
    }

    @Test(arguments: ["batch_count", "width", "height", "seed"])
    func `stable-diffusion.cpp takes no number beyond the limits it tells`(field: String) async throws {
        let client = HTTPClient()
        try await StandInsUnderTest.serving { url async throws in
            let body: JSON = ["prompt": "a"]
            for number: JSON in [.number(1e308), "wide"] {
                let answer = try await client.send(
                    .post, "\(url)/sdcpp/sdcpp/v1/img_gen", Self.changed(body, [field[...]], number))
                #expect(answer.status == 400, "\(number)")
            }
        }
    }
}
