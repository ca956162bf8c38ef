import FoundationEssentials
import JSON
import Synchronization

/// Every call a provider received and every webhook it sent, so that tests and people can count what a real one would bill.
package final class CallLedger: Sendable {
    /// One line of the ledger.
    struct Entry: Sendable {
        let provider: String
        /// `submit`, `get`, `cancel`, `upload`, `output`, `webhook`, or `refused` for a call for work that was not taken.
        let action: String
        /// The provider's own id of the work.
        let id: String
        /// The HTTP status answered, or received for a webhook; 0 when there was none.
        let status: Int
        /// What the caller sent along to recognise its work: the webhook's address, or the prompt.
        let reference: String
    }

    private struct State {
        var entries: [(at: Date, entry: Entry)] = []
        var counts: [String: Int] = [:]
    }

    /// Older lines are dropped beyond this; the counts go on.
    private static let capacity = 20_000
    private let state = Mutex(State())

    func record(_ entry: Entry) {
        state.withLock { state in
            if state.entries.count == Self.capacity { state.entries.removeFirst(Self.capacity / 10) }
            state.entries.append((Date.now, entry))
            state.counts["\(entry.provider).\(entry.action)", default: 0] += 1
        }
    }

    /// How often each action of a provider is on record.
    func counts(of provider: String) -> [String: Int] {
        let counts = state.withLock { $0.counts }
        return Dictionary(
            uniqueKeysWithValues: counts.filter { $0.key.hasPrefix("\(provider).") }.map {
                (String($0.key.dropFirst(provider.utf8.count + 1)), $0.value)
            })
    }

    func clear() {
        state.withLock { $0 = State() }
    }

    /// `{"counts": {"replicate.submit": 3}, "calls": [{…}]}`, oldest first; of one provider, or of all.
    func json(of provider: String? = nil) -> JSON {
        let (entries, counts) = state.withLock { ($0.entries, $0.counts) }
        let calls = entries.lazy.filter { provider == nil || $0.entry.provider == provider }.map { at, entry -> JSON in
            [
                "at": .string(at.formatted(.iso8601)), "provider": .string(entry.provider),
                "action": .string(entry.action), "id": .string(entry.id), "status": .integer(Int64(entry.status)),
                "reference": .string(entry.reference),
            ]
        }
        let sums = counts.filter { provider == nil || $0.key.hasPrefix("\(provider!).") }.sorted { $0.key < $1.key }.map
        {
            ($0.key, JSON.integer(Int64($0.value)))
        }
        return ["counts": .object(JSONObject(sums)), "calls": .array(Array(calls))]
    }
}
