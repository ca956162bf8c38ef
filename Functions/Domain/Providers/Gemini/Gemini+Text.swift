internal import JSON

/// Text by the same call (https://ai.google.dev/gemini-api/docs/structured-output).
extension Gemini: TextProvider {
    package func complete(_ request: TextRequest) async throws(ProviderError) -> String {
        var body: JSONObject = [
            "systemInstruction": ["parts": [["text": .string(request.instructions)]]],
            "contents": [["role": "user", "parts": [["text": .string(request.text)]]]],
        ]
        if let schema = request.schema {
            body["generationConfig"] = ["responseMimeType": "application/json", "responseJsonSchema": schema]
        }
        let answer = try await generate(.object(body), with: request.model ?? textModel)
        if let error = answer.withoutText { throw error }
        return answer.text
    }
}
