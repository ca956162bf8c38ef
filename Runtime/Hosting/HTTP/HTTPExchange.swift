import NIOHTTP1
import Synchronization

/// One request on a connection, from its head to the last byte of its answer.
final class HTTPExchange: Sendable {
    /// What comes with the request.
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case stream(RequestStream)
    }

    let head: HTTPRequestHead
    let body: Body
    /// Cancels the call when the client goes away.
    let cancellation = Cancellation()
    /// The answer when the request is refused before any function sees it.
    let rejection: ProblemDetails?
    /// Why the body of a call that runs already was given up: the call is canceled, and this is its answer.
    let refusal = Mutex<ProblemDetails?>(nil)

    init(head: HTTPRequestHead, body: Body, rejection: ProblemDetails? = nil) {
        self.head = head
        self.body = body
        self.rejection = rejection
    }
}
