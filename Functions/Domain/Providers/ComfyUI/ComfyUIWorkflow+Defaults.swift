internal import JSON

/// What is drawn with when the workflow brings no graph of its own: Stable Diffusion as ComfyUI's first example has it.
extension ComfyUIWorkflow {
    static let textToImage: JSON = [
        "graph": .object(
            nodes(
                latent: ["5", 0], denoise: 1,
                and: [
                    ("5", "EmptyLatentImage", ["width": 512, "height": 512, "batch_size": 1])
                ])),
        "inputs": .object(
            places([
                ("width", "5", "width"), ("height", "5", "height"), ("batch_size", "5", "batch_size"),
            ])),
        "output": ["node": "9"],
    ]

    static let imageToImage: JSON = [
        "graph": .object(
            nodes(
                latent: ["11", 0], denoise: 0.75,
                and: [
                    ("10", "LoadImage", ["image": ""]), ("11", "VAEEncode", ["pixels": ["10", 0], "vae": ["4", 2]]),
                ])),
        "inputs": .object(places([("image", "10", "image"), ("denoise", "3", "denoise")])),
        "output": ["node": "9"],
    ]

    private static func nodes(
        latent: JSON, denoise: Double, and more: [(id: String, kind: String, inputs: JSON)]
    ) -> JSONObject {
        let sampler: JSON = [
            "seed": 0, "steps": 20, "cfg": 7, "sampler_name": "euler", "scheduler": "normal",
            "denoise": .number(denoise), "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0],
            "latent_image": latent,
        ]
        let nodes: [(id: String, kind: String, inputs: JSON)] = [
            ("4", "CheckpointLoaderSimple", ["ckpt_name": "v1-5-pruned-emaonly.safetensors"]),
            ("6", "CLIPTextEncode", ["text": "", "clip": ["4", 1]]),
            ("7", "CLIPTextEncode", ["text": "", "clip": ["4", 1]]),
            ("3", "KSampler", sampler),
            ("8", "VAEDecode", ["samples": ["3", 0], "vae": ["4", 2]]),
            ("9", "SaveImage", ["filename_prefix": "darkroom", "images": ["8", 0]]),
        ]
        return JSONObject((nodes + more).map { ($0.id, ["class_type": .string($0.kind), "inputs": $0.inputs]) })
    }

    private static func places(_ more: [(name: String, node: String, field: String)]) -> JSONObject {
        let common: [(name: String, node: String, field: String)] = [
            ("prompt", "6", "text"), ("negative_prompt", "7", "text"), ("model", "4", "ckpt_name"),
            ("seed", "3", "seed"), ("steps", "3", "steps"), ("cfg", "3", "cfg"), ("sampler", "3", "sampler_name"),
            ("scheduler", "3", "scheduler"),
        ]
        return JSONObject((common + more).map { ($0.name, ["node": .string($0.node), "field": .string($0.field)]) })
    }
}
