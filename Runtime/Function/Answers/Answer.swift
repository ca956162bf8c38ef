/// What a function answers. The runtime's ``Response`` and ``Done`` are all there are; the requirements are for the
/// runtime.
public protocol Answer: Sendable {
    /// Writes the answer to the caller.
    ///
    /// - Throws: `CancellationError` when the caller is gone, or what a streamed body throws.
    func write(to reply: Reply) async throws

    /// The JSON Schema of what the caller gets, derived from the type.
    static var schema: Schema { get }
}
