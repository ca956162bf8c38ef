/// Finds events in the bytes of an event stream, cut anywhere (WHATWG HTML, section 9.2.6).
///
/// Works on bytes, not on characters: a combining mark behind a colon would make another character of it.
package struct ServerSentEventParser: Sendable {
    /// The beginning of a line whose end has not come yet.
    private var line: [UInt8] = []
    private var endedWithReturn = false
    private var isFirstLine = true
    private var event = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var id = ""
    /// How long the server asks clients to wait before they connect again.
    package private(set) var retry: Duration?
    private let maximumEventSize: Int

    /// - Parameter maximumEventSize: bytes of one event's data, and of any line; more is an error.
    package init(maximumEventSize: Int = 1 << 20) { self.maximumEventSize = maximumEventSize }

    /// Adds bytes and returns the events they complete; nil when an event is too long.
    package mutating func add(_ bytes: [UInt8]) -> [ServerSentEvent]? {
        var events: [ServerSentEvent] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if endedWithReturn, rest.first == Self.feed { rest.removeFirst() }
            endedWithReturn = false
            guard let end = rest.firstIndex(where: { $0 == Self.feed || $0 == Self.return }) else {
                line += rest
                return line.count + data.count > maximumEventSize ? nil : events
            }
            if line.count + rest[..<end].count + data.count > maximumEventSize { return nil }
            if line.isEmpty {
                if let event = endLine(rest[..<end]) { events.append(event) }
            } else {
                line += rest[..<end]
                if let event = endLine(line[...]) { events.append(event) }
                line = []
            }
            endedWithReturn = rest[end] == Self.return
            rest = rest[(end + 1)...]
        }
        return events
    }

    private static let feed = UInt8(ascii: "\n")
    private static let `return` = UInt8(ascii: "\r")

    private mutating func endLine(_ line: ArraySlice<UInt8>) -> ServerSentEvent? {
        var line = line
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": event = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(Self.feed) }
            data += value
            hasData = true
        case "id" where !value.contains(0): id = String(decoding: value, as: UTF8.self)
        case "retry" where !value.isEmpty && value.allSatisfy { 0x30...0x39 ~= $0 }:
            if let milliseconds = Int(String(decoding: value, as: UTF8.self)) { retry = .milliseconds(milliseconds) }
        default: break  // A comment, or a field of the future.
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            event = ""
            data = []
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            event: event.isEmpty ? "message" : event, data: String(decoding: data, as: UTF8.self), id: id)
    }
}
