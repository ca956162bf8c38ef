import HTTPTypes
import JSON

/// A model's input as the stand-in understands it: that of fal.ai's FLUX endpoints. Other keys are ignored.
struct FalInput: Sendable {
    let prompt: String
    let seed: Int
    let width: Int
    let height: Int
    let count: Int
    /// Whether the pictures are to be in the answer itself.
    let inline: Bool
    /// What the pictures are written to.
    let format: PictureFormat
    /// An input picture's address.
    let image: String?

    private static let sizes = [
        "square_hd": (1024, 1024), "square": (512, 512), "portrait_4_3": (768, 1024), "portrait_16_9": (576, 1024),
        "landscape_4_3": (1024, 768), "landscape_16_9": (1024, 576),
    ]

    /// What the names of endpoints have that draw from a picture.
    private static let editors: Set = ["image-to-image", "img2img", "kontext", "redux"]

    /// - Parameter endpoint: the parts of the model's name.
    /// - Throws: ``FalProblem`` as a model's validation says it.
    init(_ input: JSON, endpoint: [String]) throws {
        guard let prompt = input["prompt"]?.string else {
            throw FalProblem.model(.unprocessableContent, ["prompt"], "Field required", "missing")
        }
        func number(_ name: String, _ value: JSON?, _ standard: Int, _ range: ClosedRange<Int>) throws -> Int {
            guard let value, value != .null else { return standard }
            guard let number = value.int else {
                throw FalProblem.model(
                    .unprocessableContent, [name], "Input should be a valid integer", "int_parsing")
            }
            guard range.contains(number) else {
                let isSmall = number < range.lowerBound
                throw FalProblem.model(
                    .unprocessableContent, [name],
                    isSmall
                        ? "Input should be greater than or equal to \(range.lowerBound)"
                        : "Input should be less than or equal to \(range.upperBound)",
                    isSmall ? "greater_than_equal" : "less_than_equal")
            }
            return number
        }
        self.prompt = prompt
        seed = try number(
            "seed", input["seed"], Int(truncatingIfNeeded: RandomSource.digest(prompt.utf8) >> 33), 0...Int(UInt32.max))
        count = try number("num_images", input["num_images"], 1, 1...4)
        inline = input["sync_mode"]?.bool == true
        let wanted = input["output_format"] ?? "png"
        guard let name = wanted.string, ["jpeg", "png", "webp"].contains(name) else {
            throw FalProblem.model(
                .unprocessableContent, ["output_format"], "Input should be 'jpeg', 'png' or 'webp'", "literal_error")
        }
        format = PictureFormat(inPlaceOf: name)
        image = input["image_url"]?.string
        if image == nil, !endpoint.contains("text-to-image"), !Self.editors.isDisjoint(with: endpoint) {
            throw FalProblem.model(.unprocessableContent, ["image_url"], "Field required", "missing")
        }
        let size = input["image_size"]
        if size?.object != nil {
            width = try number("image_size.width", size?["width"], 1024, 16...2048)
            height = try number("image_size.height", size?["height"], 768, 16...2048)
        } else if let shape = Self.sizes[size?.string ?? "landscape_4_3"] {
            (width, height) = shape
        } else {
            throw FalProblem.model(
                .unprocessableContent, ["image_size"],
                "Input should be one of \(Self.sizes.keys.sorted().joined(separator: ", ")), or a width and a height",
                "literal_error")
        }
    }

    /// What is drawn for it.
    func pictures(image: [UInt8]?) -> [Picture] {
        (0..<count).map { Picture(prompt: prompt, seed: seed + $0, width: width, height: height, input: image) }
    }
}
