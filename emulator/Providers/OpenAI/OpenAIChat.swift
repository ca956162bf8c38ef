import FoundationEssentials
import HTTPTypes
import JSON

/// A call for a text: the last thing the user said, in other words, or as the JSON that was asked for.
struct OpenAIChat: Sendable {
    let streams: Bool
    let text: String
    let prompt: String
    private let model: String
    private let includesUsage: Bool
    /// How many answers are wanted.
    private let choices: Int
    /// Whether the text is a refusal.
    private let refuses: Bool

    /// - Parameter refuses: whether the model says no instead.
    /// - Throws: ``OpenAIProblem`` for a call that is not understood.
    init(_ parameters: OpenAIParameters, refuses: Bool) throws {
        let call = parameters.values
        self.refuses = refuses
        guard let model = call["model"]?.string else { throw OpenAIProblem.missing("model") }
        guard let messages = call["messages"]?.array, !messages.isEmpty else {
            throw OpenAIProblem.missing("messages")
        }
        self.model = model
        choices = try parameters.integer("n", 1...128, default: 1)
        streams = call["stream"]?.bool ?? false
        includesUsage = call["stream_options"]?["include_usage"]?.bool ?? false
        prompt = Self.text(of: messages.last { $0["role"] == "user" } ?? messages[messages.count - 1])
        let instructions = messages.filter { $0["role"] == "system" || $0["role"] == "developer" }
            .map(Self.text(of:)).joined(separator: "\n")
        let written = try Self.written(call, Wording(prompt), instructions)
        text = refuses ? "I'm sorry, I can't help with that." : written
    }

    /// - Throws: ``OpenAIProblem`` for a format that is not understood.
    private static func written(_ call: JSON, _ wording: Wording, _ instructions: String) throws -> String {
        switch call["response_format"]?["type"]?.string {
        case "json_schema":
            let format = call["response_format"]?["json_schema"]
            guard let schema = format?["schema"] else {
                throw OpenAIProblem.missing("response_format.json_schema.schema")
            }
            if format?["strict"] == true, schema["additionalProperties"] != false {
                throw OpenAIProblem(
                    status: .badRequest,
                    message: "Invalid schema for response_format '\(format?["name"]?.string ?? "")': In context=(), "
                        + "'additionalProperties' is required to be supplied and to be false.",
                    param: "response_format", code: "invalid_json_schema")
            }
            return SchemaAnswer(schema, about: wording).json.text
        case "json_object":
            return JSON.object(["title": .string(wording.title), "description": .string(wording.sentence)]).text
        default: return wording.answer(to: instructions)
        }
    }

    /// What a message says; its pictures are not looked at.
    private static func text(of message: JSON) -> String {
        if let text = message["content"]?.string { return text }
        return (message["content"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
    }

    // MARK: Answers

    func answer(id: String, created: Int64) -> JSON {
        var members = head(id, created, "chat.completion")
        let message: JSON = [
            "role": "assistant", "content": refuses ? .null : .string(text),
            "refusal": refuses ? .string(text) : .null, "annotations": [],
        ]
        members["choices"] = .array(
            (0..<choices).map {
                ["index": .integer(Int64($0)), "logprobs": nil, "finish_reason": "stop", "message": message]
            })
        members["usage"] = usage
        return .object(members)
    }

    /// The chunks of a streamed answer: of each choice the role, the words and the end; and the usage where it was asked for.
    func chunks(id: String, created: Int64) -> [JSON] {
        let chunks = (0..<choices).flatMap { self.chunks(of: $0, id: id, created: created) }
        guard includesUsage else { return chunks }
        var members = head(id, created, "chat.completion.chunk")
        members["choices"] = []
        members["usage"] = usage
        return chunks + [.object(members)]
    }

    private func chunks(of choice: Int, id: String, created: Int64) -> [JSON] {
        func chunk(_ delta: JSON, end: JSON = nil) -> JSON {
            var members = head(id, created, "chat.completion.chunk")
            members["choices"] = [
                ["index": .integer(Int64(choice)), "delta": delta, "logprobs": nil, "finish_reason": end]
            ]
            if includesUsage { members["usage"] = nil as JSON }
            return .object(members)
        }
        var chunks = [chunk(["role": "assistant", "content": "", "refusal": nil])]
        for (index, word) in text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            chunks.append(chunk([refuses ? "refusal" : "content": .string(index == 0 ? String(word) : " \(word)")]))
        }
        return chunks + [chunk([:], end: "stop")]
    }

    private func head(_ id: String, _ created: Int64, _ object: String) -> JSONObject {
        [
            "id": .string(id), "object": .string(object), "created": .integer(created), "model": .string(model),
            "service_tier": "default", "system_fingerprint": "fp_stand_in",
        ]
    }

    private var usage: JSON {
        let (asked, written) = (Int64(prompt.utf8.count / 4 + 8), Int64(choices * (text.utf8.count / 4 + 1)))
        return [
            "prompt_tokens": .integer(asked), "completion_tokens": .integer(written),
            "total_tokens": .integer(asked + written),
        ]
    }
}

extension Wording {
    /// A title where the instructions speak of one, keywords where of those, else a sentence.
    func answer(to instructions: String) -> String {
        let instructions = instructions.lowercased()
        if ["title", "headline", "name "].contains(where: instructions.contains) { return title }
        if ["keyword", "tags"].contains(where: instructions.contains) { return keywords.joined(separator: ", ") }
        return sentence
    }
}
