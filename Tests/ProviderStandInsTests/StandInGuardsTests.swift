import HTTPClient
import JSON
import Testing

@testable import ProviderStandIns

/// What is refused at each stand-in's door, as the real one refuses it; nothing of it counts as a call that was taken.
@Suite(.timeLimit(.minutes(1)))
struct StandInGuardsTests {
    /// One exchange that is refused.
    struct Refused: Sendable, CustomTestStringConvertible {
        var method: HTTPMethod
        var path: String
        var body: JSON?
        var headers: [String: String]
        var status: Int
        /// A body that is no JSON, instead.
        var text: String?

        init(
            _ status: Int, _ method: HTTPMethod, _ path: String, _ body: JSON? = nil, key: String? = nil,
            headers: [String: String] = [:], text: String? = nil
        ) {
            self.status = status
            self.method = method
            self.path = path
            self.body = body
            self.headers = headers
            if let key { self.headers["authorization"] = key }
            self.text = text
        }

        var testDescription: String { "\(status) \(method) \(path) \(text ?? "") \(body.map { "\($0)" } ?? "")" }
    }

    private static let bearer = "Bearer r8_stand_in"
    private static let falKey = "Key stand-in:not-a-secret"
    private static let drawing: JSON = ["prompt": "a boat"]

    private static let replicate: [Refused] = [
        Refused(401, .post, "/replicate/v1/predictions", ["version": "a/b", "input": drawing]),
        Refused(401, .post, "/replicate/v1/predictions", ["version": "a/b", "input": drawing], key: "Bearer a"),
        Refused(401, .post, "/replicate/v1/predictions", ["version": "a/b", "input": drawing], key: falKey),
        Refused(400, .post, "/replicate/v1/predictions", key: bearer, text: "prompt=a"),
        Refused(400, .post, "/replicate/v1/predictions", [1], key: bearer),
        Refused(422, .post, "/replicate/v1/predictions", ["version": "a/b"], key: bearer),
        Refused(422, .post, "/replicate/v1/predictions", ["version": "a/b", "input": [:]], key: bearer),
        Refused(
            422, .post, "/replicate/v1/predictions",
            ["version": "a/b", "input": ["prompt": "a", "num_outputs": 5]], key: bearer),
        Refused(
            422, .post, "/replicate/v1/predictions", ["version": "a/b", "input": ["prompt": "a", "width": 4096]],
            key: bearer),
        Refused(
            422, .post, "/replicate/v1/predictions",
            ["version": "a/b", "input": ["prompt": "a", "aspect_ratio": "wide"]], key: bearer),
        Refused(404, .post, "/replicate/v2/predictions", ["version": "a/b", "input": drawing], key: bearer),
        Refused(404, .get, "/replicate/v1/predictions/nobody", key: bearer),
        Refused(404, .post, "/replicate/v1/predictions/nobody/cancel", key: bearer),
        Refused(404, .get, "/replicate/v1/files/nobody", key: bearer),
        Refused(404, .delete, "/replicate/v1/files/nobody", key: bearer),
        Refused(404, .get, "/replicate/outputs/nobody/out-0.png"),
    ]

    private static let fal: [Refused] = [
        Refused(401, .post, "/fal/queue/fal-ai/flux", drawing),
        Refused(401, .post, "/fal/queue/fal-ai/flux", drawing, key: "Key a"),
        Refused(401, .post, "/fal/queue/fal-ai/flux", drawing, key: "Basic abcdefgh"),
        Refused(422, .post, "/fal/queue/fal-ai/flux", key: falKey, text: "prompt=a"),
        Refused(404, .post, "/fal/queue/flux", drawing, key: falKey),
        Refused(404, .get, "/fal/queue/fal-ai/flux/requests/nobody/status", key: falKey),
        Refused(404, .get, "/fal/queue/fal-ai/flux/requests/nobody/status/stream", key: falKey),
        Refused(404, .get, "/fal/queue/fal-ai/flux/requests/nobody", key: falKey),
        Refused(404, .put, "/fal/queue/fal-ai/flux/requests/nobody/cancel", key: falKey),
        Refused(401, .post, "/fal/rest/storage/auth/token", [:]),
        Refused(401, .post, "/fal/cdn/files/upload", [:], key: "Bearer another's"),
        Refused(404, .put, "/fal/storage/nobody", [:]),
        Refused(404, .get, "/fal/cdn/files/nobody/a.png"),
        Refused(404, .get, "/fal/cdn/files/out/nobody/0.png"),
    ]

