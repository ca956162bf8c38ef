import FunctionRuntime

/// Which kinds of triggers a host serves.
package enum HostTriggers: String, Sendable, Hashable, CaseIterable {
    case http, queue, timer
    /// Object events that stores post, at `POST /_host/events/minio` and `…/eventgrid`.
    case object

    init(_ trigger: Trigger) {
        self =
            switch trigger {
            case .http: .http
            case .queue: .queue
            case .timer: .timer
            case .object: .object
            }
    }

    /// Reads `http,queue,timer,object`; nil when a name is none of these, or there is none.
    static func list(_ text: String) -> Set<HostTriggers>? {
        let names = text.split(separator: ",").map { $0.trimmingPrefix(" ") }
        let kinds = names.compactMap { HostTriggers(rawValue: String($0)) }
        return kinds.isEmpty || kinds.count < names.count ? nil : Set(kinds)
    }
}
