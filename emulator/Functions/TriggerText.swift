import JSON

/// What starts a function, in a few words.
enum TriggerText {
    /// The words for one trigger of a description.
    static func text(_ trigger: JSON) -> String {
        switch trigger["type"]?.string {
        case "http": return "\(trigger["method"]?.string ?? "") \(trigger["path"]?.string ?? "")"
        case "queue": return "queue \(trigger["queue"]?.string ?? "")"
        case "object":
            let events = (trigger["events"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            return "object \(trigger["prefix"]?.string ?? "")*\(trigger["suffix"]?.string ?? "") (\(events))"
        case "timer": return "timer \(trigger["schedule"]?.string ?? "")"
        default: return trigger.text
        }
    }
}
