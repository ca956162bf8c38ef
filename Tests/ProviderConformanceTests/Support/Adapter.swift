import Domain
import JSON
import Testing

/// One adapter as an argument of a test, shown by its name.
struct Adapter: Sendable, CustomTestStringConvertible {
    let type: any ProviderAdapter.Type

    /// Every adapter of the registry. A new one is in this suite without another line.
    static let all = Providers.adapters.map(Adapter.init)

    /// Those that run on a machine of one's own: they know no accounts, and refuse nobody for asking too often.
    private static let local: Set = ["comfyui", "automatic1111", "sdcpp"]

    var name: String { type.name }
    var isLocal: Bool { Self.local.contains(name) }
    /// Parameters that keep the picture small, where the model takes any.
    var small: JSONObject {
        switch name {
        case "openai", "gemini": [:]
        case "fal": ["image_size": ["width": 64, "height": 64]]
        default: ["width": 64, "height": 64]
        }
    }
    var testDescription: String { name }
}
