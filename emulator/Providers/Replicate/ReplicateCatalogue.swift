import JSON

/// What Replicate's API shows beside predictions: models, their versions, deployments, collections, hardware and the account.
///
/// Every model and deployment one asks for is there; the lists name a few.
struct ReplicateCatalogue {
    /// The stand-in's base URL.
    let base: String

    private static let models = [
        ("black-forest-labs", "flux-schnell"), ("black-forest-labs", "flux-dev"), ("stability-ai", "sdxl"),
    ]
    private static let versionHash = String(repeating: "0", count: 64)
    private static let created: JSON = "2026-01-01T00:00:00.000Z"

    /// What a GET of that path, without `v1`, answers; nil where nothing is.
    func answer(_ path: ArraySlice<String>) -> JSON? {
        let path = Array(path)
        switch (path.first, path.count) {
        case ("account", 1): return Self.account
        case ("hardware", 1): return Self.hardware
        case ("models", 1): return Self.page(Self.models.map { model($0.0, $0.1) })
        case ("models", 3): return model(path[1], path[2])
        case ("models", 4) where path[3] == "versions": return Self.page([version(Self.versionHash)])
        case ("models", 5) where path[3] == "versions": return version(path[4])
        case ("deployments", 1): return Self.page([deployment("stand-in", "hills")])
        case ("deployments", 3): return deployment(path[1], path[2])
        case ("collections", 1): return Self.page([.object(Self.collection)])
        case ("collections", 2) where path[1] == Self.collection["slug"]?.string:
            var collection = Self.collection
            collection["models"] = .array(Self.models.map { model($0.0, $0.1) })
            return .object(collection)
        default: return nil
        }
    }

    private static func page(_ results: [JSON]) -> JSON {
        ["previous": nil, "next": nil, "results": .array(results)]
    }

    private static let account: JSON = [
        "type": "user", "username": "stand-in", "name": "Stand-in", "github_url": nil, "avatar_url": nil,
    ]

    private static let hardware: JSON = [
        ["sku": "cpu", "name": "CPU"], ["sku": "gpu-t4", "name": "Nvidia T4 GPU"],
        ["sku": "gpu-a100-large", "name": "Nvidia A100 (80GB) GPU"], ["sku": "gpu-h100", "name": "Nvidia H100 GPU"],
    ]

    private static let collection: JSONObject = [
        "name": "Text to image", "slug": "text-to-image", "description": "Stand-ins that draw hills",
    ]

    private func deployment(_ owner: String, _ name: String) -> JSON {
        [
            "owner": .string(owner), "name": .string(name),
            "current_release": [
                "number": 1, "model": .string("\(owner)/\(name)"), "version": .string(Self.versionHash),
                "created_at": Self.created, "created_by": Self.account,
                "configuration": ["hardware": "cpu", "min_instances": 0, "max_instances": 1],
            ],
        ]
    }

    private func model(_ owner: String, _ name: String) -> JSON {
        [
            "url": .string("\(base)/\(owner)/\(name)"), "owner": .string(owner), "name": .string(name),
            "description": "A stand-in that draws hills", "visibility": "public", "github_url": nil, "paper_url": nil,
            "license_url": nil, "run_count": 0, "cover_image_url": nil, "default_example": nil,
            "latest_version": version(Self.versionHash),
        ]
    }

    private func version(_ id: String) -> JSON {
        let integer: JSON = ["type": "integer"]
        let input: JSON = [
            "type": "object", "required": ["prompt"],
            "properties": [
                "prompt": ["type": "string"], "seed": integer, "width": integer, "height": integer,
                "num_outputs": integer,
                "aspect_ratio": ["type": "string"], "image": ["type": "string", "format": "uri"],
            ],
        ]
        let output: JSON = ["type": "array", "items": ["type": "string", "format": "uri"]]
        return [
            "id": .string(id), "created_at": Self.created, "cog_version": "0.9.0",
            "openapi_schema": [
                "openapi": "3.0.2", "info": ["title": "Cog", "version": "0.1.0"], "paths": [:],
                "components": ["schemas": ["Input": input, "Output": output]],
            ],
        ]
    }
}
