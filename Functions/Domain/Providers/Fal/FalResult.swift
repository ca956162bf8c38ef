internal import JSON

/// A model's answer. Each model has its own shape; pictures are objects with a `url`, one or a list of them.
struct FalResult {
    private let result: JSON

    init(_ result: JSON) {
        self.result = result
    }

    /// Its pictures, without those that the safety checker has blacked out.
    var state: ProviderCall.State {
        let pictures = Self.pictures(in: result)
        // One mark for each picture, or it is about something else.
        let marks = result["has_nsfw_concepts"]?.array?.map { $0.bool == true } ?? []
        let shown = marks.count == pictures.count ? zip(pictures, marks).filter { !$0.1 }.map(\.0) : pictures
        if !shown.isEmpty { return .succeeded(shown) }
        return .failed(
            pictures.isEmpty
                ? ProviderError(.unavailable, "fal.ai finished without a picture")
                : ProviderError(.refused, "the model refused to draw this: its safety checker blacked it out"))
    }

    /// Every picture in an answer, in its order.
    private static func pictures(in value: JSON, named name: String = "") -> [ProviderOutput] {
        switch value {
        case .array(let elements): return elements.flatMap { pictures(in: $0, named: name) }
        case .object(let members):
            guard let url = value["url"]?.string else {
                return members.flatMap { pictures(in: $0.value, named: $0.name) }
            }
            guard value["content_type"]?.string.map({ $0.hasPrefix("image/") }) ?? true else { return [] }
            return [ProviderOutput(address: url)].compactMap(\.self)
        case .string(let text) where ["image", "images", "output"].contains(name):
            return [ProviderOutput(address: text)].compactMap(\.self)
        default: return []
        }
    }
}
