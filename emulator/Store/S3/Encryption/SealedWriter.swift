import Cryptography
import NIOCore

/// Takes one content as a client sends it, and encrypts it on the way where the client brought a key.
///
/// Every content has a counter of its own, which stands before the encrypted bytes: the parts of an upload and what is
/// written over each other never share a key stream.
struct SealedWriter: ~Copyable {
    private var writer: ContentWriter
    private let key: CustomerKey?
    private var cipher: AES256CTR?
    private var hash = MD5()
    /// Bytes taken.
    private(set) var size: Int64 = 0

    init(_ store: ObjectStore, _ key: CustomerKey?) {
        // A file, which a reader pins: the counter and the bytes are read one after the other.
        writer = store.contentWriter(inlineLimit: key == nil ? nil : 0)
        self.key = key
    }

    mutating func write(_ bytes: ByteBuffer) throws {
        if bytes.readableBytes == 0 { return }
        size += Int64(bytes.readableBytes)
        guard let key else { return try writer.write(bytes) }
        hash.update(bytes.readableBytesView)
        if cipher == nil {
            let counter = SecureRandom.bytes(AES256CTR.counterByteCount)
            try writer.write(ByteBuffer(bytes: counter))
            cipher = try AES256CTR(key: key.bytes, counter: counter)
        }
        var bytes = bytes
        bytes.withUnsafeMutableReadableBytes { cipher?.apply(to: $0) }
        try writer.write(bytes)
    }

    /// Makes the content durable.
    ///
    /// - Returns: it, and the MD5 of what the client sent; the content's own is that of the encrypted bytes.
    consuming func finish() async throws -> (PendingContent, md5: [UInt8]) {
        let (isSealed, plain) = (cipher != nil, hash.finalize())
        var content = try await writer.finish()
        if isSealed { content.headerSize = Int64(AES256CTR.counterByteCount) }
        return (content, isSealed ? plain : content.md5)
    }
}
