/// One process as `PoolState` sees it.
struct PoolInstance: Equatable {
    enum Phase: Equatable {
        /// Started, not `ready` yet.
        case starting
        /// Takes calls.
        case ready
        /// Takes no more calls; is drained as soon as it is empty.
        case retiring
        /// Was asked to end, or killed.
        case ending
    }

    var generation: Int
    var phase: Phase = .starting
    /// How many calls it takes at once, as its `hello` said.
    var concurrency = 1
    /// The calls with it, in the order they came.
    var calls: [CallNumber] = []
    /// Calls that nobody waits for any more but that the process has not finished: they still fill a place.
    var abandoned = 0
    /// A suspect runs alone here, or is about to.
    var isolated = false
    /// It has a canceled call that does not end: it is killed as soon as no other call is with it.
    var stuck = false
    /// Counts the calls it was given, so that an idle timer sees whether it was busy meanwhile.
    var epoch = 0
    var idleTimerArmed = false

    var load: Int { calls.count + abandoned }
    var hasRoom: Bool { phase == .ready && !isolated && load < concurrency }
    var isLive: Bool { phase == .starting || phase == .ready }
}
