internal import Cryptography
internal import FoundationEssentials
package import FunctionRuntime
package import HTTPClient
package import ObjectStorage

/// The bytes of pictures, in the object store.
package struct Pictures: PictureFiles {
    /// The store itself, for health checks.
    package let storage: ObjectStorage

    /// Bytes of a file's beginning that are kept while it is measured; a JPEG has its size behind its metadata.
    private static let longestHead = 4 << 20
    /// Signed addresses begin at multiples of this many seconds, so that the same picture keeps its address, and its place in a
    /// browser's cache, for a while.
    private static let addressStep = 600.0

    /// - Throws: `ConfigurationProblem` or `ObjectStorageError`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        storage = ObjectStorage(try StorageSettings.read(configuration), client: client)
    }

    package func read(_ key: String, upTo limit: Int) async throws -> [UInt8] {
        try await storage.get(key).body.collect(upTo: limit)
    }

    package func write(_ key: String, _ bytes: [UInt8], format: ImageFormat) async throws {
        _ = try await storage.put(
            key, .bytes(bytes),
            PutOptions(contentType: format.mediaType, cacheControl: "private, max-age=31536000, immutable"))
    }

    package func remove(_ key: String) async throws {
        try await storage.delete(key)
    }

    /// Reads a whole file to know what it is, without keeping more than its beginning.
    ///
    /// - Throws: `Rejection` when it is not a picture this service takes; `ObjectStorageError`.
    package func measure(_ key: String) async throws -> ImageMeasure {
        let download = try await storage.get(key)
        guard download.info.size <= ImageRules.largestFile else {
            throw Rejection("the file is larger than \(ImageRules.largestFile >> 20) MB")
        }
        var head: [UInt8] = []
        var size: Int64 = 0
        var hash = SHA256()
        for try await chunk in download.body {
            size += Int64(chunk.count)
            hash.update(chunk)
            if head.count < Self.longestHead { head += chunk.prefix(Self.longestHead - head.count) }
        }
        let header: ImageHeader
        do throws(ImageHeaderError) {
            header = try ImageHeader(sniffing: head)
        } catch {
            throw Rejection("\(error)")
        }
        if let refusal = ImageRules.refusal(of: header) { throw Rejection(refusal) }
        return ImageMeasure(header: header, size: size, sha256: hash.finalize())
    }

    /// Why a file is not taken, as a sentence for whoever uploaded it.
    package struct Rejection: Error, Sendable {
        package let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// The request under which a picture may be uploaded: for this key only, and for the type and size that were announced.
    package func uploadRequest(for upload: NewUpload) throws -> UploadView {
        let request = try storage.presignPut(
            upload.storageKey,
            PresignedUpload(contentType: upload.format?.mediaType, contentLength: upload.size.map { Int($0) }),
            expiry: ImageRules.uploadLife)
        return UploadView(request)
    }

    /// The address under which a picture may be fetched for a while.
    ///
    /// - Parameter name: a file name under which browsers save it instead of showing it.
    package func address(of key: String, savedAs name: String? = nil) throws -> PresignedRequest {
        let now = Date().timeIntervalSince1970
        let start = Date(timeIntervalSince1970: (now / Self.addressStep).rounded(.down) * Self.addressStep)
        return try storage.presignGet(
            key, PresignedDownload(contentDisposition: name.map { "attachment; filename=\"\($0)\"" }),
            expiry: ImageRules.downloadLife + .seconds(Self.addressStep), at: start)
    }
}
