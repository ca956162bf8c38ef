import HTTPTypes
import JSON

extension FalProblem {
    /// What a call's fate says at the door, or what its work ends with; nil: it draws.
    ///
    /// - Throws: ``FalProblem`` for a call that is not taken.
    static func check(_ fate: Fate) throws -> FalProblem? {
        switch fate.outcome {
        case .draws: return nil
        case .throttled(let seconds): throw throttled(seconds)
        case .blocked:
            return model(
                .unprocessableContent, ["prompt"],
                "The content could not be processed because it contained material flagged by a content checker.",
                "content_policy_violation")
        case .fails(.failed, let reason):
            return model(.internalServerError, [], reason, "internal_server_error")
        case .fails(.interrupted, let reason): return platform(503, reason, "runner_disconnected")
        case .fails(.invalid, let reason):
            return model(.unprocessableContent, ["prompt"], reason, "value_error")
        case .fails(.unauthorized, _): throw unauthenticated
        case .fails(.unpaid, _):
            throw Self(
                status: .forbidden,
                detail: "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.")
        case .fails(.error, let reason): throw Self(status: .internalServerError, detail: .string(reason))
        case .fails(.unavailable, let reason): throw Self(status: .serviceUnavailable, detail: .string(reason))
        }
    }
}
