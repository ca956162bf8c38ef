import Synchronization

@testable import Hosting

/// Keeps every event for a test to look at.
final class EventLog: InvocationObserver {
    private let events = Mutex<[HostingEvent]>([])

    func observe(_ event: HostingEvent) {
        events.withLock { $0.append(event) }
    }

    var all: [HostingEvent] { events.withLock { $0 } }

    var summaries: [InvocationSummary] {
        all.compactMap { if case .finished(let summary) = $0 { summary } else { nil } }
    }

    var crashes: [CrashReport] {
        all.compactMap { if case .processCrashed(let report) = $0 { report } else { nil } }
    }

    var readyProcesses: Int {
        all.count { if case .processReady = $0 { true } else { false } }
    }
}
