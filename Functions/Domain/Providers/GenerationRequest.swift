package import FoundationEssentials
package import JSON

/// What a provider is asked to draw.
package struct GenerationRequest: Sendable {
    package var job: UUID
    /// Our own id of this call. Another call of the same job has another one; the same call sent once more, because its answer was
    /// lost, keeps it. For providers that take an id, and for the request id where a provider gives none.
    package var call: UUID
    package var prompt: String
    /// The model's own inputs beside the prompt: what the user gave, with the workflow's defaults.
    package var parameters: JSONObject
    package var image: InputImage?
    /// The workflow's model in the provider's own terms; nil for the one the adapter is configured with.
    package var model: String?
    /// What else the workflow holds for its provider: a ComfyUI graph with its named inputs.
    package var definition: JSON?
    /// The address the provider is to call back, which already names job and call; nil to be looked at only.
    package var webhook: String?

    /// The address to call back, where a provider at `base` would do so: one on the internet takes no address without TLS, and could
    /// not reach this machine's.
    package func webhook(from base: String) -> String? {
        guard let webhook, webhook.hasPrefix("https:") || base.hasPrefix("http:") else { return nil }
        return webhook
    }

    /// A picture to draw from.
    package struct InputImage: Sendable {
        package var bytes: [UInt8]
        package var format: ImageFormat

        package init(bytes: [UInt8], format: ImageFormat) {
            self.bytes = bytes
            self.format = format
        }
    }

    /// - Parameter call: our own id of this call; the job's where there is only one.
    package init(
        job: UUID, call: UUID? = nil, prompt: String, parameters: JSONObject = [:], image: InputImage? = nil,
        model: String? = nil, definition: JSON? = nil, webhook: String? = nil
    ) {
        self.job = job
        self.call = call ?? job
        self.prompt = prompt
        self.parameters = parameters
        self.image = image
        self.model = model
        self.definition = definition
        self.webhook = webhook
    }
}
