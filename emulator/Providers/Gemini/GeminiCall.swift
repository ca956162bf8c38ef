import Cryptography
import FoundationEssentials
import JSON

/// A call for content, checked as Gemini checks it: a picture where the modalities name one, else a text.
struct GeminiCall: Sendable {
    /// What a call that was taken may come to instead of content.
    enum Ending: Sendable {
        /// The prompt is blocked: a success without candidates.
        case blocked
        /// The model stops without having made anything, and says why.
        case stopped(String)
    }

    let prompt: String
    private let model: String
    private let picture: Picture?
    private let text: String

    private static let ratios: Set = [
        "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1",
    ]
    private static let sizes = ["512": 512.0, "1K": 1024, "2K": 2048, "4K": 4096]

    /// - Throws: ``GeminiProblem`` naming what is wrong.
    init(_ body: JSON, model: String) throws {
        guard let contents = body["contents"]?.array, let last = contents.last else {
            throw GeminiProblem.invalid(
                "* GenerateContentRequest.contents: contents is not specified\n")
        }
        self.model = model
        let parts = last["parts"]?.array ?? []
        prompt = parts.compactMap { $0["text"]?.string }.joined(separator: "\n")
        let configuration = body.either("generationConfig", "generation_config") ?? [:]
        let modalities = configuration.either("responseModalities", "response_modalities")?.array ?? []
        let instructions = body.either("systemInstruction", "system_instruction")?["parts"]?.array ?? []
        let wording = Wording(prompt)
        if modalities.contains(where: { $0.string?.uppercased() == "IMAGE" }) {
            let size = try Self.size(configuration.either("imageConfig", "image_config") ?? [:])
            picture = Picture(
                prompt: prompt, seed: configuration["seed"]?.int ?? 0, width: size.width, height: size.height,
                input: try Self.input(parts))
            let isAlone = modalities.count == 1
            text = isAlone ? "" : "Here is \(wording.title):"
        } else {
            picture = nil
            text = try Self.text(
                configuration, wording, instructions.compactMap { $0["text"]?.string }.joined(separator: "\n"))
        }
    }

    private static func text(_ configuration: JSON, _ wording: Wording, _ instructions: String) throws -> String {
        let schema =
            configuration.either("responseJsonSchema", "response_json_schema")
            ?? configuration.either("responseSchema", "response_schema")
        let type = configuration.either("responseMimeType", "response_mime_type")?.string ?? "text/plain"
        switch (type, schema) {
        case ("application/json", let schema?): return SchemaAnswer(schema, about: wording).json.text
        case ("application/json", nil):
            return JSON.object(["title": .string(wording.title), "description": .string(wording.sentence)]).text
        case ("text/x.enum", let schema?):
            let answer = SchemaAnswer(schema, about: wording).json
            return answer.string ?? answer.text
        case (_, .some):
            throw GeminiProblem.invalid(
                "Json mode response_schema is only supported with response_mime_type application/json")
        default: return wording.answer(to: instructions)
        }
    }

    /// The last picture among the parts.
    private static func input(_ parts: [JSON]) throws -> [UInt8]? {
        try parts.compactMap { $0.either("inlineData", "inline_data") }.map { data in
            guard let bytes = data["data"]?.string.flatMap({ Base64.decode($0) ?? Base64.decode($0, alphabet: .url) })
            else {
                throw GeminiProblem.invalid(
                    "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), Base64 decoding failed")
            }
            guard data.either("mimeType", "mime_type")?.string?.hasPrefix("image/") == true else {
                throw GeminiProblem.invalid("Unsupported MIME type in inline_data")
            }
            return bytes
        }.last
    }

    /// The area of a square of that size, in multiples of 16.
    private static func size(_ configuration: JSON) throws -> (width: Int, height: Int) {
        let name = configuration.either("imageSize", "image_size")?.string ?? "1K"
        guard let side = sizes[name] else {
            throw GeminiProblem.invalid("Invalid value at 'generation_config.image_config.image_size': \"\(name)\"")
        }
        let ratio = configuration.either("aspectRatio", "aspect_ratio")?.string ?? "1:1"
        guard ratios.contains(ratio) else {
            throw GeminiProblem.invalid(
                "Invalid value at 'generation_config.image_config.aspect_ratio': \"\(ratio.prefix(40))\"")
        }
        let sides = ratio.split(separator: ":").compactMap { Double($0) }
        let width = side * (sides[0] / sides[1]).squareRoot()
        return (Int((width / 16).rounded()) * 16, Int((width * sides[1] / sides[0] / 16).rounded()) * 16)
    }

    // MARK: Answers

    /// The whole answer.
    func answer(id: String, _ ending: Ending?) -> JSON { chunk(parts, id: id, ending, isLast: true) }

    /// The answer in pieces: some words each, then the picture.
    func chunks(id: String, _ ending: Ending?) -> [JSON] {
        if ending != nil { return [answer(id: id, ending)] }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        var pieces = stride(from: 0, to: words.count, by: 3).map { start -> JSON in
            let piece = words[start..<min(start + 3, words.count)].joined(separator: " ")
            return ["text": .string(start == 0 ? piece : " \(piece)")]
        }
        if let picture { pieces.append(Self.part(picture)) }
        return pieces.enumerated().map { index, piece in
            chunk([piece], id: id, nil, isLast: index == pieces.count - 1)
        }
    }

    /// How many tokens the call has.
    var tokens: Int64 { Int64(prompt.utf8.count / 4 + 1 + (picture?.input == nil ? 0 : 258)) }

    private var parts: [JSON] {
        (text.isEmpty ? [] : [["text": .string(text)]]) + (picture.map { [Self.part($0)] } ?? [])
    }

    private static func part(_ picture: Picture) -> JSON {
        ["inlineData": ["mimeType": "image/png", "data": .string(Base64.encode(picture.png()))]]
    }

    private func chunk(_ parts: [JSON], id: String, _ ending: Ending?, isLast: Bool) -> JSON {
        var members: JSONObject = [:]
        switch ending {
        case .blocked: members["promptFeedback"] = ["blockReason": "PROHIBITED_CONTENT"]
        case .stopped(let reason):
            members["candidates"] = [
                [
                    "content": [:], "finishReason": picture == nil ? "OTHER" : "IMAGE_OTHER",
                    "finishMessage": .string(reason), "index": 0,
                ]
            ]
        case nil:
            var candidate: JSONObject = ["content": ["parts": .array(parts), "role": "model"], "index": 0]
            if isLast { candidate["finishReason"] = "STOP" }
            members["candidates"] = [.object(candidate)]
        }
        let made = ending == nil ? Int64(text.utf8.count / 4 + (picture == nil ? 1 : 1290)) : 0
        members["usageMetadata"] = [
            "promptTokenCount": .integer(tokens), "candidatesTokenCount": .integer(made),
            "totalTokenCount": .integer(tokens + made),
            "promptTokensDetails": [["modality": "TEXT", "tokenCount": .integer(tokens)]],
        ]
        members["modelVersion"] = .string(model)
        members["responseId"] = .string(id)
        return .object(members)
    }
}

extension JSON {
    /// A member by its name in JSON, or by the one in the protocol buffer, which Google's APIs take as well.
    func either(_ name: String, _ other: String) -> JSON? { self[name] ?? self[other] }
}
