internal import FunctionRuntime

/// What a workflow draws from.
package enum WorkflowCategory: String, Sendable, Codable, CaseIterable, ParameterValue {
    case textToImage = "text-to-image"
    case imageToImage = "image-to-image"
}
