internal import HTTPClient
internal import JSON

/// Chat completions (https://platform.openai.com/docs/api-reference/chat), which most servers that write understand.
extension OpenAI: TextProvider {
    package func complete(_ request: TextRequest) async throws(ProviderError) -> String {
        var body: JSONObject = [
            "model": .string(request.model ?? textModel),
            "messages": [
                ["role": "system", "content": .string(request.instructions)],
                ["role": "user", "content": .string(request.text)],
            ],
        ]
        if let schema = request.schema {
            // Strictly followed where the schema is of the closed kind that strictness asks for.
            let isClosed = schema["additionalProperties"] == false
            body["response_format"] = [
                "type": "json_schema",
                "json_schema": ["name": "answer", "schema": schema, "strict": .bool(isClosed)],
            ]
        }
        let answer = try await service.post("/chat/completions", .json(.object(body))) { response in
            guard response.isSuccess else {
                throw OpenAIRefusal(response, await service.problem(of: response)).error
            }
            return try await service.json(of: response)
        }
        let choice = answer["choices"]?[0]
        if let refusal = choice?["message"]?["refusal"]?.string {
            throw ProviderError(.refused, "OpenAI refuses to write this: \(refusal.prefix(500))")
        }
        switch choice?["finish_reason"]?.string {
        case "content_filter": throw ProviderError(.refused, "OpenAI refuses to write this")
        case "length": throw service.failed("OpenAI's text is longer than the model may write")
        default: break
        }
        guard let text = choice?["message"]?["content"]?.string, !text.isEmpty else {
            throw ProviderError(.unavailable, "OpenAI answered without a text")
        }
        return text
    }
}
