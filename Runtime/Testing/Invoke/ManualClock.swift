package import FoundationEssentials
internal import FunctionRuntime
internal import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let time: Mutex<Date>

    /// - Parameter start: what it shows at first.
    package init(_ start: Date = Date(timeIntervalSince1970: 1_800_000_000)) {
        time = Mutex(start)
    }

    /// What it shows.
    package var now: Date { time.withLock { $0 } }

    /// Moves it forward.
    package func advance(by duration: Duration) {
        time.withLock { $0 = $0.addingTimeInterval(Double(duration.milliseconds) / 1000) }
    }
}
