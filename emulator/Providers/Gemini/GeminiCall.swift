import Cryptography
import FoundationEssentials
import JSON

/// A call for content, checked as Gemini checks it: a picture where the modalities name one, or where they name nothing and
/// the model is one that draws; else a text.
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
    /// One for each candidate; empty for texts.
    private let pictures: [Picture]
    private let text: String
    /// How many answers are wanted.
    private let candidates: Int

    private static let ratios: Set = [
        "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1",
    ]
    private static let mostCandidates = 8
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
        candidates = try Self.candidates(configuration)
        let draws =
            modalities.isEmpty
            ? model.contains("image") : modalities.contains { $0.string?.uppercased() == "IMAGE" }
        if draws {
            let seed = try Self.seed(configuration)
            let size = try Self.size(configuration.either("imageConfig", "image_config") ?? [:])
            var picture = Picture(
                prompt: prompt, seed: seed, width: size.width, height: size.height, input: try Self.input(parts))
            pictures = (0..<candidates).map {
                picture.seed = seed + $0
                return picture
            }
            let isAlone = modalities.count == 1
            text = isAlone ? "" : "Here is \(wording.title):"
        } else {
            pictures = []
            text = try Self.text(
                configuration, wording, instructions.compactMap { $0["text"]?.string }.joined(separator: "\n"))
        }
    }

    private static func candidates(_ configuration: JSON) throws -> Int {
        guard let value = configuration.either("candidateCount", "candidate_count"), value != .null else { return 1 }
        guard let number = value.int, (1...mostCandidates).contains(number) else {
            throw GeminiProblem.invalid(
                "* GenerateContentRequest.generation_config.candidate_count: candidate_count must be in the range "
                    + "[1, \(mostCandidates)], got \(value.text)\n")
        }
        return number
    }

    private static func seed(_ configuration: JSON) throws -> Int {
        guard let value = configuration["seed"], value != .null else { return 0 }
        guard let number = value.int.flatMap(Int32.init(exactly:)) else {
            throw GeminiProblem.invalid(
                "Invalid value at 'generation_config.seed' (TYPE_INT32), \(value.text)")
        }
        return Int(number)
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
        let name = configuration.either("imageSize", "image_size") ?? "1K"
        guard let side = name.string.flatMap({ sizes[$0] }) else {
            throw GeminiProblem.invalid("Invalid value at 'generation_config.image_config.image_size': \(name.text)")
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
    func answer(id: String, _ ending: Ending?) -> JSON {
        chunk((0..<candidates).map { candidate($0, parts($0), isLast: true) }, id: id, ending)
    }

    /// The answer in pieces: some words each, then the picture, one candidate after the other.
    func chunks(id: String, _ ending: Ending?) -> [JSON] {
        if ending != nil { return [answer(id: id, ending)] }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let texts = stride(from: 0, to: text.isEmpty ? 0 : words.count, by: 3).map { start -> JSON in
            let piece = words[start..<min(start + 3, words.count)].joined(separator: " ")
            return ["text": .string(start == 0 ? piece : " \(piece)")]
        }
        return (0..<candidates).flatMap { number in
            let pieces = texts + picture(number)
            return pieces.enumerated().map { index, piece in
                chunk([candidate(number, [piece], isLast: index == pieces.count - 1)], id: id, nil)
            }
        }
    }

    /// How many tokens the call has.
    var tokens: Int64 { Int64(prompt.utf8.count / 4 + 1 + (pictures.first?.input == nil ? 0 : 258)) }

    private func parts(_ candidate: Int) -> [JSON] {
        (text.isEmpty ? [] : [["text": .string(text)]]) + picture(candidate)
    }

    /// The part with a candidate's picture, where pictures are drawn.
    private func picture(_ candidate: Int) -> [JSON] {
        guard pictures.indices.contains(candidate) else { return [] }
        let data = Base64.encode(pictures[candidate].png())
        return [["inlineData": ["mimeType": "image/png", "data": .string(data)]]]
    }

    private func candidate(_ number: Int, _ parts: [JSON], isLast: Bool) -> JSON {
        var candidate: JSONObject = [
            "content": ["parts": .array(parts), "role": "model"], "index": .integer(Int64(number)),
        ]
        if isLast { candidate["finishReason"] = "STOP" }
        return .object(candidate)
    }

    private func chunk(_ answers: [JSON], id: String, _ ending: Ending?) -> JSON {
        var members: JSONObject = [:]
        switch ending {
        case .blocked: members["promptFeedback"] = ["blockReason": "PROHIBITED_CONTENT"]
        case .stopped(let reason):
            members["candidates"] = [
                [
                    "content": [:], "finishReason": pictures.isEmpty ? "OTHER" : "IMAGE_OTHER",
                    "finishMessage": .string(reason), "index": 0,
                ]
            ]
        case nil: members["candidates"] = .array(answers)
        }
        let made = ending == nil ? Int64(candidates * (text.utf8.count / 4 + (pictures.isEmpty ? 1 : 1290))) : 0
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
