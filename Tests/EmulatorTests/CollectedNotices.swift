import Synchronization

@testable import emulator

/// Notices, kept for a test to look at.
final class CollectedNotices: Notices {
    private let state = Mutex<(infos: [String], warnings: [String])>(([], []))

    var infos: [String] { state.withLock { $0.infos } }
    var warnings: [String] { state.withLock { $0.warnings } }

    func info(_ message: String) { state.withLock { $0.infos.append(message) } }
    func warning(_ message: String) { state.withLock { $0.warnings.append(message) } }
}
