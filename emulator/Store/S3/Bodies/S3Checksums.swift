import Cryptography
import NIOCore
import NIOHTTP1

/// The checksums of one upload: what the client says they are, and what they turn out to be.
struct S3Checksums {
    /// What the client asked to be kept.
    private(set) var algorithm: ChecksumAlgorithm?
    private var hasher: ChecksumHasher?
    private var expected: String?
    private var expectsTrailer = false
    private let md5: [UInt8]?

    /// Only the MD5.
    init(md5Of request: HTTPRequest) throws(S3Error) {
        if let text = request.header("content-md5") {
            guard let digest = Base64.decode(text), digest.count == 16 else {
                throw S3Error(
                    400, "InvalidDigest", "The Content-MD5 you specified was invalid.", ["Content-MD5": text])
            }
            md5 = digest
        } else {
            md5 = nil
        }
    }

    init(_ request: HTTPRequest) throws(S3Error) {
        try self.init(md5Of: request)
        let given = ChecksumAlgorithm.allCases.filter { request.headers.contains(name: $0.header) }
        let announced = (request.header("x-amz-trailer") ?? "").split(separator: ",")
            .compactMap { field in ChecksumAlgorithm.allCases.first { $0.header == field.lowercased().trimmingSpaces } }
        if given.count + announced.count > 1 {
            throw Self.severalChecksums
        }
        if let found = given.first {
            let value = request.header(found.header) ?? ""
            guard Base64.decode(value)?.count == found.byteCount else {
                throw S3Error(400, "BadDigest", "Value for \(found.header) header is invalid.")
            }
            expected = value
            algorithm = found
        } else if let found = announced.first {
            expectsTrailer = true
            algorithm = found
        } else if let named = request.header("x-amz-sdk-checksum-algorithm")
            ?? request.header("x-amz-checksum-algorithm")
        {
            guard let found = ChecksumAlgorithm(rawValue: named.uppercased()) else {
                throw .invalidRequest(
                    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                        + "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
                )
            }
            algorithm = found
        }
        hasher = algorithm.map(ChecksumHasher.init)
    }

    static let severalChecksums = S3Error.invalidRequest(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")

    mutating func update(_ bytes: ByteBuffer) { hasher?.update(bytes) }

    /// Compares everything, once all bytes and trailers are there. The checksum to keep, in base64.
    func verify(md5 actual: [UInt8], trailers: [String: String]) throws(S3Error) -> (ChecksumAlgorithm, String)? {
        if let md5, md5 != actual {
            var error = S3Error.badDigest
            error.details = [("ExpectedDigest", Base64.encode(md5)), ("CalculatedDigest", Base64.encode(actual))]
            throw error
        }
        guard let algorithm, let hasher else { return nil }
        let computed = Base64.encode(hasher.finalize())
        var expected = expected
        if expectsTrailer {
            guard let value = trailers[algorithm.header] else {
                throw S3Error(
                    400, "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not conform to our "
                        + "published schema."
                )
            }
            guard Base64.decode(value)?.count == algorithm.byteCount else {
                throw S3Error(400, "BadDigest", "Value for \(algorithm.header) trailing header is invalid.")
            }
            expected = value
        }
        if let expected, expected != computed {
            throw S3Error(
                400, "BadDigest", "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
        }
        return (algorithm, computed)
    }
}