    private static let huggingFace: [Refused] = [
        Refused(401, .post, "/huggingface/hf-inference/models/a/b", ["inputs": "a"]),
        Refused(401, .post, "/huggingface/hf-inference/models/a/b", ["inputs": "a"], key: "Bearer a"),
        Refused(400, .post, "/huggingface/hf-inference/models/a/b", key: bearer, text: ""),
        Refused(400, .post, "/huggingface/hf-inference/models/a/b", ["prompt": "a"], key: bearer),
        Refused(
            400, .post, "/huggingface/hf-inference/models/a/b", ["inputs": "a", "parameters": ["width": 4096]],
            key: bearer),
        Refused(404, .post, "/huggingface/hf-inference/models", ["inputs": "a"], key: bearer),
        Refused(404, .get, "/huggingface/api/nothing", key: bearer),
    ]

    private static let openAI: [Refused] = [
        Refused(401, .post, "/openai/v1/images/generations", drawing),
        Refused(401, .post, "/openai/v1/images/generations", drawing, key: falKey),
        Refused(400, .post, "/openai/v1/images/generations", key: bearer, text: "prompt=a"),
        Refused(400, .post, "/openai/v1/images/generations", [:], key: bearer),
        Refused(
            400, .post, "/openai/v1/images/generations", ["prompt": .string(String(repeating: "a", count: 32_001))],
            key: bearer),
        Refused(400, .post, "/openai/v1/images/generations", ["prompt": "a", "n": 11], key: bearer),
        Refused(400, .post, "/openai/v1/images/generations", ["prompt": "a", "n": 0], key: bearer),
        Refused(400, .post, "/openai/v1/images/generations", ["prompt": "a", "quality": "best"], key: bearer),
        Refused(400, .post, "/openai/v1/images/generations", ["prompt": "a", "size": "9999x16"], key: bearer),
        Refused(400, .post, "/openai/v1/images/generations", ["prompt": "a", "response_format": "url"], key: bearer),
        Refused(400, .post, "/openai/v1/images/generations", ["prompt": "a", "input_fidelity": "high"], key: bearer),
        Refused(400, .post, "/openai/v1/images/edits", ["prompt": "a"], key: bearer),
        Refused(
            400, .post, "/openai/v1/images/generations",
            ["prompt": "a", "background": "transparent", "output_format": "jpeg"], key: bearer),
        Refused(
            400, .post, "/openai/v1/chat/completions",
            ["model": "m", "messages": [["role": "user", "content": "a"]], "n": 129], key: bearer),
        Refused(404, .post, "/openai/v1/images/variations", ["prompt": "a"], key: bearer),
    ]

    private static let goog = ["x-goog-api-key": "AIza-stand-in"]
    private static let generate = "/gemini/v1beta/models/m:generateContent"
    private static let generateImage = "/gemini/v1beta/models/gemini-3.1-flash-lite-image:generateContent"
    private static let content: JSON = [["parts": [["text": "a boat"]]]]

    private static let gemini: [Refused] = [
        Refused(403, .post, generate, ["contents": content]),
        Refused(400, .post, generate, headers: goog, text: "prompt=a"),
        Refused(400, .post, generate, [:], headers: goog),
        Refused(
            400, .post, generate,
            [
                "contents": content,
                "generationConfig": ["responseModalities": ["IMAGE"], "imageConfig": ["imageSize": "9K"]],
            ], headers: goog),
        Refused(
            400, .post, generate,
            [
                "contents": content,
                "generationConfig": ["responseModalities": ["IMAGE"], "imageConfig": ["aspectRatio": "7:5"]],
            ], headers: goog),
        Refused(
            400, .post, generateImage,
            ["contents": content, "generationConfig": ["imageConfig": ["aspectRatio": "17:3"]]], headers: goog),
        Refused(
            400, .post, generateImage,
            ["contents": content, "generationConfig": ["imageConfig": ["imageSize": "9K"]]], headers: goog),
        Refused(
            400, .post, generate, ["contents": content, "generationConfig": ["candidateCount": 9]], headers: goog),
        Refused(
            400, .post, generateImage, ["contents": content, "generationConfig": ["seed": 4_294_967_296]],
            headers: goog),
        Refused(404, .post, "/gemini/v1beta/models/m:paint", ["contents": content], headers: goog),
        Refused(404, .post, "/gemini/v9/models/m:generateContent", ["contents": content], headers: goog),
    ]

