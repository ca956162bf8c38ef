/// One event of a `text/event-stream` (WHATWG HTML, section 9.2).
package struct ServerSentEvent: Hashable, Sendable {
    /// `message` where the server names none.
    package var event: String
    /// The data lines, joined by line feeds.
    package var data: String
    /// The last id the server sent, with this event or before; what to resume from.
    package var id: String
}
