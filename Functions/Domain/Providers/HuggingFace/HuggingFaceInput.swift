internal import Cryptography
internal import JSON

/// What Hugging Face is sent: a text with parameters, or a picture to draw from.
struct HuggingFaceInput {
    private let request: GenerationRequest

    init(_ request: GenerationRequest) {
        self.request = request
    }

    /// As the official client sends it: a picture without anything beside it as its own bytes.
    var content: SynchronousService.Content {
        var parameters = request.parameters
        guard let image = request.image else {
            var body: JSONObject = ["inputs": .string(request.prompt)]
            if !parameters.isEmpty { body["parameters"] = .object(parameters) }
            return .json(.object(body))
        }
        if !request.prompt.isEmpty { parameters["prompt"] = .string(request.prompt) }
        if parameters.isEmpty { return .bytes(image.bytes, type: image.format.mediaType) }
        return .json(["inputs": .string(Base64.encode(image.bytes)), "parameters": .object(parameters)])
    }
}
