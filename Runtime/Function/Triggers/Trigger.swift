/// What makes a host call a function.
public enum Trigger: Sendable, Hashable {
    /// An HTTP request. In `path`, `{name}` takes one segment, and `{name...}` at the end takes the rest.
    case http(HTTPMethod, String)
    /// A message of a queue: tried `attempts` times before it becomes a dead letter; other workers leave it alone for
    /// `lease`, which progress renews.
    case queue(String, attempts: Int = 5, lease: Duration = .seconds(30))
    /// An object of the store whose key starts and ends like this.
    case object(prefix: String = "", suffix: String = "", events: [StoredObject.Change] = [.created])
    /// A point in time: `every <n>(ms|s|m|h)`, or five cron fields in UTC.
    case timer(String)

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
