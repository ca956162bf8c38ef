package import FunctionRuntime
package import Redis

/// Which workflow a new job is drawn with, and whether its parameters fit.
package struct JobWorkflows: Sendable {
    package static let standard = ConfigurationKey<String>(
        "DEFAULT_WORKFLOW", summary: "id of the workflow that draws jobs that name none", default: "flux-schnell")
    package static let standardWithPicture = ConfigurationKey<String>(
        "DEFAULT_IMAGE_WORKFLOW", summary: "id of the workflow that draws jobs that name none and draw from a picture",
        default: "sdxl-image")

    /// The keys a function declares that makes jobs, or says how they are made.
    package static let environment: [any ConfigurationKeyProtocol] = [standard, standardWithPicture]

    package let catalogue: WorkflowCatalogue
    private let standards: [WorkflowCategory: String]

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ database: Database, _ redis: Redis) throws {
        catalogue = WorkflowCatalogue(database, redis)
        standards = [
            .textToImage: try configuration[Self.standard], .imageToImage: try configuration[Self.standardWithPicture],
        ]
    }

    /// Whether a workflow draws jobs of its category that name none.
    package func isStandard(_ workflow: Workflow) -> Bool { standards[workflow.category] == workflow.id }

    /// The job with its workflow, and with the defaults of the parameters it does not name.
    ///
    /// - Throws: `Failure.invalid` with an error for each field that does not fit.
    package func fit(_ job: NewJob, log: Log) async throws -> NewJob {
        let workflow = try await workflow(for: job, log: log)
        var job = job
        job.workflowID = workflow.id
        switch (workflow.category, job.drawsFromPicture) {
        case (.textToImage, true):
            throw Failure.invalid(
                "is \"\(workflow.id)\", which does not draw from a picture; choose one of the category "
                    + WorkflowCategory.imageToImage.rawValue, field: "workflowId")
        case (.imageToImage, false):
            throw Failure.invalid(
                "is \"\(workflow.id)\", which draws from a picture; name one with imageId, or announce one "
                    + "with upload", field: "workflowId")
        default: break
        }
        job.parameters = try workflow.parameters.complete(job.parameters)
        return job
    }

    private func workflow(for job: NewJob, log: Log) async throws -> Workflow {
        if let id = job.workflowID {
            guard let workflow = try await catalogue.find(id, log: log), workflow.isEnabled else {
                throw Failure.invalid(
                    "names no workflow: there is no \"\(id.prefix(80))\"; GET /api/v1/workflows lists those there are",
                    field: "workflowId")
            }
            return workflow
        }
        let key = job.drawsFromPicture ? Self.standardWithPicture.name : Self.standard.name
        let id = standards[job.drawsFromPicture ? .imageToImage : .textToImage] ?? ""
        guard let workflow = try await catalogue.find(id, log: log), workflow.isEnabled else {
            throw Failure.internal("\(key) names the workflow \"\(id)\", which is not in the catalogue")
        }
        return workflow
    }
}
