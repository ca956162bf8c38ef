/// The nodes the stand-in knows: those of ComfyUI's own text-to-image and image-to-image examples.
enum ComfyUINodeClasses {
    static let models: [String: [String]] = [
        "checkpoints": ["sd_xl_base_1.0.safetensors", "v1-5-pruned-emaonly.safetensors"],
        "loras": ["film-grain.safetensors"], "vae": ["vae-ft-mse-840000-ema-pruned.safetensors"],
        "upscale_models": ["RealESRGAN_x4plus.pth"], "controlnet": [], "embeddings": [],
    ]

    static let all: [String: ComfyUINodeClass] = Dictionary(uniqueKeysWithValues: classes.map { ($0.name, $0) })

    private static let side = ComfyUINodeClass.Kind.integer(default: 512, range: 16...16384)

    private static let classes: [ComfyUINodeClass] = [
        ComfyUINodeClass(
            name: "CheckpointLoaderSimple", displayName: "Load Checkpoint", category: "loaders",
            inputs: [.init(name: "ckpt_name", kind: .choice(models["checkpoints"]!))],
            outputs: ["MODEL", "CLIP", "VAE"]),
        ComfyUINodeClass(
            name: "LoraLoader", displayName: "Load LoRA", category: "loaders",
            inputs: [
                .init(name: "model", kind: .link("MODEL")), .init(name: "clip", kind: .link("CLIP")),
                .init(name: "lora_name", kind: .choice(models["loras"]!)),
                .init(name: "strength_model", kind: .number(default: 1, range: -100...100)),
                .init(name: "strength_clip", kind: .number(default: 1, range: -100...100)),
            ], outputs: ["MODEL", "CLIP"]),
        ComfyUINodeClass(
            name: "CLIPTextEncode", displayName: "CLIP Text Encode (Prompt)", category: "conditioning",
            inputs: [.init(name: "text", kind: .text), .init(name: "clip", kind: .link("CLIP"))],
            outputs: ["CONDITIONING"]),
        ComfyUINodeClass(
            name: "EmptyLatentImage", displayName: "Empty Latent Image", category: "latent",
            inputs: [
                .init(name: "width", kind: side), .init(name: "height", kind: side),
                .init(name: "batch_size", kind: .integer(default: 1, range: 1...4096)),
            ], outputs: ["LATENT"]),
        ComfyUINodeClass(
            name: "KSampler", displayName: "KSampler", category: "sampling",
            inputs: [
                .init(name: "model", kind: .link("MODEL")),
                .init(name: "seed", kind: .integer(default: 0, range: 0...18_446_744_073_709_551_616)),
                .init(name: "steps", kind: .integer(default: 20, range: 1...10000)),
                .init(name: "cfg", kind: .number(default: 8, range: 0...100)),
                .init(
                    name: "sampler_name",
                    kind: .choice(["euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_sde", "ddim", "uni_pc"])),
                .init(
                    name: "scheduler",
                    kind: .choice(["simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal"])
                ),
                .init(name: "positive", kind: .link("CONDITIONING")),
                .init(name: "negative", kind: .link("CONDITIONING")),
                .init(name: "latent_image", kind: .link("LATENT")),
                .init(name: "denoise", kind: .number(default: 1, range: 0...1)),
            ], outputs: ["LATENT"]),
        ComfyUINodeClass(
            name: "VAEDecode", displayName: "VAE Decode", category: "latent",
            inputs: [.init(name: "samples", kind: .link("LATENT")), .init(name: "vae", kind: .link("VAE"))],
            outputs: ["IMAGE"]),
        ComfyUINodeClass(
            name: "VAEEncode", displayName: "VAE Encode", category: "latent",
            inputs: [.init(name: "pixels", kind: .link("IMAGE")), .init(name: "vae", kind: .link("VAE"))],
            outputs: ["LATENT"]),
        ComfyUINodeClass(
            name: "LoadImage", displayName: "Load Image", category: "image",
            inputs: [.init(name: "image", kind: .picture)], outputs: ["IMAGE", "MASK"]),
        ComfyUINodeClass(
            name: "SaveImage", displayName: "Save Image", category: "image",
            inputs: [.init(name: "images", kind: .link("IMAGE")), .init(name: "filename_prefix", kind: .text)],
            outputs: [], isOutput: true),
        ComfyUINodeClass(
            name: "PreviewImage", displayName: "Preview Image", category: "image",
            inputs: [.init(name: "images", kind: .link("IMAGE"))], outputs: [], isOutput: true),
    ]
}
