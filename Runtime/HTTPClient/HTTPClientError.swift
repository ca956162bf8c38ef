/// Why an exchange did not end with a response, or a response not with its last byte.
package struct HTTPClientError: Error, Hashable, CustomStringConvertible {
    /// What kind of failure it is; decides whether trying again makes sense.
    package enum Kind: Hashable, Sendable {
        /// The request cannot be sent as it is: its URL, a header, its body's length.
        case invalidRequest
        /// The request's body could not be read: no such file.
        case bodyUnavailable
        /// No connection: unknown host, refused, unreachable. Nothing was sent.
        case connectionFailed
        /// No connection within the connect timeout. Nothing was sent.
        case connectTimeout
        /// The host's address is not one that ``AddressPolicy`` allows. Nothing was sent.
        case addressRefused
        /// The certificate or the handshake was not acceptable. Nothing was sent.
        case tls
        /// The connection broke, or closed too early.
        case connectionLost
        /// No byte in either direction for the idle timeout.
        case idleTimeout
        /// The whole exchange took longer than its timeout.
        case timeout
        /// The response's body is longer than the caller accepts.
        case bodyTooLarge
        /// A redirect that is not followed: too many, to another scheme, or with a body that cannot be sent again.
        case redirectRefused
        /// What the server sent is not HTTP.
        case invalidResponse
        /// The server does not open a WebSocket.
        case upgradeRefused
        /// The client was shut down.
        case shutDown
    }

    package let kind: Kind
    /// Where to, without user information and without the query's values: those may be credentials.
    package let url: String
    /// In words.
    package let reason: String

    init(_ kind: Kind, _ url: String, _ reason: String) {
        self.kind = kind
        self.url = HTTPURL.redacted(url)
        self.reason = reason
    }

    package var description: String { "\(url): \(reason)" }

    /// Whether nothing of the request can have reached the server, so that sending it again is safe for any method.
    package var wasNotSent: Bool {
        switch kind {
        case .invalidRequest, .bodyUnavailable, .connectionFailed, .connectTimeout, .addressRefused, .tls: true
        case .connectionLost, .idleTimeout, .timeout, .bodyTooLarge, .redirectRefused, .invalidResponse,
            .upgradeRefused,
            .shutDown:
            false
        }
    }
}
