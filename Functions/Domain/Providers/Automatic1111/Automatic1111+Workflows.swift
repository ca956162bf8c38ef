internal import JSON

/// The samplers that an installation has. Other servers that speak this API list none; then the catalogue's own stay.
extension Automatic1111: WorkflowSource {
    package func refreshed(_ workflow: Workflow) async throws(ProviderError) -> Workflow {
        var workflow = workflow
        workflow.isAvailable = true
        let samplers = (try await get("/sdapi/v1/samplers").array ?? []).compactMap { $0["name"]?.string }
        if let changed = workflow.parameters.offering(samplers, for: "sampler_name") { workflow.parameters = changed }
        return workflow
    }
}
