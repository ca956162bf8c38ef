import Cryptography
import NIOCore
import NIOHTTP1
import XML

/// One authenticated request on its way to its operation.
struct S3Call {
    let request: HTTPRequest
    let bucketName: String
    let key: String
    let identity: S3Identity
    let store: ObjectStore
    let options: S3Options

    var user: StoreUser? { identity.user }
    /// Whose what nobody signed is.
    static let anonymousID = "anonymous"

    var userID: String { identity.user?.id ?? Self.anonymousID }

    /// The bucket as of the last commit, or `NoSuchBucket`.
    func existingBucket() throws -> BucketRecord {
        guard let bucket = try store.bucket(bucketName) else { throw S3Error.noSuchBucket(bucketName) }
        return bucket
    }

    /// The bucket, or `NoSuchBucket`.
    func bucket(_ reading: some StoreReading) throws -> BucketRecord {
        guard let bucket = try reading.bucket(bucketName) else { throw S3Error.noSuchBucket(bucketName) }
        return bucket
    }

    func payload() throws(S3Error) -> S3Payload { try S3Payload(request, identity.payload) }

    /// The body as one XML document.
    /// - Parameter hasChecksum: whether a checksum among the headers is the document's own.
    func document(limit: Int = 1 << 20, hasChecksum: Bool = true) async throws -> XMLElement {
        var payload = try payload()
        var checksums = try hasChecksum ? S3Checksums(request) : S3Checksums(md5Of: request)
        let bytes = try await payload.collect(limit: limit)
        checksums.update(bytes)
        _ = try checksums.verify(md5: MD5.hash(bytes.readableBytesView), trailers: payload.trailers)
        do { return try XMLElement(parsing: bytes.readableBytesView, limits: XMLLimits(bytes: limit, depth: 20)) } catch
        {
            throw S3Error.malformedXML
        }
    }
}
