/// A provider that lists what it has, so that the catalogue need not be told.
package protocol WorkflowSource: Sendable {
    /// The workflow as the provider's own lists have it: whether its model is there, and the choices of its parameters.
    func refreshed(_ workflow: Workflow) async throws(ProviderError) -> Workflow
}
