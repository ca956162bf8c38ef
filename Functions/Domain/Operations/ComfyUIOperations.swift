package import FunctionRuntime
package import HTTPClient

/// What operators do with a ComfyUI server of their own: look how it is, what it draws and has, and restart it.
package struct ComfyUIOperations: Sendable {
    package static let container = ConfigurationKey<String>(
        "COMFYUI_CONTAINER", summary: "name of the container that ComfyUI runs in", kind: "a container's name",
        want: "comfyui"
    ) { name in
        let isName = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || 0x30...0x39 ~= byte || "_.-".utf8.contains(byte)
        }
        return isName ? name : nil
    }.optional

    /// The keys a function declares that operates ComfyUI.
    package static let environment: [any ConfigurationKeyProtocol] =
        OperatorAccess.environment + [
            ComfyUI.url, ComfyUI.apiKey, container, DockerEngine.host, ModelFolder.path,
        ]

    private let access: OperatorAccess
    private let server: ComfyUIServer?
    private let folder: ModelFolder?
    private let docker: DockerEngine?
    private let container: String?

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        access = try OperatorAccess(configuration)
        server = try ComfyUIServer(configuration, client)
        folder = try ModelFolder(configuration)
        docker = try DockerEngine(configuration, client)
        container = try configuration[Self.container]
    }

    /// - Throws: `Failure.unauthenticated`; `notFound` where no ComfyUI is configured. So do all the others.
    package func status(_ headers: Headers) async throws -> ComfyUIStatus {
        let server = try open(headers)
        let restarts = docker != nil && container != nil
        do throws(ProviderError) {
            let queue = try await server.queue()
            return ComfyUIStatus(
                address: server.address, statistics: try await server.statistics(), running: queue.running.count,
                pending: queue.pending.count, restarts: restarts)
        } catch {
            return ComfyUIStatus(address: server.address, problem: error.message, restarts: restarts)
        }
    }

    /// - Throws: also `Failure.upstream` when ComfyUI does not tell.
    package func prompts(_ headers: Headers) async throws -> ComfyUIPrompts {
        do {
            let queue = try await open(headers).queue()
            return ComfyUIPrompts(running: queue.running, pending: queue.pending)
        } catch let error as ProviderError {
            throw Failure.upstream(error.message)
        }
    }

    /// What ComfyUI lists, and what is in its folder; one of the two is enough.
    ///
    /// - Throws: also `Failure.upstream` when ComfyUI does not tell and no folder is mounted.
    package func models(_ headers: Headers) async throws -> ComfyUIModels {
        try access.check(headers)
        guard server != nil || folder != nil else { throw Self.absent }
        let files = try await folder?.files() ?? ModelFolder.Listing()
        guard let server else { return ComfyUIModels(listed: nil, files: files, problem: nil) }
        do throws(ProviderError) {
            var listed: [String: [String]] = [:]
            for kind in try await server.modelFolders() { listed[kind] = try await server.models(in: kind) }
            return ComfyUIModels(listed: listed, files: files, problem: nil)
        } catch {
            if folder == nil { throw Failure.upstream(error.message) }
            return ComfyUIModels(listed: nil, files: files, problem: error.message)
        }
    }

    /// Restarts the container. Whatever ComfyUI draws and has to draw is lost with its memory, so that is asked for twice.
    ///
    /// - Parameter force: whether prompts may be lost.
    /// - Throws: also `Failure.notFound` where no container is configured or Docker has none of that name, `conflict` while there are
    ///   prompts and it is not forced, `upstream` where ComfyUI answers without telling whether there are, and it is not forced.
    package func restart(_ headers: Headers, force: Bool) async throws -> ComfyUIRestart {
        try access.check(headers)
        guard let docker, let container else {
            throw Failure.notFound(
                "there is no container to restart: set DOCKER_HOST and COMFYUI_CONTAINER to allow it")
        }
        let prompts = try await promptsToLose(force: force)
        guard prompts ?? 0 == 0 || force else {
            throw Failure.conflict(
                "ComfyUI has \(prompts ?? 0) prompts that a restart loses: wait for them, or send ?force=true")
        }
        try await docker.restart(container)
        return ComfyUIRestart(container: container, lostPrompts: prompts)
    }

    /// - Returns: nil where nobody knows: one that does not answer is what one restarts.
    private func promptsToLose(force: Bool) async throws -> Int? {
        guard let server else { return nil }
        do throws(ProviderError) {
            let queue = try await server.queue()
            return queue.running.count + queue.pending.count
        } catch {
            guard force || error.retryClass.isRetryable else {
                throw Failure.upstream(
                    "whether a restart loses prompts is not known: \(error.message); send ?force=true to restart all the same"
                )
            }
            return nil
        }
    }

    private static let absent = Failure.notFound("there is no ComfyUI here: set COMFYUI_URL to have one")

    private func open(_ headers: Headers) throws -> ComfyUIServer {
        try access.check(headers)
        guard let server else { throw Self.absent }
        return server
    }
}
