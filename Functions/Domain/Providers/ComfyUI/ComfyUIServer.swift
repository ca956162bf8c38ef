package import FunctionRuntime
package import HTTPClient
package import JSON

/// What an operator sees of a ComfyUI server, and what the catalogue of workflows is refreshed from.
package struct ComfyUIServer: Sendable {
    private let connection: ComfyUIConnection

    /// - Returns: nil when no ComfyUI is configured.
    /// - Throws: `ConfigurationProblem`.
    package init?(_ configuration: Configuration, _ client: HTTPClient) throws {
        guard let base = try configuration[ComfyUI.url] else { return nil }
        connection = ComfyUIConnection(base: base, apiKey: try configuration[ComfyUI.apiKey], client)
    }

    /// Where it is.
    package var address: String { connection.base }

    /// What `GET /system_stats` tells: versions, memory, and each device with its memory, in bytes.
    package func statistics() async throws(ProviderError) -> JSON { try await connection.get("/system_stats") }

    /// The ids of the prompts that run and that wait, each in the queue's order.
    package func queue() async throws(ProviderError) -> (running: [String], pending: [String]) {
        let queue = try await connection.queue()
        return (queue.running.map(\.id), queue.pending.map(\.id))
    }

    /// The kinds of models there are: `checkpoints`, `loras`, …
    package func modelFolders() async throws(ProviderError) -> [String] {
        (try await connection.get("/models").array ?? []).compactMap(\.string).filter(ComfyUI.isID)
    }

    /// The models of one kind, as a graph names them; none for a kind it does not have.
    package func models(in folder: String) async throws(ProviderError) -> [String] {
        guard ComfyUI.isID(folder) else { return [] }
        do {
            return (try await connection.get("/models/\(folder)").array ?? []).compactMap(\.string)
        } catch  where error.retryClass == .invalid {
            return []
        }
    }

    /// What `GET /object_info` tells of one class of nodes: its inputs with their types, choices and ranges; nil for one it does not
    /// have.
    package func nodeClass(_ name: String) async throws(ProviderError) -> JSON? {
        guard ComfyUI.isID(name) else { return nil }
        do {
            return try await connection.get("/object_info/\(name)")[name]
        } catch  where error.retryClass == .invalid {
            return nil
        }
    }

    /// Has it give back the memory of models that nothing uses.
    package func free() async throws(ProviderError) {
        _ = try await connection.post("/free", ["unload_models": true, "free_memory": true])
    }
}
