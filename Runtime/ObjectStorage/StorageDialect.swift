import Cryptography
import FoundationEssentials

/// What ``ObjectStorage`` asks of a vendor's protocol.
protocol StorageDialect: Sendable {
    /// - Returns: the entity tag.
    func put(_ key: String, _ content: StorageRequest.Content, _ options: PutOptions) async throws -> String

    /// - Returns: what names the upload in the calls that follow.
    func beginUpload(_ key: String, _ options: PutOptions) async throws -> String
    /// - Parameter number: 1 is the first.
    func uploadPart(_ key: String, upload: String, number: Int, _ bytes: [UInt8]) async throws -> UploadedPart
    /// - Parameter digest: of all parts together, by ``wholeHash()``.
    func completeUpload(
        _ key: String, upload: String, parts: [UploadedPart], digest: [UInt8]?, _ options: PutOptions
    ) async throws -> String
    /// What an object sent in parts is hashed with, where the store keeps such a digest for its readers.
    func wholeHash() -> (any HashFunction)?
    func abortUpload(_ key: String, upload: String) async throws

    func get(_ key: String, range: Range<Int>?) async throws -> ObjectDownload
    func head(_ key: String) async throws -> ObjectInfo
    /// Nothing there is no error.
    func delete(_ key: String) async throws
    func list(
        prefix: String, delimiter: String?, continuation: String?, limit: Int
    ) async throws -> ObjectPage
    func copy(_ source: String, to key: String) async throws
    /// One that is there already, and ours, is no error.
    func createContainer() async throws

    func presignGet(_ key: String, _ download: PresignedDownload, expiry: Duration, at date: Date) throws
        -> PresignedRequest
    func presignPut(_ key: String, _ upload: PresignedUpload, expiry: Duration, at date: Date) throws
        -> PresignedRequest
}