    private static let comfyUI: [Refused] = [
        Refused(400, .post, "/comfyui/prompt", text: "prompt=a"),
        Refused(400, .post, "/comfyui/prompt", ["client_id": "a"]),
        Refused(400, .post, "/comfyui/prompt", ["prompt": [:]]),
        Refused(404, .get, "/comfyui/view"),
        Refused(404, .get, "/comfyui/view?filename=nobody.png"),
        Refused(400, .get, "/comfyui/view?filename=..%2Fa.png"),
        Refused(400, .get, "/comfyui/view?filename=a.png&subfolder=.."),
        Refused(400, .get, "/comfyui/view?filename=%2Fa.png"),
        Refused(404, .get, "/comfyui/models/nothing"),
        Refused(400, .post, "/comfyui/upload/image", text: "no form"),
        Refused(404, .get, "/comfyui/nothing"),
    ]

    private static let a1111 = "/automatic1111/sdapi/v1"
    private static let automatic1111: [Refused] = [
        Refused(422, .post, a1111 + "/txt2img", text: "prompt=a"),
        Refused(422, .post, a1111 + "/txt2img", [1]),
        Refused(422, .post, a1111 + "/txt2img", ["prompt": "a", "width": "wide"]),
        Refused(404, .post, a1111 + "/txt2img", ["prompt": "a", "sampler_name": "none"]),
        Refused(404, .post, a1111 + "/img2img", drawing),
        Refused(500, .post, a1111 + "/img2img", ["prompt": "a", "init_images": ["*"]]),
        Refused(404, .get, a1111 + "/nothing"),
        Refused(404, .post, "/automatic1111/txt2img", drawing),
    ]

    private static let stableDiffusionCpp: [Refused] = [
        Refused(400, .post, "/sdcpp/sdcpp/v1/img_gen", text: "prompt=a"),
        Refused(400, .post, "/sdcpp/sdcpp/v1/img_gen", [1]),
        Refused(404, .get, "/sdcpp/sdcpp/v1/jobs/nobody"),
        Refused(404, .post, "/sdcpp/sdcpp/v1/jobs/nobody/cancel"),
        Refused(404, .get, "/sdcpp/sdcpp/v1/nothing"),
        Refused(404, .get, "/sdcpp/v1/jobs/nobody"),
    ]

    private static let all = [
        replicate, fal, huggingFace, openAI, gemini, comfyUI, automatic1111, stableDiffusionCpp,
    ]

    @Test(arguments: all)
    func `what does not fit is refused with the status of the real one, and is no call`(refused: [Refused]) async throws
    {
        let client = HTTPClient()
        try await StandInsUnderTest.serving { url async throws in
            for refusal in refused {
                var request = HTTPClient.Request(refusal.method, url + refusal.path, timeout: .seconds(20))
                for (name, value) in refusal.headers { request.headers[name] = value }
                if let body = refusal.body {
                    request.headers["content-type"] = "application/json"
                    request.body = .bytes(body.serialized)
                } else if let text = refusal.text {
                    request.headers["content-type"] = "text/plain"
                    request.body = .bytes(Array(text.utf8))
                }
                let response = try await client.execute(request)
                _ = try await response.body.collect(upTo: 1 << 20)
                #expect(response.status == refusal.status, "\(refusal.testDescription)")
            }
            let counts = try await client.json("\(url)/_stand-in/calls")["counts"]?.object ?? [:]
            #expect(counts.keys.filter { $0.hasSuffix(".submit") || $0.hasSuffix(".text") } == [])
        }
    }

    @Test func `a queue that is full takes no more`() async throws {
        let client = HTTPClient()
        try await StandInsUnderTest.serving { url async throws in
            let job: JSON = ["prompt": "a", "width": 64, "height": 64, "stand_in": ["latency_ms": 600_000]]
            // One is drawn meanwhile.
            for _ in 0...1024 {
                let taken = try await client.send(.post, url + "/sdcpp/sdcpp/v1/img_gen", job)
                #expect(taken.status == 202)
            }
            #expect(try await client.send(.post, url + "/sdcpp/sdcpp/v1/img_gen", job).status == 429)
        }
    }

    @Test func `an upload that would lead out of its folder is refused`() async throws {
        let client = HTTPClient()
        try await StandInsUnderTest.serving { url async throws in
            for (folder, name, status) in [("", "a.png", 200), ("..", "a.png", 400), ("", "../a.png", 400)] {
                var form = MultipartForm()
                form.add("image", file: [1, 2, 3], name: name, contentType: "image/png")
                form.add("subfolder", folder)
                var request = HTTPClient.Request(.post, url + "/comfyui/upload/image", body: .bytes(form.encoded))
                request.headers["content-type"] = form.contentType
                #expect(try await client.execute(request).status == status, "\(folder)/\(name)")
            }
        }
    }
}
