/// What a server did that RFC 6455 does not allow, with the code it is told when the connection is failed (section 7.4.1).
struct WebSocketViolation: Error, Hashable {
    var code: UInt16
    var reason: String

    /// It does not keep to the protocol.
    static func violation(_ reason: String) -> Self { Self(code: 1002, reason: reason) }
    /// Its text is not UTF-8.
    static let notText = Self(code: 1007, reason: "a text message is not UTF-8")
    /// More than the caller takes.
    static func tooLarge(_ limit: Int) -> Self { Self(code: 1009, reason: "a message has more than \(limit) bytes") }
}
