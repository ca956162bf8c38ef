internal import Cryptography
internal import JSON

/// One call for pictures, and what its answer holds.
struct Automatic1111Drawing {
    let path: String
    let body: JSON

    /// What a request may set; everything else, scripts and settings among it, is the workflow's definition's.
    private static let inputs: Set = [
        "negative_prompt", "width", "height", "steps", "cfg_scale", "seed", "subseed", "subseed_strength", "batch_size",
        "n_iter", "sampler_name", "scheduler", "restore_faces", "tiling", "denoising_strength", "enable_hr", "hr_scale",
        "hr_upscaler", "hr_second_pass_steps", "clip_skip", "resize_mode",
    ]

    /// - Parameter model: what to draw with where the request names none.
    init(_ request: GenerationRequest, model: String?) {
        var body = request.definition?.object ?? [:]
        for parameter in request.parameters where Self.inputs.contains(parameter.name) {
            body[parameter.name] = parameter.value
        }
        body["prompt"] = .string(request.prompt)
        body["force_task_id"] = .string(request.call.text)
        body["send_images"] = true
        body["save_images"] = false
        if let model = request.model ?? model {
            var settings = body["override_settings"]?.object ?? [:]
            settings["sd_model_checkpoint"] = .string(model)
            body["override_settings"] = .object(settings)
        }
        if let image = request.image { body["init_images"] = [.string(Base64.encode(image.bytes))] }
        path = request.image == nil ? "/sdapi/v1/txt2img" : "/sdapi/v1/img2img"
        self.body = .object(body)
    }

    /// The pictures of an answer, without the contact sheet that several come with: `info`, JSON as text, tells where they begin.
    static func outputs(in answer: JSON) -> [ProviderOutput] {
        let images = (answer["images"]?.array ?? []).compactMap(\.string)
        // Only AUTOMATIC1111 makes a sheet and says so here; others leave `info` empty or write a sentence into it.
        let info = (answer["info"]?.string).flatMap { try? JSON(parsing: $0.utf8) }
        let first = info?["index_of_first_image"]?.int ?? 0
        let wanted = (0..<images.count).contains(first) ? images[first...] : images[...]
        return wanted.compactMap { image in
            if image.hasPrefix("data:") { return ProviderOutput(address: image) }
            return Base64.decode(image).flatMap { $0.isEmpty ? nil : .bytes($0) }
        }
    }
}
