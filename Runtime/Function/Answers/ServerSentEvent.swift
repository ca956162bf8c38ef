internal import JSON

/// One event of a `text/event-stream` (HTML Living Standard, section 9.2).
public struct ServerSentEvent: Sendable, Hashable {
    /// What `addEventListener` listens for; `message` when nil.
    public var name: String?
    /// What the browser sends back as `Last-Event-ID` after a lost connection.
    public var id: String?
    /// The data; newlines are kept.
    public var data: String

    /// - Parameters:
    ///   - name: the kind of event, one line.
    ///   - id: the id, one line.
    ///   - data: any text.
    public init(name: String? = nil, id: String? = nil, data: String) {
        self.name = name
        self.id = id
        self.data = data
    }

    /// An event whose data is the JSON of a value.
    ///
    /// - Throws: what the value's `encode(to:)` throws.
    public init(name: String? = nil, id: String? = nil, json value: some Encodable) throws {
        self.init(name: name, id: id, data: try TypedJSON.encode(value).text)
    }

    /// A line that clients ignore; it keeps proxies from closing a quiet connection.
    public static let keepAlive = ":\n\n"

    /// The event as it is written.
    package var text: String {
        var text = ""
        if let name { text += "event: \(Self.oneLine(name))\n" }
        if let id { text += "id: \(Self.oneLine(id))\n" }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: { $0.isSSENewline }) {
            text += "data: \(line)\n"
        }
        return text + "\n"
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isSSENewline ? " " : $0 })
    }
}

extension Character {
    /// The line ends of an event stream: CR, LF and CRLF, and no other.
    fileprivate var isSSENewline: Bool { self == "\n" || self == "\r" || self == "\r\n" }
}
