import FoundationEssentials
import JSON

/// A workflow as one JSON document: what the database builds of its row, and what Redis keeps.
extension Workflow {
    /// - Throws: `WorkflowProblem` for an entry that nothing can be drawn with.
    init(json: JSON) throws(WorkflowProblem) {
        let id = json["id"]?.string ?? ""
        func text(_ name: String) throws(WorkflowProblem) -> String {
            guard let text = json[name]?.string else { throw WorkflowProblem(id: id, message: "has no \(name)") }
            return text
        }
        self.id = id
        name = try text("name")
        guard let category = WorkflowCategory(rawValue: try text("category")) else {
            throw WorkflowProblem(id: id, message: "has a category that is not known")
        }
        self.category = category
        description = try text("description")
        provider = try text("provider")
        model = json["model"]?.string
        do {
            parameters = try ParameterSchema(json["parameters"] ?? .null)
        } catch {
            throw WorkflowProblem(id: id, message: "has parameters that cannot be checked: \(error)")
        }
        definition = json["definition"].flatMap { $0.isNull ? nil : $0 }
        fallbacks = (json["fallbacks"]?.array ?? []).compactMap(\.string)
        isEnabled = json["enabled"]?.bool ?? false
        isAvailable = json["available"]?.bool ?? false
        updatedAt = Date(timeIntervalSince1970: json["updated_at"]?.double ?? 0)
    }
}
