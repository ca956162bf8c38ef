import JSON

/// What stand-ins share: the knobs, the ledger of all calls, and the way out for webhooks and input images.
struct StandInState: Sendable {
    let knobs = KnobBoard()
    let ledger = CallLedger()
    let outbound: Outbound

    /// Decides what happens to a call.
    ///
    /// - Parameter input: what may hold settings for this one call, as `stand_in`: the model's input.
    /// - Throws: `StandInError` when they cannot be read.
    func fate(of request: StandInRequest, _ input: JSON? = nil) throws -> Fate {
        var knobs = request.knobs
        if let own = input?["stand_in"] { try knobs.apply(own) }
        var dice = self.knobs.dice(for: request.provider, seed: knobs.seed)
        return Fate(knobs, &dice)
    }

    /// How an answer that is not to a call for work travels: it may be slow or cut, but is never lost.
    func delivery(_ request: StandInRequest) -> Delivery {
        let knobs = request.knobs
        var delivery = Delivery(duration: .milliseconds(knobs.slowBody))
        if knobs.truncatedRate > 0 {
            var dice = self.knobs.dice(for: "\(request.provider).answers", seed: knobs.seed)
            delivery.isTruncated = dice.happens(knobs.truncatedRate)
        }
        return delivery
    }
}
