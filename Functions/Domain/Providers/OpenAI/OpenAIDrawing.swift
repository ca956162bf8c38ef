internal import Cryptography
internal import FoundationEssentials
internal import HTTPClient
internal import JSON

/// A picture in OpenAI's words: a generation, or an edit where there is one to draw from.
struct OpenAIDrawing {
    private let parameters: JSONObject
    private let image: GenerationRequest.InputImage?

    /// What the adapter decides and users cannot.
    private static let reserved = [
        "prompt", "model", "image", "image[]", "stream", "partial_images", "response_format", "aspect_ratio",
        "num_outputs", "seed",
    ]
    /// Pixels of the longer side of a picture that is not square.
    private static let longSide = 1536

    /// - Throws: `.invalid` for a shape that OpenAI does not draw.
    init(_ request: GenerationRequest, model: String) throws(ProviderError) {
        var parameters = request.parameters
        if parameters["size"] == nil, let shape = parameters["aspect_ratio"]?.string {
            parameters["size"] = .string(try Self.size(of: shape))
        }
        if parameters["n"] == nil { parameters["n"] = parameters["num_outputs"] }
        if parameters["output_format"] == "jpg" { parameters["output_format"] = "jpeg" }
        for name in Self.reserved { parameters[name] = nil }
        parameters["model"] = .string(model)
        parameters["prompt"] = .string(request.prompt)
        self.parameters = parameters
        image = request.image
    }

    var path: String { image == nil ? "/images/generations" : "/images/edits" }

    /// Whether partial pictures can be asked for: of one picture, in a format that has them.
    var mayStream: Bool {
        (parameters["n"]?.int ?? 1) == 1
            && !["gif", "svg"].contains(parameters["output_format"]?.string?.lowercased() ?? "")
    }

    /// - Parameter previews: how many partial pictures to ask for.
    func content(previews: Int) -> SynchronousService.Content {
        var parameters = parameters
        if previews > 0 {
            parameters["stream"] = true
            parameters["partial_images"] = .integer(Int64(previews))
        }
        guard let image else { return .json(.object(parameters)) }
        var form = MultipartForm()
        for member in parameters { form.add(member.name, member.value.string ?? member.value.text) }
        // As a list of one: stable-diffusion.cpp knew no other name for long.
        form.add(
            "image[]", file: image.bytes, name: "input.\(image.format.fileExtension)",
            contentType: image.format.mediaType)
        return .form(form)
    }

    /// Every picture of a plain answer.
    static func outputs(in answer: JSON) -> [ProviderOutput] {
        (answer["data"]?.array ?? []).compactMap { picture in
            if let bytes = bytes(of: picture) { return .bytes(bytes) }
            return picture["url"]?.string.flatMap { ProviderOutput(address: $0) }
        }
    }

    /// What a picture holds, or an event.
    static func bytes(of picture: JSON) -> [UInt8]? {
        guard let bytes = picture["b64_json"]?.string.flatMap({ Base64.decode($0) }), !bytes.isEmpty else { return nil }
        return bytes
    }

    /// A size of that shape: sides are multiples of 16, and none is more than three times the other.
    private static func size(of shape: String) throws(ProviderError) -> String {
        let sides = shape.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sides.count == 2, let width = sides.first, let height = sides.last, (1...100).contains(width),
            (1...100).contains(height), width <= 3 * height, height <= 3 * width
        else {
            throw ProviderError(
                .invalid, "aspect_ratio is \"\(shape.prefix(40))\" (want width:height from 1:3 to 3:1, such as 16:9)")
        }
        if width == height { return "1024x1024" }
        let short = longSide * min(width, height) / max(width, height) / 16 * 16
        return width > height ? "\(longSide)x\(short)" : "\(short)x\(longSide)"
    }
}
