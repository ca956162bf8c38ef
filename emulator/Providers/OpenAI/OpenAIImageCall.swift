import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// A call for pictures, checked as OpenAI checks it. PNG and JPEG are drawn; who asks for another
/// format gets a PNG, and the answer says so.
struct OpenAIImageCall: Sendable {
    let prompt: String
    let isEdit: Bool
    let streams: Bool
    let partialImages: Int
    let pictures: [Picture]
    private let quality: String
    private let background: String
    private let format: PictureFormat
    /// 0...100: the more, the better.
    private let compression: Int
    private let inputs: Int

    private static let known: Set = [
        "prompt", "model", "n", "size", "quality", "background", "output_format", "output_compression", "moderation",
        "safety_identifier", "user", "stream", "partial_images", "complexity", "frame_count", "frame_duration_ms",
        "svg", "mask", "markup", "stand_in",
    ]
    private static let longestPrompt = 32_000
    private static let mostImages = 16

    /// - Throws: ``OpenAIProblem`` naming the first parameter that is wrong.
    init(_ parameters: OpenAIParameters, isEdit: Bool) throws {
        // The models of today look closely by themselves, and let nobody say how closely.
        let isOlder = parameters.values["model"]?.string?.hasPrefix("gpt-image-1") == true
        try parameters.check(known: isEdit && isOlder ? Self.known.union(["input_fidelity"]) : Self.known)
        guard let prompt = parameters.values["prompt"]?.string, !prompt.isEmpty else {
            throw OpenAIProblem.missing("prompt")
        }
        guard prompt.count <= Self.longestPrompt else {
            throw OpenAIProblem(
                status: .badRequest, message: "Invalid 'prompt': string too long. Expected at most 32000 characters.",
                param: "prompt", code: "string_above_max_length")
        }
        let images = parameters.images
        if isEdit {
            if images.isEmpty { throw OpenAIProblem.missing("image") }
            guard images.count <= Self.mostImages, images.allSatisfy(Self.isPicture) else {
                throw OpenAIProblem(
                    status: .badRequest, message: "Invalid image file or mode, or more than 16 of them.",
                    param: "image", code: "invalid_image_file")
            }
        }
        self.prompt = prompt
        self.isEdit = isEdit
        inputs = images.count
        streams = parameters.values["stream"]?.bool ?? false
        partialImages = try parameters.integer("partial_images", 0...3, default: 0)
        quality = try parameters.choice("quality", ["low", "medium", "high", "xhigh", "max", "auto"], default: "auto")
        background = try parameters.choice("background", ["transparent", "opaque", "auto"], default: "auto")
        let wanted = try parameters.choice("output_format", ["png", "webp", "jpeg", "gif", "svg"], default: "png")
        guard background != "transparent" || wanted != "jpeg" else {
            throw OpenAIProblem(
                status: .badRequest, message: "Transparent background is not supported for output format 'jpeg'.",
                param: "background", code: "invalid_value")
        }
        _ = try parameters.choice("moderation", ["auto", "low"], default: "auto")
        format = PictureFormat(inPlaceOf: wanted)
        compression = try parameters.integer("output_compression", 0...100, default: 100)
        let count = try parameters.integer("n", 1...10, default: 1)
        let size = try Self.size(parameters.values["size"] ?? "auto")
        let input = images.isEmpty ? nil : images.flatMap(\.self)
        pictures = (0..<count).map {
            Picture(
                prompt: prompt, seed: $0, width: size.width, height: size.height,
                input: images.count == 1 ? images[0] : input)
        }
    }

    /// Sides of multiples of 16, at most 3840 by 2160 either way, none more than three times the other.
    private static func size(_ value: JSON) throws -> (width: Int, height: Int) {
        if value == "auto" || value == .null { return (1024, 1024) }
        let text = value.string ?? value.text
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sides.count == 2, let width = sides.first, let height = sides.last, width >= 16, height >= 16,
            max(width, height) <= 3840, min(width, height) <= 2160, width % 16 == 0, height % 16 == 0,
            width <= 3 * height, height <= 3 * width
        else {
            throw OpenAIProblem.invalid(
                "size", text, want: "'auto', or WIDTHxHEIGHT in multiples of 16 up to 3840x2160")
        }
        return (width, height)
    }

    /// PNG, JPEG or WebP, by its first bytes.
    private static func isPicture(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) || bytes.starts(with: [0xFF, 0xD8, 0xFF])
            || bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
    }

    // MARK: Answers

    /// The whole answer, not streamed.
    func answer(created: Int64) -> JSON {
        var members = description
        members["created"] = .integer(created)
        members["data"] = .array(pictures.map { ["b64_json": .string(Base64.encode(file($0)))] })
        members["usage"] = usage
        return .object(members)
    }

    /// The event with a whole picture.
    func completed(_ picture: Picture, created: Int64) -> JSON {
        var members = event("completed", file(picture), created)
        members["usage"] = usage
        return .object(members)
    }

    /// The event with a picture that is not finished: a coarse one, which becomes finer.
    func partial(_ index: Int, created: Int64) -> JSON {
        var members = event("partial_image", file(pictures[0].coarse(1 << (4 - index))), created)
        members["partial_image_index"] = .integer(Int64(index))
        return .object(members)
    }

    /// What an event of a kind is called.
    func eventType(_ kind: String) -> String { "\(isEdit ? "image_edit" : "image_generation").\(kind)" }

    private func file(_ picture: Picture) -> [UInt8] { picture.encoded(format, quality: compression) }

    private func event(_ kind: String, _ picture: [UInt8], _ created: Int64) -> JSONObject {
        var members = description
        members["type"] = .string(eventType(kind))
        members["created_at"] = .integer(created)
        members["b64_json"] = .string(Base64.encode(picture))
        return members
    }

    private var description: JSONObject {
        [
            "background": .string(background == "auto" ? "opaque" : background),
            "output_format": .string(format.rawValue),
            "quality": .string(quality == "auto" ? "high" : quality),
            "size": .string("\(pictures[0].width)x\(pictures[0].height)"),
        ]
    }

    private var usage: JSON {
        let (text, image) = (Int64(prompt.utf8.count / 4 + 1), Int64(inputs * 323))
        let drawn = Int64(pictures[0].width * pictures[0].height / 1024 * pictures.count)
        return [
            "input_tokens": .integer(text + image),
            "input_tokens_details": ["text_tokens": .integer(text), "image_tokens": .integer(image)],
            "output_tokens": .integer(drawn + Int64(partialImages * 100)),
            "total_tokens": .integer(text + image + drawn + Int64(partialImages * 100)),
        ]
    }
}

extension Picture {
    /// The same scene in fewer pixels: what is shown of it before it is finished.
    func coarse(_ factor: Int) -> Picture {
        var picture = self
        (picture.width, picture.height) = (max(16, width / factor), max(16, height / factor))
        return picture
    }
}
