internal import JSON
internal import Postgres

/// The catalogue's table.
package struct WorkflowStore: Sendable {
    private let database: Database

    package init(_ database: Database) {
        self.database = database
    }

    /// Every workflow, as a JSON list.
    func all() async throws -> JSON {
        try await database.asService(
            """
            select coalesce(json_agg(json_build_object('id', id, 'name', name, 'category', category,
                'description', description, 'provider', provider, 'model', model, 'parameters', parameters,
                'definition', definition, 'fallbacks', fallbacks, 'enabled', enabled, 'available', available,
                'updated_at', extract(epoch from updated_at)) order by id), '[]') as workflows
            from workflows
            """)[0][0]["workflows"]
    }

    /// Writes down what a provider's own lists say of a workflow, unless it is known already or somebody else has changed the workflow
    /// meanwhile.
    ///
    /// - Parameter old: what the finding is based on.
    /// - Returns: whether anything has changed.
    package func update(_ new: Workflow, from old: Workflow) async throws -> Bool {
        guard new.parameters != old.parameters || new.isAvailable != old.isAvailable else { return false }
        return try await database.asService(
            """
            update workflows set parameters = \(new.parameters.json), available = \(new.isAvailable), updated_at = now()
            where id = \(new.id) and parameters::jsonb = \(old.parameters.json)::jsonb
            """)[0].affected == 1
    }
}
