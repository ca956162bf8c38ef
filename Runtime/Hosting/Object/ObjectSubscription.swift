package import FunctionRuntime

/// A function and the objects it wants to hear of.
package struct ObjectSubscription: Sendable {
    package let function: String
    package let prefix: String
    package let suffix: String
    package let events: Set<StoredObject.Change>
    package let invoker: any Invoker

    package init(
        function: String, prefix: String = "", suffix: String = "", events: [StoredObject.Change] = [.created],
        invoker: any Invoker
    ) {
        self.function = function
        self.prefix = prefix
        self.suffix = suffix
        self.events = Set(events)
        self.invoker = invoker
    }

    /// What a function's description asks for.
    package static func all(_ function: FunctionDescription, invoker: any Invoker) -> [ObjectSubscription] {
        function.triggers.compactMap { trigger in
            guard case .object(let prefix, let suffix, let events) = trigger else { return nil }
            return ObjectSubscription(
                function: function.name, prefix: prefix, suffix: suffix, events: events, invoker: invoker)
        }
    }

    /// The same for the same wish of the same function, whichever pool serves it.
    var identity: String { "\(function) \(prefix) \(suffix) \(events.map(\.rawValue).sorted())" }

    /// Whether the event is one of those. A key is bytes: `ä` written in two ways is two keys.
    func wants(_ object: StoredObject) -> Bool {
        events.contains(object.event) && object.key.utf8.starts(with: prefix.utf8)
            && object.key.utf8.reversed().starts(with: suffix.utf8.reversed())
    }
}
