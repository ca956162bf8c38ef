import FunctionRuntime
import NIOCore

/// The calls of one process, as its host sees them.
struct WorkerCalls {
    struct Entry {
        let call: Call
        let deadline: NIODeadline
        /// The invoke frame has gone to the kernel.
        var isSent = false
        /// Nobody waits any more: when the grace ends.
        var graceEnds: NIODeadline?
    }

    private(set) var entries: [String: Entry] = [:]

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    subscript(id: String) -> Entry? { entries[id] }

    /// False when an invocation of this id is with the process already.
    mutating func add(_ call: Call, deadline: NIODeadline) -> Bool {
        guard entries[call.invocation.id] == nil else { return false }
        // A body that streams is gone once it was handed over: such a call cannot be given to another process.
        entries[call.invocation.id] = Entry(call: call, deadline: deadline, isSent: call.control.stream != nil)
        return true
    }

    mutating func remove(_ id: String) -> Entry? { entries.removeValue(forKey: id) }

    mutating func abandon(_ id: String, graceEnds: NIODeadline) {
        entries[id]?.graceEnds = graceEnds
    }

    mutating func markSent(_ id: String) {
        entries[id]?.isSent = true
    }

    /// When something has to be done about time next.
    var nextDeadline: NIODeadline? { entries.values.map { $0.graceEnds ?? $0.deadline }.min() }

    /// Calls whose time is over, and whether an abandoned one has outlived its grace.
    func overdue(at now: NIODeadline) -> (calls: [Call], isStuck: Bool) {
        let overdue = entries.values.filter { ($0.graceEnds ?? $0.deadline) <= now }
        return (overdue.filter { $0.graceEnds == nil }.map(\.call), overdue.contains { $0.graceEnds != nil })
    }
}
