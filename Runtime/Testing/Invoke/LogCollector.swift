package import FunctionRuntime
internal import Synchronization

/// Keeps log lines for a test to look at.
package final class LogCollector: Sendable {
    private let collected = Mutex<[LogRecord]>([])

    /// Nothing yet.
    package init() {}

    /// What has been written so far.
    package var records: [LogRecord] { collected.withLock { $0 } }

    /// The messages written so far.
    package var messages: [String] { records.map(\.message) }

    /// A log that writes here, whatever the level.
    package var log: Log { Log { [self] in add($0) } }

    /// Keeps a line.
    package func add(_ record: LogRecord) {
        collected.withLock { $0.append(record) }
    }
}
