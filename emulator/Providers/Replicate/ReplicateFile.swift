import Cryptography
import FoundationEssentials
import HTTPTypes
import JSON

/// A file a client uploaded to use as input.
struct ReplicateFile: Sendable {
    let id: String
    let name: String
    let type: String
    let content: [UInt8]
    let metadata: JSON
    let created: Date

    /// Reads the upload's multipart form (RFC 7578): part `content`, and optionally `metadata` as JSON.
    ///
    /// - Throws: ``ReplicateProblem`` with status 400 or 422.
    init(form request: StandInRequest) throws {
        guard let form = MultipartForm(request.body, contentType: request.headers[.contentType] ?? "") else {
            throw ReplicateProblem(
                status: .badRequest, title: "Bad request", detail: "The body is not multipart/form-data")
        }
        guard let part = form["content"] else { throw ReplicateProblem.invalid([("content", "content is required")]) }
        id = Hex.encode(SecureRandom.bytes(16))
        name = part.filename ?? "file"
        type = part.contentType ?? "application/octet-stream"
        content = part.content
        metadata = form["metadata"].flatMap { try? JSON(parsing: $0.content) } ?? [:]
        created = .now
    }

    func json(base: String) -> JSON {
        [
            "id": .string(id), "name": .string(name), "content_type": .string(type),
            "size": .integer(Int64(content.count)),
            "checksums": ["sha256": .string(Hex.encode(SHA256.hash(content)))], "metadata": metadata,
            "etag": .string(Hex.encode(MD5.hash(content))),
            "created_at": .string(ReplicatePrediction.timestamp(created)),
            "expires_at": .string(ReplicatePrediction.timestamp(created.addingTimeInterval(86_400))),
            "urls": ["get": .string("\(base)/v1/files/\(id)")],
        ]
    }
}
