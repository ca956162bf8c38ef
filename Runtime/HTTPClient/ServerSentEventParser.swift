/// Finds events in the bytes of an event stream, cut anywhere.
package struct ServerSentEventParser: Sendable {
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var isFirstLine = true
    private var event = ""
    private var data: [String] = []
    private var id = ""
    /// How long the server asks clients to wait before they connect again.
    package private(set) var retry: Duration?
    private let maximumEventSize: Int
    private var eventSize = 0

    /// - Parameter maximumEventSize: bytes of one event; a longer one is an error.
    package init(maximumEventSize: Int = 1 << 20) { self.maximumEventSize = maximumEventSize }

    /// Adds bytes and returns the events they complete; nil when an event is too long.
    package mutating func add(_ bytes: [UInt8]) -> [ServerSentEvent]? {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where endedWithReturn: endedWithReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                endedWithReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                endedWithReturn = false
                line.append(byte)
                eventSize += 1
                if eventSize > maximumEventSize { return nil }
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        if isFirstLine && line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        if text.isEmpty { return dispatch() }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count == 2 ? parts[1] : ""
        let value = String(rest.hasPrefix(" ") ? rest.dropFirst() : rest)
        switch parts[0] {
        case "event": event = value
        case "data": data.append(value)
        case "id": if !value.contains("\0") { id = value }
        case "retry": if let milliseconds = Int(value), milliseconds >= 0 { retry = .milliseconds(milliseconds) }
        default: break  // A comment, or a field of the future.
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            event = ""
            data = []
            eventSize = 0
        }
        if data.isEmpty { return nil }
        return ServerSentEvent(event: event.isEmpty ? "message" : event, data: data.joined(separator: "\n"), id: id)
    }
}
