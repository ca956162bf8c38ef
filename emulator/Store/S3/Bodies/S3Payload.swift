import Cryptography
import NIOCore
import NIOHTTP1

/// The body of a request as the client meant it: framing removed, hash and chunk signatures checked on the way.
///
/// Bytes are handed out before what protects them was read: nothing may be made of them until ``next()`` returned nil.
struct S3Payload {
    private let body: HTTPRequestBody
    private var decoder: ChunkDecoder?
    private var hash: (expected: String, SHA256)?
    private let declaredLength: Int64?
    private var received: Int64 = 0
    /// Fields after the last chunk, names in lower case.
    private(set) var trailers: [String: String] = [:]

    init(_ request: HTTPRequest, _ mode: S3Identity.Payload) throws(S3Error) {
        body = request.body
        switch mode {
        case .unsigned: declaredLength = nil
        case .hashed(let expected):
            hash = (expected, SHA256())
            declaredLength = nil
        case .chunked(let signer, let trailer):
            decoder = ChunkDecoder(signer: signer, expectsTrailer: trailer)
            guard let text = request.header("x-amz-decoded-content-length"), let length = Int64(text) else {
                throw .missingContentLength
            }
            declaredLength = length
        }
    }

    /// The next bytes; nil once everything was there and was right.
    mutating func next() async throws -> ByteBuffer? {
        while true {
            if let bytes = try decoder?.next() {
                received += Int64(bytes.readableBytes)
                return bytes
            }
            let bytes: ByteBuffer?
            do { bytes = try await body.next() } catch is HTTPRequestBody.Failure { throw S3Error.incompleteBody }
            guard let bytes else {
                try finish()
                return nil
            }
            if decoder != nil {
                decoder?.feed(bytes)
            } else {
                hash?.1.update(bytes.readableBytesView)
                return bytes
            }
        }
    }

    private mutating func finish() throws(S3Error) {
        if let decoder {
            guard decoder.isFinished, declaredLength == received else { throw .incompleteBody }
            trailers = decoder.trailers
        }
        if let (expected, hash) = hash, Hex.encode(hash.finalize()) != expected.lowercased() {
            throw S3Error(
                400, "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ["ClientComputedContentSHA256": expected, "S3ComputedContentSHA256": Hex.encode(hash.finalize())])
        }
    }

    /// Everything at once, for documents.
    /// - Throws: `MaxMessageLengthExceeded` beyond `limit` bytes.
    mutating func collect(limit: Int) async throws -> ByteBuffer {
        var all = ByteBuffer()
        while var bytes = try await next() {
            guard all.readableBytes + bytes.readableBytes <= limit else {
                throw S3Error(
                    400, "MaxMessageLengthExceeded", "Your request was too big.",
                    ["MaxMessageLengthBytes": String(limit)])
            }
            all.writeBuffer(&bytes)
        }
        return all
    }
}
