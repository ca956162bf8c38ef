import Cryptography
import NIOCore

/// Takes the `aws-chunked` framing off a body
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html).
struct ChunkDecoder {
    private enum State {
        case size
        case data(left: Int, signature: String)
        case dataEnd(signature: String)
        case trailer
        case done
    }

    private static let lineLimit = 16 << 10

    private var signer: ChunkSigner?
    private let expectsTrailer: Bool
    private var state = State.size
    private var buffer = ByteBuffer()
    private var hash = SHA256()
    private var trailerText: [UInt8] = []
    /// Names in lower case.
    private(set) var trailers: [String: String] = [:]

    init(signer: ChunkSigner?, expectsTrailer: Bool) {
        self.signer = signer
        self.expectsTrailer = expectsTrailer
    }

    var isFinished: Bool { if case .done = state { true } else { false } }

    mutating func feed(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
    }

    /// The next bytes of content; nil when more has to be fed first, or at the end.
    mutating func next() throws(S3Error) -> ByteBuffer? {
        while true {
            switch state {
            case .size:
                guard let line = try line() else { return nil }
                try begin(line)
            case .data(let left, let signature):
                guard let bytes = buffer.readSlice(length: min(left, buffer.readableBytes)), bytes.readableBytes > 0
                else { return nil }
                if signer != nil { hash.update(bytes.readableBytesView) }
                let rest = left - bytes.readableBytes
                state = rest == 0 ? .dataEnd(signature: signature) : .data(left: rest, signature: signature)
                return bytes
            case .dataEnd(let signature):
                guard buffer.readableBytes >= 2 else { return nil }
                guard buffer.readInteger(as: UInt16.self) == 0x0D0A else { throw Self.malformed }
                try check(signature)
                state = .size
            case .trailer:
                guard let line = try line() else { return nil }
                try take(trailer: line)
            case .done:
                if buffer.readableBytes > 0 { throw Self.malformed }
                return nil
            }
        }
    }

    private mutating func begin(_ line: String) throws(S3Error) {
        let parts = line.split(separator: ";", maxSplits: 1)
        guard let first = parts.first, first.utf8.count <= 15, let size = Int(first, radix: 16), size >= 0 else {
            throw Self.malformed
        }
        var signature = ""
        if signer != nil {
            guard parts.count == 2, parts[1].hasPrefix("chunk-signature=") else { throw Self.malformed }
            signature = String(parts[1].dropFirst(16))
        }
        if size > 0 {
            state = .data(left: size, signature: signature)
        } else {
            try check(signature)
            state = .trailer
        }
    }

    private mutating func check(_ signature: String) throws(S3Error) {
        guard signer != nil else { return }
        let digest = hash.finalize()
        hash = SHA256()
        if signer?.accepts(chunkHash: digest, signature: signature) != true { throw .signatureMismatch }
    }

    private mutating func take(trailer line: String) throws(S3Error) {
        if line.isEmpty {
            // Signed trailers end with their signature, and an empty line may stand before it.
            if signer != nil && expectsTrailer { throw Self.malformed }
            state = .done
            return
        }
        guard let colon = line.firstIndex(of: ":") else { throw Self.malformed }
        let name = line[..<colon].lowercased()
        let value = String(line[line.index(after: colon)...]).trimmingSpaces
        if name == "x-amz-trailer-signature" {
            if signer?.accepts(trailerHash: SHA256.hash(trailerText), signature: value) == false {
                throw .signatureMismatch
            }
            state = .done
            _ = try self.line()
        } else {
            trailers[name] = value
            trailerText += Array("\(name):\(value)\n".utf8)
        }
    }

    private mutating func line() throws(S3Error) -> String? {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            if buffer.readableBytes > Self.lineLimit { throw Self.malformed }
            return nil
        }
        let count = end - buffer.readerIndex
        guard count <= Self.lineLimit, var line = buffer.readString(length: count) else { throw Self.malformed }
        buffer.moveReaderIndex(forwardBy: 1)
        if line.unicodeScalars.last == "\r" { line.unicodeScalars.removeLast() }
        return line
    }

    private static let malformed = S3Error(
        400, "InvalidChunkSizeError", "The body is not framed as aws-chunked says.")
}
