package import FoundationEssentials
package import JSON

/// What a provider is asked to draw.
package struct GenerationRequest: Sendable {
    package var job: UUID
    package var prompt: String
    /// The model's own inputs beside the prompt, as the user gave them.
    package var parameters: JSONObject
    package var image: InputImage?

    /// A picture to draw from.
    package struct InputImage: Sendable {
        package var bytes: [UInt8]
        package var format: ImageFormat

        package init(bytes: [UInt8], format: ImageFormat) {
            self.bytes = bytes
            self.format = format
        }
    }

    package init(job: UUID, prompt: String, parameters: JSONObject = [:], image: InputImage? = nil) {
        self.job = job
        self.prompt = prompt
        self.parameters = parameters
        self.image = image
    }
}
