internal import JSON

/// Whether the models of workflows are still there.
extension Replicate: WorkflowSource {
    package func refreshed(_ workflow: Workflow) async throws(ProviderError) -> Workflow {
        var workflow = workflow
        workflow.isAvailable = try await has(workflow.model)
        return workflow
    }

    private func has(_ model: String?) async throws(ProviderError) -> Bool {
        guard let page = model.flatMap({ ReplicateModel($0).page }) else { return true }
        do throws(ProviderError) {
            _ = try await service.get(page)
            return true
        } catch {
            // Not there, or not for this account.
            guard error.retryClass == .lost || error.retryClass == .invalid else { throw error }
            return false
        }
    }
}
