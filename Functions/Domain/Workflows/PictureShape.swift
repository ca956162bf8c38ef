internal import JSON

/// Width and height of a picture, in whatever words a workflow's parameters have for them.
struct PictureShape {
    /// Width by height.
    let ratio: Double
    /// Where the parameters say pixels and not proportions.
    let pixels: (width: Int, height: Int)?

    /// fal.ai's names of sizes (https://docs.fal.ai/model-apis/model-endpoints): what they are wide by high.
    private static let names: [String: Double] = [
        "square": 1, "square_hd": 1, "portrait_4_3": 3 / 4, "portrait_16_9": 9 / 16, "landscape_4_3": 4 / 3,
        "landscape_16_9": 16 / 9,
    ]
    /// Parameters that say a shape in one word.
    private static let words = ["aspect_ratio", "image_size", "size"]

    /// The shape that a job asked for; nil where it left that to the workflow.
    init?(of parameters: JSONObject) {
        if let width = parameters["width"]?.int, let height = parameters["height"]?.int, width > 0, height > 0 {
            self.init(Double(width) / Double(height), pixels: (width, height))
        } else if let shape = Self.words.lazy.compactMap({ parameters[$0]?.string.flatMap { PictureShape($0) } }).first
        {
            self = shape
        } else {
            return nil
        }
    }

    private init(_ ratio: Double, pixels: (width: Int, height: Int)? = nil) {
        self.ratio = ratio
        self.pixels = pixels
    }

    /// `16:9`, `1024x1536` or one of fal.ai's names.
    private init?(_ text: String) {
        func numbers(_ separator: Character) -> (Int, Int)? {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            return parts.count == 2 && parts.allSatisfy { $0 > 0 } ? (parts[0], parts[1]) : nil
        }
        if let ratio = Self.names[text] {
            self.init(ratio)
        } else if let (width, height) = numbers(":") {
            self.init(Double(width) / Double(height))
        } else if let (width, height) = numbers("x") {
            self.init(Double(width) / Double(height), pixels: (width, height))
        } else {
            return nil
        }
    }

    /// How far another shape is from this one: 1 is the same, 2 is twice as wide or as high.
    private func distance(to other: PictureShape) -> Double {
        max(ratio / other.ratio, other.ratio / ratio)
    }

    /// The parameters of another workflow that come nearest to this shape.
    func parameters(for properties: [String: SchemaNode]) -> [String: JSON] {
        var parameters: [String: JSON] = [:]
        for word in Self.words {
            let choices = (properties[word]?.choices ?? []).compactMap { choice in
                choice.string.flatMap { PictureShape($0) }.map { (choice, distance(to: $0)) }
            }
            parameters[word] = choices.min { $0.1 < $1.1 }?.0
        }
        if let width = properties["width"], let height = properties["height"] {
            let area = Double(width.standard?.int ?? 1024) * Double(height.standard?.int ?? 1024)
            let wanted =
                pixels.map { (Double($0.width), Double($0.height)) }
                ?? ((area * ratio).squareRoot(), (area / ratio).squareRoot())
            parameters["width"] = Self.nearest(wanted.0, to: width)
            parameters["height"] = Self.nearest(wanted.1, to: height)
        }
        return parameters
    }

    private static func nearest(_ value: Double, to node: SchemaNode) -> JSON {
        let step = node.multiple ?? 1
        return Int64(exactly: (value / step).rounded() * step).map(JSON.integer) ?? .null
    }
}
