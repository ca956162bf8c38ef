/// What a function is called with. The runtime's ``Request``, ``Message``, ``StoredObject`` and ``Tick`` are all there
/// are; the requirements are for the runtime.
public protocol Event: Sendable {
    /// Makes the typed event of what the host delivered.
    ///
    /// - Throws: ``Failure`` when the delivery does not fit the type.
    init(_ delivery: Delivery) async throws

    /// The JSON Schema of what the caller sends, derived from the type.
    static var schema: Schema { get }
}
