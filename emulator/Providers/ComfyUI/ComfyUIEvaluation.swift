import JSON

/// What flows along the links of a graph while it runs. Nothing is computed: a picture is described until it is saved.
enum ComfyUIValue: Sendable {
    case text(String)
    case pictures([Picture])
    /// A model, a text encoder, a mask: nothing that a drawing depends on.
    case nothing
}

/// Runs the nodes of a graph one by one.
struct ComfyUIEvaluation: Sendable {
    private let graph: ComfyUIGraph
    /// Bytes of the uploaded pictures, by name.
    private let uploads: [String: [UInt8]]
    private var values: [String: ComfyUIValue] = [:]
    /// What its first sampler was asked for.
    private(set) var prompt = ""

    init(_ graph: ComfyUIGraph, uploads: [String: [UInt8]]) {
        self.graph = graph
        self.uploads = uploads
    }

    /// Runs one node.
    ///
    /// - Returns: the pictures that an output node brings out.
    mutating func run(_ id: String) -> [Picture] {
        let node = graph.nodes[id]!
        switch node.kind.name {
        case "CLIPTextEncode": values[id] = .text(node.inputs["text"]?.string ?? "")
        case "EmptyLatentImage":
            let blank = Picture(
                prompt: "", seed: 0, width: Self.side(node.inputs["width"]?.int),
                height: Self.side(node.inputs["height"]?.int))
            values[id] = .pictures(Array(repeating: blank, count: min(node.inputs["batch_size"]?.int ?? 1, 16)))
        case "LoadImage":
            let bytes = node.inputs["image"]?.string.flatMap { uploads[$0] } ?? []
            let size = PNG.decode(bytes).map { ($0.width, $0.height) } ?? (512, 512)
            values[id] = .pictures([
                Picture(prompt: "", seed: 0, width: Self.side(size.0), height: Self.side(size.1), input: bytes)
            ])
        case "KSampler": values[id] = .pictures(sample(node))
        case "VAEDecode": values[id] = .pictures(pictures(node, "samples"))
        case "VAEEncode": values[id] = .pictures(pictures(node, "pixels"))
        case "SaveImage", "PreviewImage": return pictures(node, "images")
        default: values[id] = .nothing
        }
        return []
    }

    private mutating func sample(_ node: ComfyUIGraph.Node) -> [Picture] {
        var text = ""
        if let link = node.link("positive"), case .text(let positive) = values[link.node] { text = positive }
        if prompt.isEmpty { prompt = text }
        let seed = Int(truncatingIfNeeded: node.inputs["seed"]?.integer ?? 0)
        return pictures(node, "latent_image").enumerated().map { index, blank in
            var picture = blank
            (picture.prompt, picture.seed) = (text, seed &+ index)
            return picture
        }
    }

    private func pictures(_ node: ComfyUIGraph.Node, _ input: String) -> [Picture] {
        guard let link = node.link(input), case .pictures(let pictures) = values[link.node] else { return [] }
        return pictures
    }

    private static func side(_ pixels: Int?) -> Int { min(max(pixels ?? 512, 16), 2048) }
}
