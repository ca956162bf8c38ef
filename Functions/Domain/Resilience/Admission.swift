package import FoundationEssentials

/// Whether a call may be made now.
package enum Admission: Sendable, Hashable {
    /// It may: it counts as under way until the permit is given back (`ProviderGate.hold`).
    case admitted(Permit)
    /// The provider's limits are used up, or it asked everybody to wait: come again after this time. The times are spread, so that
    /// those who were sent away do not come back together.
    case wait(Duration)
    /// The provider is not well or an operator has paused it: nobody calls it before that time.
    case open(until: Date)

    /// How long a call that was not admitted waits before it comes again; nil for one that was.
    package var delay: Duration? {
        switch self {
        case .admitted: nil
        case .wait(let wait): wait
        case .open(let until): .seconds(max(0, until.timeIntervalSinceNow))
        }
    }
}
