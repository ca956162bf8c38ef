/// What a workflow draws from.
package enum WorkflowCategory: String, Sendable, Codable, CaseIterable {
    case textToImage = "text-to-image"
    case imageToImage = "image-to-image"
}
