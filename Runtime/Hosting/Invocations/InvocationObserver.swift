/// Sees everything that happens to invocations and processes: logs, records and dashboards hang here.
///
/// Called in the hot path, from any thread: do little, and never wait.
package protocol InvocationObserver: Sendable {
    func observe(_ event: HostingEvent)
}

/// An observer that looks away.
package struct NoObserver: InvocationObserver {
    package init() {}
    package func observe(_ event: HostingEvent) {}
}
