package import FoundationEssentials
package import JSON

/// What a job is drawn with: a provider, its model, and the parameters a job may set.
package struct Workflow: Sendable, Hashable {
    /// Lower case words with hyphens.
    package var id: String
    package var name: String
    package var category: WorkflowCategory
    package var description: String
    package var provider: String
    /// In the provider's own terms; nil for the one its adapter is configured with.
    package var model: String?
    package var parameters: ParameterSchema
    /// What else the provider needs: a ComfyUI graph with its named inputs.
    package var definition: JSON?
    /// Workflows that draw instead, in order, when this one's provider cannot.
    package var fallbacks: [String]
    /// Whether jobs may ask for it.
    package var isEnabled: Bool
    /// Whether its provider is configured and has its model, as far as was seen last.
    package var isAvailable: Bool
    package var updatedAt: Date
}
