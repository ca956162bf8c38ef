internal import FunctionRuntime

/// Who can draw, and what jobs ask for.
package struct ProviderChoice: Sendable {
    let providers: Providers
    let workflows: WorkflowCatalogue

    package init(_ providers: Providers, _ workflows: WorkflowCatalogue) {
        self.providers = providers
        self.workflows = workflows
    }

    /// The workflow that draws a job now, and those that may draw instead of it, in order.
    func chain(of job: Job, log: Log) async throws -> (current: Workflow?, rest: [Workflow]) {
        guard let id = job.workflowID else { return (nil, []) }
        var snapshot = try await workflows.snapshot(log: log)
        // Too new for this process's copy.
        if snapshot[id] == nil { snapshot = try await workflows.current(log: log) }
        let current = job.currentWorkflowID ?? id
        let rest = snapshot.chain(of: id).drop { $0.id != current }.dropFirst()
        return (snapshot[current], Array(rest))
    }
}
