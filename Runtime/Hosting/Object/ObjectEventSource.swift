package import FunctionRuntime

/// Where object events come from: the emulator's store, or the webhook for stores elsewhere.
package protocol ObjectEventSource: Sendable {
    /// The events, oldest first, and those again that were not acknowledged before. Asked for once.
    func deliveries() -> AsyncThrowingStream<ObjectDelivery, any Error>
}

/// One object event on its way to functions.
package struct ObjectDelivery: Sendable {
    package let object: StoredObject
    /// Says that the event is dealt with and need not be kept any longer.
    package let acknowledge: @Sendable () async throws -> Void

    package init(_ object: StoredObject, acknowledge: @escaping @Sendable () async throws -> Void) {
        self.object = object
        self.acknowledge = acknowledge
    }
}
