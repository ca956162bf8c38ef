/// What goes wrong with a call that the knobs let fail; each stand-in words it as its provider does.
package enum FailureKind: String, Sendable, Hashable, CaseIterable {
    /// The call is taken, and its work ends as failed: the model's own fault.
    case failed
    /// The call is taken, and its work ends because something around the model stopped it; another call may do.
    case interrupted
    /// The call is refused: its input does not fit the model.
    case invalid
    /// The call is refused: the key is not known.
    case unauthorized
    /// The call is refused: the account cannot pay.
    case unpaid
    /// The call is answered with an internal error.
    case error
    /// The call is refused: the service is not there at the moment.
    case unavailable
}
