import Cryptography
import HTTPClient
import XML

extension S3Dialect {
    /// What an object can be compared with as it arrives
    /// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
    ///
    /// The checksum of an object in parts is as a rule one of their checksums (`…-N`): the parts are asked for then.
    /// - Returns: nil where the store tells nothing that it could be compared with.
    func verification(_ key: String, _ headers: HTTPHeaders) async throws -> ContentVerification? {
        for checksum in ObjectChecksum.allCases {
            guard let text = headers[checksum.header] else { continue }
            if let whole = ContentVerification(key, text, checksum.hash) { return whole }
            let words = text.split(separator: "-")
            guard words.count == 2, let count = Int(words[1]), let digest = checksum.decode(words[0]),
                let parts = try await parts(of: key, headers, checksum),
                parts.count == count,
                parts.reduce(0, { $0 + $1.length }) == headers["content-length"].flatMap({ Int($0) })
            else { continue }
            var composite = checksum.hash
            for part in parts { composite.update(part.digest) }
            if composite.finalize() == digest { return ContentVerification(key, parts, checksum.hash) }
        }
        return nil
    }

    /// The parts of the object that a response brings, with their checksums.
    /// - Returns: nil where the store does not tell them, or has another object by now.
    private func parts(
        of key: String, _ headers: HTTPHeaders, _ checksum: ObjectChecksum
    ) async throws -> [ContentVerification.Piece]? {
        let call = StorageCall("get parts", key)
        var query = [("attributes", "")]
        if let version = headers["x-amz-version-id"], version != "null" { query.append(("versionId", version)) }
        var pieces: [ContentVerification.Piece] = []
        var marker = "0"
        while true {
            var request = request(.get, key, query: query)
            request.set("x-amz-object-attributes", "ETag,ObjectParts")
            request.set("x-amz-max-parts", "1000")
            request.set("x-amz-part-number-marker", marker)
            do {
                let document = try await transport.document(of: send(call, request), call)
                guard document["ETag"].map(ObjectHeaders.unquoted) == headers["etag"].map(ObjectHeaders.unquoted),
                    let parts = document.first("ObjectParts")
                else { return nil }
                for part in parts.all("Part") {
                    guard let size = part["Size"].flatMap({ Int($0) }),
                        let digest = part[checksum.element].flatMap({ checksum.decode($0) })
                    else { return nil }
                    pieces.append(ContentVerification.Piece(length: size, digest: digest))
                }
                guard parts["IsTruncated"] == "true" else { return pieces }
                guard let next = parts["NextPartNumberMarker"], next != marker else { return nil }
                marker = next
            } catch let error as ObjectStorageError where error.kind != .unavailable {
                // Many stores do not know the operation, and reading needs no permission for it.
                return nil
            }
        }
    }
}
