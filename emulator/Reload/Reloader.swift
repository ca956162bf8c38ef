import ServiceLifecycle

/// Keeps what is served up to date: rebuilds changed sources, and lets changed binaries take over.
struct Reloader: Service {
    let binaries: BinaryWatch
    /// Nil when the functions do not lie in the build folder of a Swift package.
    let sources: SourceWatch?

    init(
        registry: FunctionRegistry, finder: FunctionFinder, data: DataFolder, environment: [String: String],
        journal: Journal
    ) {
        binaries = BinaryWatch(registry: registry, finder: finder, journal: journal)
        let package = finder.folder.flatMap {
            SwiftPackage(builtInto: $0, log: data.logs + "/build.log", environment: environment)
        }
        sources = package.map { SourceWatch(package: $0, environment: environment, journal: journal) }
    }

    func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await binaries.run() }
            if let sources { group.addTask { try await sources.run() } }
            group.addTask { try await gracefulShutdown() }
            // Whatever ends first, the end of the group or a failure, ends the others.
            do {
                try await group.next()
            } catch is CancellationError {}
            group.cancelAll()
        }
    }
}
