/// What the knobs and the dice have decided about one call when it arrives.
struct Fate: Sendable {
    enum Outcome: Sendable, Hashable {
        case draws
        /// Refused with 429 and this wait, in seconds.
        case throttled(Int)
        /// Its content is not drawn.
        case blocked
        /// With the sentence to say.
        case fails(FailureKind, String)
    }

    let knobs: Knobs
    let outcome: Outcome
    /// How the answer to the call itself reaches the client, when the call is accepted.
    let delivery: Delivery

    init(_ knobs: Knobs, _ dice: inout Dice) {
        self.knobs = knobs
        // Every die is thrown every time: what one knob decides does not depend on the others.
        let (throttled, blocked, fails) = (
            dice.happens(knobs.throttleRate), dice.happens(knobs.blockRate), dice.happens(knobs.failureRate)
        )
        outcome =
            if throttled {
                .throttled(knobs.retryAfter)
            } else if blocked {
                .blocked
            } else if fails {
                .fails(knobs.failureKind, knobs.failure)
            } else {
                .draws
            }
        delivery = Delivery(
            isLost: dice.happens(knobs.lostRate), isTruncated: dice.happens(knobs.truncatedRate),
            duration: .milliseconds(knobs.slowBody))
    }
}
