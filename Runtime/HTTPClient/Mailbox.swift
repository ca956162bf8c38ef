import CCurl
import Synchronization

/// What tasks ask of the transfer thread, and the bell that wakes it.
final class Mailbox: Sendable {
    enum Command: Sendable {
        case start(Transfer)
        case resumeReceiving(Transfer)
        /// Names the transfer by its response channel: an upload must not keep its own transfer alive.
        case resumeSending(ObjectIdentifier)
        case cancel(Transfer)
    }

    private struct State {
        var commands: [Command] = []
        var isStopped = false
        /// Nil once the thread has ended.
        var bell: MultiHandle?
    }

    private let state: Mutex<State>

    init(bell: MultiHandle) { state = Mutex(State(bell: bell)) }

    /// - Returns: false when the thread takes no commands any more.
    @discardableResult
    func post(_ command: Command) -> Bool {
        state.withLock { state in
            if state.isStopped { return false }
            state.commands.append(command)
            state.bell?.wakeUp()
            return true
        }
    }

    /// Makes the thread fail what it has in hand, and end.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.bell?.wakeUp()
        }
    }

    /// The thread's side: everything posted since the last call.
    func take() -> (commands: [Command], isStopped: Bool) {
        state.withLock { state in
            defer { state.commands.removeAll(keepingCapacity: true) }
            return (state.commands, state.isStopped)
        }
    }

    /// The thread's last word: after this nobody rings the bell.
    func close() { state.withLock { $0.bell = nil } }
}
