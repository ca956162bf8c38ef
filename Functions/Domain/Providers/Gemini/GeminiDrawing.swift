internal import Cryptography
internal import JSON

/// A picture in Gemini's words.
enum GeminiDrawing {
    /// The names that every provider's users know, and what they are here; all others are Gemini's own.
    private static let imageNames = ["aspect_ratio": "aspectRatio", "image_size": "imageSize"]
    private static let otherNames = ["top_p": "topP", "top_k": "topK"]
    /// What the adapter decides, or Gemini has no word for.
    private static let reserved: Set = ["prompt", "model", "image", "num_outputs", "output_format"]

    static func body(of request: GenerationRequest) -> JSON {
        var configuration: JSONObject = [:]
        var image: JSONObject = [:]
        for member in request.parameters where !reserved.contains(member.name) {
            if let name = imageNames[member.name] {
                image[name] = member.value
            } else {
                configuration[otherNames[member.name] ?? member.name] = member.value
            }
        }
        configuration["responseModalities"] = ["TEXT", "IMAGE"]
        if !image.isEmpty { configuration["imageConfig"] = .object(image) }
        var parts: [JSON] = [["text": .string(request.prompt)]]
        if let input = request.image {
            parts.append([
                "inlineData": [
                    "mimeType": .string(input.format.mediaType), "data": .string(Base64.encode(input.bytes)),
                ]
            ])
        }
        return [
            "contents": [["role": "user", "parts": .array(parts)]], "generationConfig": .object(configuration),
        ]
    }
}
