/// Why a host takes an invocation back.
package enum CancelReason: String, Sendable, Hashable, CaseIterable {
    /// The client closed its connection.
    case clientGone = "client_gone"
    /// The time is over.
    case deadline
    /// The process is to end.
    case drain
    /// Somebody canceled it.
    case user
}
