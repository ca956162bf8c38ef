package import FoundationEssentials
package import JSON

/// A workflow as the API shows it.
package struct WorkflowView: Codable, Sendable {
    package var id: String
    package var name: String
    package var category: WorkflowCategory
    package var description: String
    package var provider: String
    /// Absent where the provider is configured with one.
    package var model: String?
    /// JSON Schema (draft 2020-12) of `parameters` of a job.
    package var parameters: JSON
    /// Workflows that draw instead, in order, when this one's provider cannot.
    package var fallbacks: [String]
    /// Whether it draws jobs of its category that name no workflow.
    package var isDefault: Bool
    /// Whether its provider is configured and has its model.
    package var isAvailable: Bool
    package var updatedAt: Date

    package init(_ workflow: Workflow, isDefault: Bool) {
        id = workflow.id
        name = workflow.name
        category = workflow.category
        description = workflow.description
        provider = workflow.provider
        model = workflow.model
        parameters = workflow.parameters.json
        fallbacks = workflow.fallbacks
        self.isDefault = isDefault
        isAvailable = workflow.isAvailable
        updatedAt = workflow.updatedAt
    }
}
