package import FunctionRuntime
package import HTTPClient
package import Redis

/// Keeps the catalogue true: which workflows can be drawn with, and what their parameters may be.
package struct WorkflowSync: Sendable {
    private let providers: Providers
    private let sources: [String: any WorkflowSource]
    private let store: WorkflowStore
    private let catalogue: WorkflowCatalogue

    /// - Throws: `ConfigurationProblem`.
    package init(
        _ configuration: Configuration, _ database: Database, _ redis: Redis, _ client: HTTPClient
    ) throws {
        providers = try Providers(configuration, client)
        var sources: [String: any WorkflowSource] = [:]
        for name in providers.names { sources[name] = providers[name] as? any WorkflowSource }
        if let server = try ComfyUIServer(configuration, client) { sources[ComfyUI.name] = server }
        self.sources = sources
        store = WorkflowStore(database)
        catalogue = WorkflowCatalogue(database, redis)
    }

    /// Looks at every workflow once. One whose provider cannot be asked stays as it is.
    ///
    /// - Returns: the ids of those that have changed.
    package func run(log: Log) async throws -> [String] {
        var changed: [String] = []
        for old in WorkflowSnapshot(json: try await store.all()).all {
            var new = old
            do throws(ProviderError) {
                new.isAvailable = providers[old.provider] != nil
                if let source = sources[old.provider] { new = try await source.refreshed(new) }
            } catch {
                log.warning(
                    "the provider could not be asked about a workflow",
                    ["workflow": old.id, "provider": old.provider, "error": "\(error)"])
                continue
            }
            if try await store.update(new, from: old) { changed.append(old.id) }
        }
        if !changed.isEmpty { await catalogue.invalidate(log: log) }
        return changed
    }
}
