internal import JSON

/// The whole catalogue at one moment.
package struct WorkflowSnapshot: Sendable {
    private let workflows: [String: Workflow]
    /// Entries that cannot be used.
    package let problems: [WorkflowProblem]

    /// - Parameter json: a list of workflows.
    init(json: JSON) {
        var workflows: [String: Workflow] = [:]
        var problems: [WorkflowProblem] = []
        for entry in json.array ?? [] {
            do throws(WorkflowProblem) {
                let workflow = try Workflow(json: entry)
                workflows[workflow.id] = workflow
            } catch {
                problems.append(error)
            }
        }
        self.workflows = workflows
        self.problems = problems
    }

    /// Those that jobs may ask for, by id.
    package var enabled: [Workflow] {
        workflows.values.filter(\.isEnabled).sorted { $0.id < $1.id }
    }

    /// Every one that can be used, enabled or not.
    package var all: [Workflow] { workflows.values.sorted { $0.id < $1.id } }

    /// One that may be drawn with, enabled or not: jobs that were accepted with it are still drawn.
    package subscript(id: String) -> Workflow? { workflows[id] }

    /// A workflow and those that may draw instead of it, in order, each once.
    package func chain(of id: String) -> [Workflow] {
        guard let first = workflows[id] else { return [] }
        var chain = [first]
        for id in first.fallbacks {
            guard let next = workflows[id], next.isEnabled, !chain.contains(where: { $0.id == id }) else { continue }
            chain.append(next)
        }
        return chain
    }
}
