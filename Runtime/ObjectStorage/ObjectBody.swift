/// What to store.
package struct ObjectBody: Sendable {
    /// Takes chunks one after the other.
    typealias Receiver = @Sendable ([UInt8]) async throws -> Void

    enum Source: Sendable {
        case bytes([UInt8])
        case file(path: String)
        case stream(@Sendable (Receiver) async throws -> Void)
    }

    let source: Source

    /// Bytes in memory.
    package static func bytes(_ bytes: [UInt8]) -> ObjectBody { ObjectBody(source: .bytes(bytes)) }

    /// A file, read while it is sent; a long one in parts.
    package static func file(path: String) -> ObjectBody { ObjectBody(source: .file(path: path)) }

    /// Chunks as they come, of any size and number. Not more than two parts of them are in memory.
    package static func stream<Chunks: AsyncSequence & Sendable>(_ chunks: Chunks) -> ObjectBody
    where Chunks.Element == [UInt8] {
        ObjectBody(source: .stream { receive in for try await chunk in chunks { try await receive(chunk) } })
    }
}
