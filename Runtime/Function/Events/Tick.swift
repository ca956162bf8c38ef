public import FoundationEssentials

/// One firing of a timer.
public struct Tick: Sendable, Hashable {
    /// The schedule, as the trigger wrote it.
    public let schedule: String
    /// When it was due; the firing may be later.
    public let due: Date

    package init(schedule: String, due: Date) {
        self.schedule = schedule
        self.due = due
    }
}

extension Tick: Event {
    /// Takes the tick.
    public init(_ delivery: Delivery) async throws {
        guard case .timer(let tick) = delivery.invocation.event else {
            throw Failure.mismatch(want: "timer", delivery.invocation)
        }
        self = tick
    }

    /// Ticks have one form, which PROTOCOL.md gives.
    public static var schema: Schema { Schema() }
}
