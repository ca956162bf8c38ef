import ServiceLifecycle

/// A service that may take only so long to finish what it has when the group stops: an open event stream must not hold up
/// Ctrl-C.
struct BoundedService<Wrapped: Service>: Service {
    let service: Wrapped
    /// How long it may take after it was asked to stop; then it is canceled.
    let grace: Duration

    func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await service.run() }
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: grace)
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
