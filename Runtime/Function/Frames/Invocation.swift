package import FoundationEssentials
package import JSON

/// One call of a function, as a host sends it.
package struct Invocation: Sendable, Hashable {
    /// What the function is called with.
    package enum Event: Sendable, Hashable {
        case http(HTTPEvent)
        case queue(Message<JSON>)
        case object(StoredObject)
        case timer(Tick)

        /// The name the protocol uses: `http`, `queue`, `object` or `timer`.
        package var kind: String {
            switch self {
            case .http: "http"
            case .queue: "queue"
            case .object: "object"
            case .timer: "timer"
            }
        }
    }

    /// 1 to 64 characters, unique among the invocations a process works on.
    package var id: String
    package var event: Event
    /// When the caller gives up, by the clock of the host; for people. What counts is ``remaining``.
    package var deadline: Date?
    /// How long the function has; nil for its own limit.
    package var remaining: Duration?
    /// W3C Trace Context.
    package var traceparent: String?
    /// From 1.
    package var attempt: Int

    package init(
        id: String, event: Event, deadline: Date? = nil, remaining: Duration? = nil, traceparent: String? = nil,
        attempt: Int = 1
    ) {
        self.id = id
        self.event = event
        self.deadline = deadline
        self.remaining = remaining
        self.traceparent = traceparent
        self.attempt = attempt
    }
}
