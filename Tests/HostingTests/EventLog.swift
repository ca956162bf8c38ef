import Glibc
import Synchronization

@testable import Hosting

/// Keeps every event for a test to look at.
final class EventLog: InvocationObserver {
    private let events = Mutex<[HostingEvent]>([])

    private let isSlowAtStarts = Mutex(false)

    /// From here on it takes its time to hear of a start.
    func hearStartsLate() { isSlowAtStarts.withLock { $0 = true } }

    func observe(_ event: HostingEvent) {
        if case .started = event, isSlowAtStarts.withLock({ $0 }) { usleep(5_000) }
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
