import Cryptography

/// A file as S3 takes it in signed chunks, with its SHA-256 at the end: it is read once.
struct S3ChunkedFile: AsyncSequence, Sendable {
    let file: FileContent
    /// Bytes of the file.
    let size: Int
    let signer: S3ChunkSigner

    static let chunkSize = 1 << 20
    static let trailer = "x-amz-checksum-sha256"

    /// Bytes in all.
    var length: Int {
        let chunks = stride(from: 0, to: size, by: Self.chunkSize).map { Swift.min(Self.chunkSize, size - $0) } + [0]
        let frames = chunks.reduce(0) { length, count in
            length + Self.head(count, "").utf8.count + S3ChunkSigner.signatureLength + (count == 0 ? 0 : count + 2)
        }
        let digest = Base64.encode([UInt8](repeating: 0, count: SHA256.byteCount))
        return frames + Self.end(digest, "").utf8.count + S3ChunkSigner.signatureLength
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var file: FileContent.AsyncIterator
        fileprivate var signer: S3ChunkSigner
        fileprivate var hash = SHA256()
        fileprivate var isDone = false

        mutating func next() async throws -> [UInt8]? {
            if isDone { return nil }
            if let chunk = try await file.next() {
                hash.update(chunk)
                return Array(S3ChunkedFile.head(chunk.count, signer.sign(chunk: chunk)).utf8) + chunk
                    + Array("\r\n".utf8)
            }
            isDone = true
            let digest = Base64.encode(hash.finalize())
            let last = S3ChunkedFile.head(0, signer.sign(chunk: []))
            return Array((last + S3ChunkedFile.end(digest, signer.sign(trailer: "\(trailer):\(digest)\n"))).utf8)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file.makeAsyncIterator(), signer: signer) }

    private static func head(_ count: Int, _ signature: String) -> String {
        "\(String(count, radix: 16));chunk-signature=\(signature)\r\n"
    }

    private static func end(_ digest: String, _ signature: String) -> String {
        "\(trailer):\(digest)\r\nx-amz-trailer-signature:\(signature)\r\n\r\n"
    }
}
